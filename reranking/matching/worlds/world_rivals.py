"""In the world of an offer, it and each product that it is paired with have rivals."""

from collections.abc import Sequence

import numpy as np

from indexing.arrays import Ints1d
from indexing.search.neighbours import Neighbours
from reranking.matching.pairing import OfferPairs
from reranking.signals.learned.rival_lists import RIVALS, RivalPairs, first_neighbours


def with_rivals(pairs: OfferPairs, lists: Sequence[Neighbours]) -> OfferPairs:
    """Return pairs of the offers with the products of `pairs` and with all rivals of these, by the lists of the pairs'
    products (p, k) in each view."""
    every = pairs
    for neighbours in lists:
        rows, rivals = first_neighbours(neighbours, np.arange(len(pairs)), RIVALS)
        offers = pairs.offers[rows]
        others = rivals != pairs.own[offers]
        every = every.with_others(offers[others], rivals[others])
    return every


def rival_pairs(members: OfferPairs, pairs: OfferPairs, lists: Sequence[Neighbours]) -> RivalPairs:
    """Return who competes for the offers and products of `pairs`, by row of `members`, which hold all of them; `lists` are
    those of the rows (m + q, k) in each view. The pairs themselves are among those that are to be looked at."""
    size, looked = len(members) + len(members.given), members.place(pairs.offers, pairs.products)
    owners = np.concatenate([looked, len(members) + np.arange(len(members.given))])
    keys = [np.zeros(0, dtype=np.int64)]
    for neighbours in lists:
        at, rivals = first_neighbours(neighbours, owners, RIVALS)
        keys.append(owners[at] * size + _rows(members, members.rows[owners[at]], rivals))
    own, rivals = np.divmod(np.unique(np.concatenate(keys)), size)
    first = np.concatenate([np.minimum(own, rivals), looked])
    second = np.concatenate([np.maximum(own, rivals), len(members) + pairs.offers])
    distinct, pair_of = np.unique(first * size + second, return_inverse=True)
    starts = np.searchsorted(own, np.append(owners, size))
    return RivalPairs(owners, starts, rivals, distinct // size, distinct % size, pair_of[: len(own)])


def _rows(members: OfferPairs, offers: Ints1d, positions: Ints1d) -> Ints1d:
    """Return the row of each product, or of the offer itself, in the world of an offer."""
    is_offer = positions == members.own[offers]
    return np.where(is_offer, len(members) + offers, members.place(offers, positions))
