"""Decisions: a threshold of each category that holds the asked precision, and the one of the best F1."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Floats1d
from reranking.decisions.asked_precision import read_category_numbers
from reranking.decisions.evidence import Cuts


@dataclass(frozen=True)
class Thresholds:
    """A pair is a match when its score is at least its category's threshold.

    `by_category` may hold infinity: in that category nothing reached the precision, and nothing is called a match.
    Categories that are not named use `default`. `f1` is the one threshold of the best F1 over all pairs.
    """

    by_category: Mapping[str, float]
    default: float
    f1: float

    def of(self, categories: pa.Array) -> Floats1d:
        """The threshold (p,) of each pair's evaluation category, float64."""
        names = list(self.by_category)
        values = np.array([*(self.by_category[name] for name in names), self.default], dtype=np.float64)
        places = pc.fill_null(pc.index_in(categories, pa.array(names, pa.large_string())), len(names))
        return values[np.asarray(places.to_numpy(zero_copy_only=False), dtype=np.int64)]


def f1_threshold(scores: Floats1d, targets: Floats1d) -> float:
    """The threshold of the best F1; infinity when no pair is a match."""
    if not targets.any():
        return math.inf
    cut = Cuts.of(scores, targets)
    return cut.between(int(np.argmax(2 * cut.matches / (cut.called + targets.sum()))))


def read_thresholds(path: Path, own: Thresholds) -> Thresholds:
    """A user's YAML of category: threshold over the model's own; the key `default` is for those not named.

    Raises InputError for a missing file, text that is no such mapping, and values that are no number.
    """
    named = read_category_numbers(path, "threshold")
    default = named.pop("default", own.default)
    return Thresholds({**own.by_category, **named}, default, own.f1)


def called(scores: Floats1d, categories: pa.Array, thresholds: Thresholds) -> Bools1d:
    """Which pairs (p,) are called matches."""
    return np.asarray(scores >= thresholds.of(categories), dtype=bool)
