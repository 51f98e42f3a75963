"""In the world of an offer the lists of its neighbours hold it where it stands among them, and who claims whom moves with
that."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats1d, Ints1d
from indexing.given.neighbour_search import NOBODY
from indexing.search.neighbours import RESOLUTION, Neighbours, in_order, keep
from reranking.matching.pairing import OfferPairs
from reranking.signals.families.listed_sides import claimed_places, claims_within

CLAIMED = (1, 10)


@dataclass(frozen=True)
class WorldLists:
    """They are lists of products as they are (`before`) and in the worlds of offers (`after`), (q, k) each: list i is that
    of `products[i]` in the world of `offers[i]`."""

    offers: Ints1d
    products: Ints1d
    before: Neighbours
    after: Neighbours

    def changed(self) -> Ints1d:
        """Return which of the lists are others."""
        differ = self.before.positions != self.after.positions
        return np.flatnonzero(differ.any(axis=1))


@dataclass(frozen=True)
class Entering:
    """It says for products (q,) with which cosine an offer stands beside each (NaN: it cannot be its neighbour), at which
    position the offer stands (`own`), and who makes room for it (`goes`, NOBODY for none)."""

    cosines: Floats1d
    own: Ints1d
    goes: Ints1d


def world_lists(kept: Neighbours, entering: Entering, *, least: int) -> Neighbours:
    """Return lists (q, k + 1) with the offers in them, from all that an index keeps of each, (q, k).

    A list shorter than `least` holds everybody there is: its end is no bound.
    """
    whole = (kept.positions >= 0).sum(axis=1) < least
    lists = _without(kept, entering.goes)
    enters = np.flatnonzero(~np.isnan(entering.cosines) & (whole | _before_end(lists, entering)))
    positions = np.pad(lists.positions, ((0, 0), (0, 1)), constant_values=NOBODY)
    cosines = np.pad(lists.cosines, ((0, 0), (0, 1)), constant_values=np.nan)
    positions[enters, -1], cosines[enters, -1] = entering.own[enters], entering.cosines[enters]
    sorted_again = in_order(positions[enters], cosines[enters])
    positions[enters], cosines[enters] = sorted_again.positions, sorted_again.cosines
    return Neighbours(positions, cosines)


def _without(lists: Neighbours, goes: Ints1d) -> Neighbours:
    positions, cosines = lists.positions.copy(), lists.cosines.copy()
    gone = (positions == goes[:, None]) & (goes != NOBODY)[:, None]
    rows = np.flatnonzero(gone.any(axis=1))
    closed = keep(Neighbours(positions[rows], cosines[rows]), ~gone[rows], lists.k)
    positions[rows], cosines[rows] = closed.positions, closed.cosines
    return Neighbours(positions, cosines)


def _before_end(lists: Neighbours, entering: Entering) -> npt.NDArray[np.bool_]:
    """Return which offers (q,) stand before the end of a list, by cosine and position."""
    last = np.maximum((lists.positions >= 0).sum(axis=1) - 1, 0)
    rows = np.arange(len(last))
    end, behind = lists.cosines[rows, last], lists.positions[rows, last]
    own, theirs = (np.rint((1.0 - each.astype(np.float64)) / RESOLUTION) for each in (entering.cosines, end))
    return np.asarray((own < theirs) | ((own == theirs) & (entering.own < behind)), dtype=bool)


@dataclass(frozen=True)
class MovedClaims:
    """They say by how much more products claim one in the world of an offer, as their first neighbour and as one of the
    first ten: `of_products` (2, p) for the pairs, `of_offers` (2, q) for the offers themselves."""

    of_products: npt.NDArray[np.float32]
    of_offers: npt.NDArray[np.float32]


def moved_claims(pairs: OfferPairs, lists: WorldLists, own: Neighbours, stored: Neighbours) -> MovedClaims:
    """Count the claims that come and go: of lists that changed, of the offers' `own` lists (q, k), and of those that
    products in whose place they stand had, `stored` (q, k), empty for the others."""
    size, everybody = pairs.n + len(pairs.given), np.arange(len(pairs.given))
    wanted = np.concatenate([pairs.offers * size + pairs.products, everybody * size + pairs.own])
    order = np.argsort(wanted, kind="stable")
    rows = lists.changed()
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
            row, column = np.nonzero(claimed_places(neighbours, claims_within(claimed, neighbours.k)))
            keys = who[row] * size + neighbours.positions[row, column]
            at = np.minimum(np.searchsorted(wanted, keys, sorter=order), max(len(wanted) - 1, 0))
            hit = order[at[wanted[order[at]] == keys]]
            total += sign * np.bincount(hit, minlength=len(wanted))
        found[number] = total
    return MovedClaims(found[:, : len(pairs)], found[:, len(pairs) :])
