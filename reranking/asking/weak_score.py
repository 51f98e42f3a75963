"""A weak score says without any label how like a match a pair looks, by its places in the neighbours' lists alone.

It is the mean, over all ranks and cosines that can speak for a match in one direction only, of how large a share of other
candidates each is better than.
"""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.product_index import ProductIndex
from reranking.signals.families.ranks import RankSignals
from reranking.signals.feature import FeatureFamily

BLOCK_PAIRS = 65_536
LEAST = -1e9  # of what is unknown: worse than anything known


@dataclass(frozen=True)
class WeakScore:
    """It compares pairs with the sorted `references` (r,) of each directed feature, of which `families` compute `columns`."""

    families: tuple[FeatureFamily, ...]
    references: tuple[Floats1d, ...]

    @classmethod
    def learn(cls, index: ProductIndex, products: Ints1d, left: Ints1d, right: Ints1d) -> "WeakScore":
        """Learn what is usual from candidates (r,), for pairs of `products` (sorted positions)."""
        ranks = tuple(RankSignals.of(index, view, index.k, products) for view in index.views)
        found = cls(ranks, ())
        return cls(found.families, tuple(np.sort(found._directed(left, right), axis=0).T))

    def of(self, left: Ints1d, right: Ints1d) -> Floats1d:
        """Return the weak scores (p,) of pairs of positions, from 0 to 1."""
        found = np.zeros(len(left))
        for start in range(0, len(left), BLOCK_PAIRS):
            part = slice(start, start + BLOCK_PAIRS)
            found[part] = self._compare(self._directed(left[part], right[part]))
        return found

    def _compare(self, features: Floats2d) -> Floats1d:
        places, told = np.zeros(len(features)), 0
        for column, reference in zip(features.T, self.references, strict=True):
            if reference[0] == reference[-1]:
                continue
            below, up_to = (np.searchsorted(reference, column, side) for side in ("left", "right"))
            places += (below + up_to) / (2 * len(reference))
            told += 1
        return places / max(told, 1)

    def _directed(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features with a direction (p, d), higher for what speaks more for a match."""
        first, second = np.minimum(left, right), np.maximum(left, right)
        columns = []
        for family in self.families:
            values = family.compute(first, second)
            directions = [feature.direction for feature in family.features]
            columns += [values[:, place] * way for place, way in enumerate(directions) if way]
        return np.nan_to_num(np.column_stack(columns), nan=LEAST)
