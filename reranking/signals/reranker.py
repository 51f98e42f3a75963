"""What a reranker is: it scores pairs from their features. With the cosine as the one to beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from indexing.arrays import Floats1d, Floats2d
from indexing.errors import InputError


class Reranker(Protocol):
    """Scores pairs; higher is likelier a match."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features that it needs, in the order of the columns."""

    def score(self, features: Floats2d) -> Floats1d:
        """Scores (p,) float32 of features (p, f); NaN features are unknown, scores never NaN."""


@dataclass(frozen=True)
class CosineReranker:
    """The score is one view's cosine, -1 where it is unknown: the baseline."""

    feature_names: tuple[str, ...]

    def score(self, features: Floats2d) -> Floats1d:
        return np.nan_to_num(features[:, 0].astype(np.float32), nan=-1.0)


def columns_of(names: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where the wanted features stand among `names`. Raises InputError for one that is not there."""
    missing = [name for name in wanted if name not in names]
    if missing:
        raise InputError(f"feature '{missing[0]}' is not computed for this index: build it with the views of the model")
    places = {name: place for place, name in enumerate(names)}
    return [places[name] for name in wanted]
