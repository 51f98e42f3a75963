"""Examples are pairs to learn from or to judge by: their features, in memory or in blocks on disk, with what is known of them."""

from dataclasses import dataclass, replace

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from reranking.boosters.feature_blocks import FeatureBlocks


@dataclass(frozen=True)
class Examples:
    """It holds features (p, f) float32 of pairs, in memory or in blocks on disk, targets (p,) and category codes (p,).

    `weights` (p,) say how much a pair counts in training; with None all count alike. `directions` (f,) are the
    features'. `others` (p,) are the codes of the right products' categories; with None they are those of the left.
    """

    features: Floats2d | FeatureBlocks
    targets: Floats1d
    categories: Ints1d
    weights: Floats1d | None = None
    directions: tuple[int, ...] = ()
    others: Ints1d | None = None

    def take(self, rows: Ints1d) -> "Examples":
        """Return the examples at these rows, in memory."""
        weights = None if self.weights is None else self.weights[rows]
        others = None if self.others is None else self.others[rows]
        return replace(
            self,
            features=self.features[rows],
            targets=self.targets[rows],
            categories=self.categories[rows],
            weights=weights,
            others=others,
        )

    def within(self, code: int) -> Ints1d:
        """Return the rows of which either product is in a category."""
        inside = self.categories == code
        return np.flatnonzero(inside if self.others is None else inside | (self.others == code))


def in_memory(features: Floats2d | FeatureBlocks) -> Floats2d:
    """Return features (p, f) in memory, wherever they were."""
    return features.read() if isinstance(features, FeatureBlocks) else features


def column_of(features: Floats2d | FeatureBlocks, number: int) -> Floats1d:
    """Return one feature (p,) alone, wherever they are."""
    return features.column(number) if isinstance(features, FeatureBlocks) else features[:, number]
