"""Who claims whom moves with an offer: it claims others, and stands in lists in the place of those who were there."""

import numpy as np

from indexing.arrays import Floats2d
from indexing.search.neighbours import Neighbours
from reranking.matching.pairing import OfferPairs
from reranking.matching.worlds.world_lists import WorldLists
from reranking.signals.families.listed_sides import claimed_places, claims_within

CLAIMED = (1, 10)


def moved_claims(pairs: OfferPairs, lists: WorldLists, own: Neighbours, stored: Neighbours) -> Floats2d:
    """Return by how much more products claim each row (2, m + q), as their first neighbour and as one of the first ten.

    Claims come and go with the lists that changed, with the offers' `own` lists (q, k), and with those that the products
    in whose place they stand had, `stored` (q, k), empty for the others. Who claimed such a product does not count among those
    who claim the offer.
    """
    size, everybody = pairs.n + len(pairs.given), np.arange(len(pairs.given))
    wanted = np.concatenate([pairs.offers * size + pairs.products, everybody * size + pairs.own])
    order = np.argsort(wanted, kind="stable")
    rows = lists.changed(pairs.own)
    after, before = (Neighbours(each.positions[rows], each.cosines[rows]) for each in (lists.after, lists.before))
    found = np.empty((len(CLAIMED), len(wanted)), dtype=np.float32)
    for number, claimed in enumerate(CLAIMED):
        total = np.zeros(len(wanted))
        for who, neighbours, sign in (
            (lists.offers[rows], after, 1),
            (lists.offers[rows], before, -1),
            (everybody, own, 1),
            (everybody, stored, -1),
        ):
            claims = claimed_places(neighbours, claims_within(claimed, neighbours.k))
            if sign < 0:
                claims &= neighbours.positions != pairs.own[who][:, None]
            row, column = np.nonzero(claims)
            keys = who[row] * size + neighbours.positions[row, column]
            at = np.minimum(np.searchsorted(wanted, keys, sorter=order), max(len(wanted) - 1, 0))
            hit = order[at[wanted[order[at]] == keys]]
            total += sign * np.bincount(hit, minlength=len(wanted))
        found[number] = total
    return found
