"""Kept lists lose what an update takes away, and gain what came.

A list is the beginning of the true order, as far as it goes: taking products away and putting in every new one that
stands before its end leaves it so. It is searched again only when fewer than are needed are left of it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.search.neighbours import RESOLUTION, Neighbours, in_order, keep, no_neighbours
from indexing.update.changes import Moves

UNSETTLED = 4 * RESOLUTION  # an engine's cosines are this near to the settled ones


@dataclass(frozen=True)
class LeftLists:
    """They are what is left of the lists (q, k) of some products. `whole` (q,) says that a list held everybody there
    was, so that its end is no bound; `search` (q,) that the product is new or looks otherwise, or too few are left of
    its list."""

    lists: Neighbours
    whole: Bools1d
    search: Bools1d

    @property
    def ends(self) -> Neighbours:
        """Return the last one (q, 1) of each list."""
        last = np.maximum((self.lists.positions >= 0).sum(axis=1) - 1, 0)[:, None]
        positions = np.take_along_axis(self.lists.positions, last, 1)
        return Neighbours(positions, np.take_along_axis(self.lists.cosines, last, 1))

    @property
    def floors(self) -> Floats1d:
        """Return the least cosine (q,), by any engine, that a new product needs to stand before a list's end."""
        return np.where(self.whole, -np.inf, self.ends.cosines[:, 0] - UNSETTLED).astype(np.float32)

    @property
    def entry_floors(self) -> Floats1d:
        """Return the same (q,), +inf where the product is searched for: nobody comes into its list."""
        return np.where(self.search, np.inf, self.floors).astype(np.float32)

    def without_searched(self) -> "LeftLists":
        """Return the same without the lists of those that are searched for."""
        stays = ~self.search[:, None]
        positions = np.where(stays, self.lists.positions, -1)
        cosines = np.where(stays, self.lists.cosines, np.nan).astype(np.float32)
        return LeftLists(Neighbours(positions, cosines), self.whole, np.zeros_like(self.search))

    def take(self, rows: Ints1d) -> "LeftLists":
        """Return those of some rows."""
        return LeftLists(self.lists.take(rows), self.whole[rows], self.search[rows])

    def with_entrants(self, came: Neighbours) -> tuple[Ints1d, Neighbours]:
        """Return which lists change, (c,), and what they are with those of the neighbours `came` (q, any) that stand
        before their ends."""
        wanted = _before(came, self.ends) | self.whole[:, None]
        changed = np.flatnonzero(((came.positions >= 0) & wanted).any(axis=1))
        chosen = keep(Neighbours(came.positions[changed], came.cosines[changed]), wanted[changed], came.k)
        positions = np.hstack([self.lists.positions[changed], chosen.positions])
        cosines = np.hstack([self.lists.cosines[changed], chosen.cosines])
        return changed, in_order(positions, cosines).first(self.lists.k)


@dataclass(frozen=True)
class OldLists:
    """They are the lists `before` an update, to be carried over to lists of k. `origin` (n,) is the position before of each
    product, -1 for a new one, and `kept` (m,) the position now of what is still the same in this view, -1 for what was deleted
    or changed. `is_again` (n,) says who is new or looks otherwise than before; lists with fewer than `least` left are searched.
    """

    before: Neighbours
    origin: Ints1d
    kept: Ints1d
    is_again: Bools1d
    k: int
    least: int

    @classmethod
    def of(cls, before: Neighbours, moves: Moves, again: Ints1d, k: int, least: int) -> "OldLists":
        """Return the lists after moves, by which the products at the positions `again` (sorted) are new or look otherwise."""
        is_again = np.zeros(len(moves.origin), dtype=bool)
        is_again[again] = True
        kept = moves.moved.copy()
        changed = moves.origin[again]
        kept[changed[changed >= 0]] = -1
        return cls(before, moves.origin, kept, is_again, k, least)

    def __len__(self) -> int:
        return len(self.origin)

    @cached_property
    def again(self) -> Ints1d:
        """Return the positions (sorted) of products that are new or look otherwise."""
        return np.flatnonzero(self.is_again)

    def left(self, own: Ints1d) -> LeftLists:
        """Return what is left of the lists of these products."""
        origin = np.asarray(self.origin[own])
        lists, old = no_neighbours(len(own), self.k), np.flatnonzero(origin >= 0)
        width = min(self.before.k, self.k)
        positions = np.asarray(self.before.positions[origin[old], :width])
        before = Neighbours(positions, np.asarray(self.before.cosines[origin[old], :width]))
        whole = np.zeros(len(own), dtype=bool)
        whole[old] = (before.positions >= 0).sum(axis=1) < self.least
        now = np.where(before.positions < 0, -1, self.kept[np.maximum(before.positions, 0)])
        left = Neighbours(now, before.cosines)
        lost = np.flatnonzero(((now < 0) & (before.positions >= 0)).any(axis=1))
        closed = keep(Neighbours(now[lost], before.cosines[lost]), now[lost] >= 0, width)
        left.positions[lost], left.cosines[lost] = closed.positions, closed.cosines
        lists.positions[old, :width], lists.cosines[old, :width] = left.positions, left.cosines
        few = (lists.positions >= 0).sum(axis=1) < self.least
        return LeftLists(lists, whole, np.asarray(self.is_again[own]) | (few & ~whole))


def _before(came: Neighbours, last: Neighbours) -> npt.NDArray[np.bool_]:
    """Return which of the neighbours (q, c) stand before the last one (q, 1) in the order of cosine and position."""
    own, end = (np.rint((1.0 - each.cosines.astype(np.float64)) / RESOLUTION) for each in (came, last))
    return np.asarray((own < end) | ((own == end) & (came.positions < last.positions)), dtype=bool)
