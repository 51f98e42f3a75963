"""Ranks and cosines of an offer and a product are what their lists say of the pair in the world of the offer."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d, Ints2d
from indexing.given.neighbour_search import NOBODY, GivenSearch
from indexing.search.neighbours import Neighbours, no_neighbours
from reranking.matching.pairing import OfferPairs
from reranking.matching.world_lists import Entering, MovedClaims, WorldLists, moved_claims, world_lists
from reranking.signals.families.listed_sides import ListedSide, ListStatistics, rank_columns
from reranking.signals.families.ranks import RankSignals, rank_features
from reranking.signals.feature import Feature


@dataclass(frozen=True)
class OfferRanks:
    """It is the family of one view for `pairs`: their cosines (p,), the lists of the products in the worlds of the offers
    (p, k), and those of the offers, `own` (q, k).

    Pairs are asked for by row: the product of pair i is row i, offer j row p + j.
    """

    ranks: RankSignals
    pairs: OfferPairs
    cosines: Floats1d
    lists: Neighbours
    own: Neighbours
    moved: MovedClaims

    @classmethod
    def of(
        cls, ranks: RankSignals, kept: Neighbours, search: GivenSearch, pairs: OfferPairs, found: Neighbours
    ) -> "OfferRanks":
        """Work out the lists, from all that the index keeps and from the neighbours `found` of each offer (q, any), at
        least as many as the model looks at; who is among these may have the offer in its own list."""
        k = min(ranks.neighbours.k + (len(ranks.neighbours) < ranks.index.k), found.k)
        cosines = search.cosines(ranks.view, pairs.given, pairs.offers, pairs.products)
        lists = _lists(ranks, kept, pairs, cosines, found, k)
        own = found.first(k)
        first = Neighbours(lists.after.positions[: len(pairs)], lists.after.cosines[: len(pairs)])
        return cls(
            ranks, pairs, cosines, first, own, moved_claims(pairs, lists, own, _stored(ranks, pairs, lists.before.k))
        )

    @property
    def features(self) -> tuple[Feature, ...]:
        return rank_features(self.ranks.view)

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of rows (p,), of a product on the left and its offer on the right."""
        out = np.empty((len(left), len(self.features)), dtype=np.float32)
        sides = self._products(left), self._offers(right - len(self.pairs))
        across = self.ranks.index.made.match_across_sources
        rank_columns(out, self.cosines[left], *sides, across=across)
        return out

    def _products(self, rows: Ints1d) -> ListedSide:
        products, offers = self.pairs.products[rows], self.pairs.offers[rows]
        lists = Neighbours(self.lists.positions[rows], self.lists.cosines[rows])
        base = self.ranks.claims_first[products], self.ranks.claims_ten[products]
        claims = base[0] + self.moved.of_products[0, rows], base[1] + self.moved.of_products[1, rows]
        return self._side(products, lists, claims, self.ranks.sources[products], offers)

    def _offers(self, offers: Ints1d) -> ListedSide:
        known = self.pairs.given.known[offers]
        lists = Neighbours(self.own.positions[offers], self.own.cosines[offers])
        was = [
            np.where(known == NOBODY, 0, counts[known]) for counts in (self.ranks.claims_first, self.ranks.claims_ten)
        ]
        claims = was[0] + self.moved.of_offers[0, offers], was[1] + self.moved.of_offers[1, offers]
        return self._side(self.pairs.own[offers], lists, claims, self.pairs.given.sources[offers], offers)

    def _side(
        self,
        products: Ints1d,
        lists: Neighbours,
        claims: tuple[Floats1d, Floats1d],
        sources: Ints1d,
        offers: Ints1d,
    ) -> ListedSide:
        statistics = ListStatistics.of_lists(lists.cosines)
        return ListedSide(products, lists, statistics, claims, sources, self._offered(lists.positions, offers))

    def _offered(self, positions: Ints2d, offers: Ints1d) -> Ints2d:
        """Return the sources of neighbours (p, k) in the worlds of these offers."""
        known = self.ranks.sources[np.clip(positions, 0, self.pairs.n - 1)]
        is_offer = positions == self.pairs.own[offers][:, None]
        return np.where(is_offer, self.pairs.given.sources[offers][:, None], known)


def _lists(
    ranks: RankSignals, kept: Neighbours, pairs: OfferPairs, cosines: Floats1d, found: Neighbours, k: int
) -> WorldLists:
    """Return the lists of the pairs' products, and behind them those of other products that are among the neighbours of an
    offer."""
    row, column = np.nonzero(found.positions >= 0)
    near = found.positions[row, column]
    others = ~np.isin(row * pairs.n + near, pairs.keys)
    offers = np.concatenate([pairs.offers, row[others]])
    products = np.concatenate([pairs.products, near[others]])
    beside = np.concatenate([cosines, found.cosines[row, column][others]])
    may = beside > 0 if ranks.view == "lexical" else ~np.isnan(beside)
    if ranks.index.made.match_across_sources:
        theirs = ranks.sources[products]
        may &= (theirs != pairs.given.sources[offers]) | (theirs < 0)
    entering = Entering(np.where(may, beside, np.float32(np.nan)), pairs.own[offers], pairs.given.known[offers])
    stored = Neighbours(np.asarray(kept.positions[products]), np.asarray(kept.cosines[products]))
    before = no_neighbours(len(products), k)
    width = ranks.neighbours.k
    before.positions[:, :width], before.cosines[:, :width] = stored.positions[:, :width], stored.cosines[:, :width]
    return WorldLists(offers, products, before, world_lists(stored, entering, least=ranks.index.k).first(k))


def _stored(ranks: RankSignals, pairs: OfferPairs, k: int) -> Neighbours:
    """Return the lists (q, k) of the products in whose place offers stand."""
    stored, known = no_neighbours(len(pairs.given), k), pairs.given.known
    there = np.flatnonzero(known != NOBODY)
    width = ranks.neighbours.k
    stored.positions[there, :width] = ranks.neighbours.positions[known[there]]
    stored.cosines[there, :width] = ranks.neighbours.cosines[known[there]]
    return stored
