"""An offer is paired with the products of an index that are near it in any view."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from indexing.arrays import Ints1d
from indexing.given.neighbour_search import NOBODY, GivenRows
from indexing.search.neighbours import Neighbours
from reranking.signals.learned.rival_lists import RIVALS, first_neighbours


@dataclass(frozen=True)
class OfferPairs:
    """They are pairs (p,) of offers, by their number, and products of an index of n, by their position, in the order of
    both.

    An offer's own position is that of the product with its id, in whose place it stands, else one behind all products.
    """

    given: GivenRows
    n: int
    offers: Ints1d
    products: Ints1d

    @classmethod
    def of(cls, given: GivenRows, n: int, lists: Mapping[str, Neighbours], k: int) -> "OfferPairs":
        """Pair each offer with the k first of its neighbours in each view, none where k is 0, and with its rivals there."""
        nobody = np.zeros(0, dtype=np.int64)
        pairs = cls(given, n, nobody, nobody)
        for neighbours in lists.values():
            rows, column = np.nonzero(neighbours.positions[:, :k] >= 0)
            pairs = pairs.with_others(rows, neighbours.positions[rows, column])
            pairs = pairs.with_others(*first_neighbours(neighbours, np.arange(len(given)), RIVALS))
        return pairs

    def __len__(self) -> int:
        return len(self.offers)

    def with_others(self, offers: Ints1d, products: Ints1d) -> "OfferPairs":
        """Return these pairs and others, each once."""
        keys = np.union1d(self.keys, offers * self.n + products)
        return OfferPairs(self.given, self.n, keys // self.n, keys % self.n)

    @cached_property
    def own(self) -> Ints1d:
        """Return the position (q,) of each offer."""
        return np.where(self.given.known == NOBODY, self.n + np.arange(len(self.given)), self.given.known)

    @property
    def keys(self) -> Ints1d:
        """Return a number (p,) for each pair, ascending."""
        return self.offers * self.n + self.products

    def place(self, offers: Ints1d, products: Ints1d) -> Ints1d:
        """Return which pair each of these is; all have to be among them."""
        return np.searchsorted(self.keys, offers * self.n + products)

    @property
    def rows(self) -> Ints1d:
        """Return the offer (p + q,) in whose world each row stands: the rows are the pairs' products, then the offers."""
        return np.concatenate([self.offers, np.arange(len(self.given))])
