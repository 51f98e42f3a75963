"""Offers of one source exclude one another: a source lists a product once, so that at most one of them is it."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Ints1d


@dataclass(frozen=True)
class Exclusion:
    """It holds, for both sides of pairs (p,), the number of a place that one pair may take: a product's at the other's
    source."""

    left_places: Ints1d
    right_places: Ints1d

    @classmethod
    def of(cls, left: Ints1d, right: Ints1d, sources: Ints1d | None) -> "Exclusion | None":
        """Return the places of pairs of positions; `sources` (n,) are codes, and who has none (-1) excludes nobody. None
        where there are no sources to tell by."""
        if sources is None:
            return None
        count = int(sources.max(initial=-1)) + 1
        nobody = count + np.arange(len(left))  # a source of its own for who has none
        keys = [
            product * (count + len(left)) + np.where(sources[other] < 0, nobody, sources[other])
            for product, other in ((left, right), (right, left))
        ]
        places = np.unique(np.concatenate(keys), return_inverse=True)[1].astype(np.int64)
        return cls(places[: len(left)], places[len(left) :])

    def settle(self, odds: Floats1d) -> Floats1d:
        """Return how likely (p,) pairs match: of a place one pair matches, or none, each as likely as its odds say."""
        sides = np.concatenate([self.left_places, self.right_places])
        claimed = np.bincount(sides, weights=np.tile(odds, 2))
        return np.asarray(odds / (1 + np.maximum(claimed[self.left_places], claimed[self.right_places])))


def settle(odds: Floats1d, exclusion: Exclusion | None) -> Floats1d:
    """Return how likely (p,) pairs with these odds match, each alone where nothing excludes another."""
    return odds / (1 + odds) if exclusion is None else exclusion.settle(odds)
