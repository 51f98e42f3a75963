"""Decisions: the threshold of each category that held the asked precision on validation, and the one of best F1."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError

LEAST_POSITIVES = 30  # a category with fewer validation matches decides by the threshold of all pairs


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


def choose_thresholds(
    scores: Floats1d, targets: Floats1d, codes: Ints1d, names: list[str], target_precision: float
) -> Thresholds:
    """From the scores and targets of validation pairs (p,), whose category is names[codes]."""
    default = precision_threshold(scores, targets, target_precision)
    by_category = {}
    for code, name in enumerate(names):
        here = codes == code
        enough = targets[here].sum() >= LEAST_POSITIVES
        by_category[name] = precision_threshold(scores[here], targets[here], target_precision) if enough else default
    return Thresholds(by_category, default, f1_threshold(scores, targets))


def precision_threshold(scores: Floats1d, targets: Floats1d, level: float) -> float:
    """The threshold of the largest recall whose precision is at least `level`; infinity when there is none.

    Of those with the same recall the highest: more non-matches below it would buy nothing.
    """
    cut = _Cuts.of(scores, targets)
    held = np.flatnonzero((cut.matches / cut.called >= level) & (cut.matches > 0))  # as the report divides
    return cut.between(int(held[np.argmax(cut.matches[held])])) if held.size else math.inf


def f1_threshold(scores: Floats1d, targets: Floats1d) -> float:
    """The threshold of the best F1; infinity when no pair is a match."""
    if not targets.any():
        return math.inf
    cut = _Cuts.of(scores, targets)
    return cut.between(int(np.argmax(2 * cut.matches / (cut.called + targets.sum()))))


@dataclass(frozen=True)
class _Cuts:
    """At each distinct score, from the highest: the pairs called matches there, and the matches among them."""

    scores: Floats1d
    called: Floats1d
    matches: Floats1d

    @classmethod
    def of(cls, scores: Floats1d, targets: Floats1d) -> "_Cuts":
        order = np.argsort(-scores, kind="stable")
        ordered = scores[order].astype(np.float64)
        last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) if len(ordered) else np.zeros(0, np.int64)
        return cls(ordered[last], last + 1.0, np.cumsum(targets[order])[last])

    def between(self, place: int) -> float:
        """A threshold in the middle of the scores that it parts, so that it does not hang on one pair."""
        if place + 1 == len(self.scores):
            return float(self.scores[place])
        return float((self.scores[place] + self.scores[place + 1]) / 2)


def read_thresholds(path: Path, own: Thresholds) -> Thresholds:
    """A user's YAML of category: threshold over the model's own; the key `default` is for those not named.

    Raises InputError for a missing file, text that is no such mapping, and values that are no number.
    """
    try:
        given = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}): give a YAML file of category: threshold"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not YAML ({str(error).splitlines()[0]})") from error
    if not isinstance(given, dict):
        raise InputError(f"{path}: holds no mapping: write lines such as 'rest: 0.62'")
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            raise InputError(f"{path}: category '{name}' has threshold {value!r}: give a number")
    named = {str(name): float(value) for name, value in given.items()}
    default = named.pop("default", own.default)
    return Thresholds({**own.by_category, **named}, default, own.f1)


def called(scores: Floats1d, categories: pa.Array, thresholds: Thresholds) -> Bools1d:
    """Which pairs (p,) are called matches."""
    return np.asarray(scores >= thresholds.of(categories), dtype=bool)
