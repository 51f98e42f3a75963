"""In the world of an offer the lists of its neighbours hold it, where it stands among them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats1d, Ints1d
from indexing.given.neighbour_search import NOBODY
from indexing.search.neighbours import RESOLUTION, Neighbours, in_order, keep


@dataclass(frozen=True)
class WorldLists:
    """They are lists of products as they are (`before`) and in the worlds of offers (`after`), (q, k) each: list i is that
    of `products[i]` in the world of `offers[i]`."""

    offers: Ints1d
    products: Ints1d
    before: Neighbours
    after: Neighbours

    def changed(self, own: Ints1d) -> Ints1d:
        """Return which of the lists are others, or hold the offer, whose position is that of `own` (q,): it may stand where the
        product stood in whose place it is."""
        differ = self.before.positions != self.after.positions
        return np.flatnonzero((differ | (self.after.positions == own[self.offers][:, None])).any(axis=1))


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
