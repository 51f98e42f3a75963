"""Ranks and cosines of an offer and a product are what their lists say of the pair in the world of the offer."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.search.neighbours import Neighbours
from reranking.matching.pairing import OfferPairs
from reranking.matching.worlds.moved_claims import moved_claims
from reranking.matching.worlds.view_worlds import ViewWorlds
from reranking.signals.families.listed_sides import ListedSide, ListStatistics, rank_columns
from reranking.signals.families.ranks import RankSignals, rank_features
from reranking.signals.feature import Feature


@dataclass(frozen=True)
class OfferRanks:
    """It is the family of one view for the rows of `members`, offers with the products in their worlds.

    The product of pair i stands in row i of m, offer j in row m + j: `cosines` (m,) are those of the pairs, `lists` (m + q,
    k) of the rows, and `claims` (2, m + q) say who of each row's world claims it as first, and among the first ten.
    """

    ranks: RankSignals
    members: OfferPairs
    cosines: Floats1d
    lists: Neighbours
    claims: Floats2d

    @classmethod
    def of(cls, view: ViewWorlds, members: OfferPairs) -> "OfferRanks":
        """Work out the lists of all rows."""
        cosines = view.cosines(members)
        lists, ranks, own, m = view.lists(members, cosines), view.ranks, view.found.first(view.k), len(members)
        moved = moved_claims(members, lists, own, view.stored(members))
        nobody = np.zeros(len(members.given))  # claims an offer but those who come to
        base = [np.concatenate([counts[members.products], nobody]) for counts in (ranks.claims_first, ranks.claims_ten)]
        every = Neighbours(
            np.vstack([lists.after.positions[:m], own.positions]), np.vstack([lists.after.cosines[:m], own.cosines])
        )
        return cls(ranks, members, cosines, every, np.asarray(np.stack(base) + moved, dtype=np.float32))

    @property
    def features(self) -> tuple[Feature, ...]:
        return rank_features(self.ranks.view)

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of rows (p,), of products, or of a product on the left and its offer."""
        out, m = np.empty((len(left), len(self.features)), dtype=np.float32), len(self.members)
        cosines, both = self.cosines[left], np.flatnonzero(right < m)
        one, other = (self.members.products[side[both]] for side in (left, right))
        cosines[both] = self.ranks.index.cosines(self.ranks.view, one, other)
        across = self.ranks.index.made.match_across_sources
        rank_columns(out, cosines, self._side(left), self._side(right), across=across)
        return out

    def _side(self, rows: Ints1d) -> ListedSide:
        lists = Neighbours(self.lists.positions[rows], self.lists.cosines[rows])
        members, offers = self.members, self.members.rows[rows]
        known = self.ranks.sources[np.clip(lists.positions, 0, members.n - 1)]
        is_offer = lists.positions == members.own[offers][:, None]
        return ListedSide(
            np.concatenate([members.products, members.own])[rows],
            lists,
            ListStatistics.of_lists(lists.cosines),
            (self.claims[0, rows], self.claims[1, rows]),
            np.concatenate([self.ranks.sources[members.products], members.given.sources])[rows],
            np.where(is_offer, members.given.sources[offers][:, None], known),
        )
