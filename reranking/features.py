"""Pair features: what one is, and the families that compute them in columns."""

from dataclasses import dataclass
from typing import Protocol

from indexing.arrays import Floats2d, Ints1d


@dataclass(frozen=True)
class Feature:
    """One signal of a pair, declared once. `symmetric`: swapping left and right leaves it as it is."""

    name: str
    family: str
    meaning: str
    symmetric: bool = True


class FeatureFamily(Protocol):
    """Features that share what they prepare for each product."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """The declarations, in the order of the columns."""

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """The features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
