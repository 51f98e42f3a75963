"""In the world of an offer, it and each product that it is paired with have rivals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from indexing.search.neighbours import Neighbours
from reranking.matching.pairing import OfferPairs
from reranking.signals.learned.rival_lists import RIVALS, RivalLists, RivalPairs, first_neighbours


@dataclass(frozen=True)
class WorldRivals:
    """They are who competes: for each row, a pair's product or an offer, its rivals, (t,) each. A rival is an offer's pair
    (`pair`), or, where that is -1, a product of the index (`product`)."""

    pairs: OfferPairs
    rows: Ints1d
    pair: Ints1d
    product: Ints1d

    @classmethod
    def of(cls, pairs: OfferPairs, lists: Sequence[tuple[Neighbours, Neighbours]]) -> "WorldRivals":
        """Find the rivals by the lists of the pairs' products (p, k) and of the offers (q, k) in each view."""
        size, first = pairs.n + len(pairs.given), len(pairs)
        keys = [np.zeros(0, dtype=np.int64)]
        for of_products, of_offers in lists:
            for start, neighbours in ((0, of_products), (first, of_offers)):
                rows, rivals = first_neighbours(neighbours, np.arange(len(neighbours)), RIVALS)
                keys.append((start + rows) * size + rivals)
        rows, rivals = np.divmod(np.unique(np.concatenate(keys)), size)
        offers = _offers(pairs)[rows]
        pair = np.where(rivals == pairs.own[offers], rows, -1)
        of_offer = rows >= first
        pair[of_offer] = pairs.place(offers[of_offer], rivals[of_offer])
        return cls(pairs, rows, pair, rivals)

    def unknown(self) -> Ints1d:
        """Return which rivals (u,) are products of the index beside another one."""
        return np.flatnonzero(self.pair < 0)

    def keys(self) -> Ints1d:
        """Return the key (u,) of each of these with its rival, the first position before the other."""
        at = self.unknown()
        own, rival = self.pairs.products[self.rows[at]], self.product[at]
        return np.minimum(own, rival) * self.pairs.n + np.maximum(own, rival)

    def lists(self, looks: Floats1d, of_products: Floats1d, sources: Ints1d) -> tuple[RivalLists, Ints1d]:
        """Return the lists of rivals by row, and the source of each row and rival: rivals that are products of the index
        have rows behind all others.

        `looks` (p,) are the log-odds of the pairs, `of_products` (u,) those of the unknown ones, `sources` (n,) the
        index's.
        """
        rows, at = len(self.pairs) + len(self.pairs.given), self.unknown()
        products, place = np.unique(self.product[at], return_inverse=True)
        of_pair = self.rows < len(self.pairs)
        rivals = np.where(of_pair, len(self.pairs) + _offers(self.pairs)[self.rows], self.pair)
        rivals[at] = rows + place
        log_odds = looks[np.maximum(self.pair, 0)] if len(looks) else np.zeros(len(rivals), dtype=np.float32)
        log_odds[at] = of_products
        starts = np.searchsorted(self.rows, np.arange(rows + 1))
        nothing = np.zeros(0, dtype=np.int64)
        listed = RivalPairs(np.arange(rows), starts, rivals, nothing, nothing, np.arange(len(rivals)))
        every = np.concatenate([sources[self.pairs.products], self.pairs.given.sources, sources[products]])
        return RivalLists.of(listed, log_odds), every


def _offers(pairs: OfferPairs) -> Ints1d:
    """Return the offer in whose world each row is: those of the pairs, then those of the offers."""
    return np.concatenate([pairs.offers, np.arange(len(pairs.given))])
