"""One view of an index is seen in the worlds of offers: cosines with them, and lists that hold them."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d
from indexing.given.neighbour_search import NOBODY, GivenSearch
from indexing.search.neighbours import Neighbours, no_neighbours
from reranking.matching.pairing import OfferPairs
from reranking.matching.worlds.world_lists import Entering, WorldLists, world_lists
from reranking.signals.families.ranks import RankSignals


@dataclass(frozen=True)
class ViewWorlds:
    """It holds a view's `ranks`, all neighbours that the index keeps of each product, `kept`, the search for offers, and the
    neighbours `found` of each offer (q, any), at least as many as the model looks at.

    Who is among these may have the offer in its own list, and those whom it is compared with; others are not looked at.
    """

    ranks: RankSignals
    kept: Neighbours
    search: GivenSearch
    found: Neighbours

    @property
    def k(self) -> int:
        """Return how long lists are: as the model looks at them, and one more where they hold everybody."""
        lists, products = self.ranks.neighbours.k, len(self.ranks.neighbours)
        return min(lists + (products < self.ranks.index.k), self.found.k)

    def cosines(self, pairs: OfferPairs) -> Floats1d:
        """Return the cosines (p,) of pairs, NaN where either has nothing to see."""
        return self.search.cosines(self.ranks.view, pairs.given, pairs.offers, pairs.products)

    def lists(self, pairs: OfferPairs, cosines: Floats1d) -> WorldLists:
        """Return the lists of the products of pairs with these cosines (p,), and behind them those of other products that
        are among the neighbours of an offer."""
        row, column = np.nonzero(self.found.positions >= 0)
        near = self.found.positions[row, column]
        others = ~np.isin(row * pairs.n + near, pairs.keys)
        offers = np.concatenate([pairs.offers, row[others]])
        products = np.concatenate([pairs.products, near[others]])
        beside = np.concatenate([cosines, self.found.cosines[row, column][others]])
        may = beside > 0 if self.ranks.view == "lexical" else ~np.isnan(beside)
        if self.ranks.index.made.match_across_sources:
            theirs = self.ranks.sources[products]
            may &= (theirs != pairs.given.sources[offers]) | (theirs < 0)
        entering = Entering(np.where(may, beside, np.float32(np.nan)), pairs.own[offers], pairs.given.known[offers])
        stored = Neighbours(np.asarray(self.kept.positions[products]), np.asarray(self.kept.cosines[products]))
        after = world_lists(stored, entering, least=self.ranks.index.k).first(self.k)
        return WorldLists(offers, products, _wide(stored.first(self.ranks.neighbours.k), self.k), after)

    def stored(self, pairs: OfferPairs) -> Neighbours:
        """Return the lists (q, k) of the products in whose place offers stand, empty for the others."""
        stored, known = no_neighbours(len(pairs.given), self.k), pairs.given.known
        there = np.flatnonzero(known != NOBODY)
        lists = self.ranks.neighbours
        theirs = _wide(Neighbours(lists.positions[known[there]], lists.cosines[known[there]]), self.k)
        stored.positions[there], stored.cosines[there] = theirs.positions, theirs.cosines
        return stored


def _wide(lists: Neighbours, k: int) -> Neighbours:
    """Return lists with room for k neighbours."""
    wide = no_neighbours(len(lists), k)
    wide.positions[:, : lists.k], wide.cosines[:, : lists.k] = lists.positions, lists.cosines
    return wide
