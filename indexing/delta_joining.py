"""The kept neighbours after an update: what is new is searched, old lists lose what went and gain what came.

A list is the beginning of the true order, as far as it goes: taking products away and putting in every new one that stands
before its end leaves it so. It is searched again only when fewer than k are left of it.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.index import Index, Rows
from indexing.neighbours import RESOLUTION, Neighbours, eligible, in_order, keep, no_neighbours
from indexing.progress import Progress, silent
from indexing.self_join import BLOCK_ROWS, SelfJoin, SparseRows
from indexing.settled_cosines import SPARE, settled

FIRST_ASK = 8  # of the new products, for each old one
UNSETTLED = 4 * RESOLUTION  # an engine's cosines are this near to the settled ones


@dataclass(frozen=True)
class Moves:
    """Where products stand after an update: `origin` (n,) is each one's position before, -1 for a new one; `moved` (m,)
    each old one's position now, -1 when it was deleted. Both rise, so that ties keep their order."""

    origin: Ints1d
    moved: Ints1d


@dataclass(frozen=True)
class DeltaJoin:
    """One view. `join` searches the updated index for its k neighbours, `again` are the positions (sorted) of products that
    are new or look otherwise than before, `fresh` an index of their rows; lists with fewer than `least` are searched.

    Who takes a new product among its neighbours is found by comparing everybody with the new ones or, with `reach`, by
    looking only at the new one's own first `reach` neighbours: less work, and it may miss some."""

    before: Neighbours
    join: SelfJoin
    moves: Moves
    again: Ints1d
    fresh: Index[Any] | None
    least: int
    reach: int = 0

    def write(self, folder: Path, *, stage: str, progress: Progress = silent) -> int:
        """All neighbours as `SelfJoin.write` leaves them; how many products were searched for."""
        folder.mkdir(parents=True, exist_ok=True)
        size, searched = len(self.moves.origin), 0
        positions = np.lib.format.open_memmap(folder / "positions.npy", "w+", np.int64, (size, self.join.k))
        cosines = np.lib.format.open_memmap(folder / "cosines.npy", "w+", np.float32, (size, self.join.k))
        for start in range(0, size, BLOCK_ROWS):
            own = np.arange(start, min(start + BLOCK_ROWS, size))
            found, search = self._block(own)
            positions[own[0] : own[-1] + 1], cosines[own[0] : own[-1] + 1] = found.positions, found.cosines
            searched += int(search.sum())
            progress(stage, int(own[-1]) + 1, size)
        positions.flush()
        cosines.flush()
        return searched

    @cached_property
    def _kept(self) -> Ints1d:
        """The position now (m,) of what is still the same in this view, -1 for what was deleted or changed."""
        kept = self.moves.moved.copy()
        kept[self.moves.origin[self.again][self.moves.origin[self.again] >= 0]] = -1
        return kept

    @cached_property
    def _is_again(self) -> Bools1d:
        marked = np.zeros(len(self.moves.origin), dtype=bool)
        marked[self.again] = True
        return marked

    def _block(self, own: Ints1d) -> tuple[Neighbours, Bools1d]:
        """The neighbours of a block of products, and who of them was searched for."""
        lists, whole = self._carried(own)
        left = (lists.positions >= 0).sum(axis=1)
        search = self._is_again[own] | ((left < self.least) & ~whole)
        stay = np.flatnonzero(~search)
        if stay.size and self.fresh is not None:
            old = Neighbours(lists.positions[stay], lists.cosines[stay])
            entered = self._entered(own[stay], old, whole[stay], self.fresh)
            lists.positions[stay], lists.cosines[stay] = entered.positions, entered.cosines
        new = np.flatnonzero(self._is_again[own])
        at = np.searchsorted(self.again, own[new])
        lists.positions[new], lists.cosines[new] = _parts(self._of_again, at)
        short = np.flatnonzero(search & ~self._is_again[own])
        if short.size:
            lists.positions[short], lists.cosines[short] = _parts(self._search(own[short]), np.arange(len(short)))
        return lists, search

    @cached_property
    def _of_again(self) -> Neighbours:
        """The neighbours of those that are new or changed, searched in large batches: small ones take several times as long."""
        found = no_neighbours(len(self.again), self.join.k)
        for start in range(0, len(self.again), BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            found.positions[part], found.cosines[part] = _parts(self._search(self.again[part]), np.s_[:])
        return found

    def _carried(self, own: Ints1d) -> tuple[Neighbours, Bools1d]:
        """What is left of the old lists; whether a list held everybody there was, so that its end is no bound."""
        origin = self.moves.origin[own]
        lists, old = no_neighbours(len(own), self.join.k), np.flatnonzero(origin >= 0)
        width = min(self.before.k, self.join.k)
        positions = np.asarray(self.before.positions[origin[old], :width])
        before = Neighbours(positions, np.asarray(self.before.cosines[origin[old], :width]))
        whole = np.zeros(len(own), dtype=bool)
        whole[old] = (before.positions >= 0).sum(axis=1) < self.least
        now = np.where(before.positions < 0, -1, self._kept[np.maximum(before.positions, 0)])
        left = Neighbours(now, before.cosines)
        lost = np.flatnonzero(((now < 0) & (before.positions >= 0)).any(axis=1))
        closed = keep(Neighbours(now[lost], before.cosines[lost]), now[lost] >= 0, width)
        left.positions[lost], left.cosines[lost] = closed.positions, closed.cosines
        lists.positions[old, :width], lists.cosines[old, :width] = left.positions, left.cosines
        return lists, whole

    def _search(self, own: Ints1d) -> Neighbours:
        if isinstance(self.join.rows, SparseRows):
            return self.join.neighbours_of(own)
        found = replace(self.join, k=self.join.k + SPARE).neighbours_of(own)
        return settled(found, cast(Rows, self.join.rows), own, self.join.k)

    def _entered(self, own: Ints1d, old: Neighbours, whole: Bools1d, fresh: Index[Any]) -> Neighbours:
        """The lists with every new product that stands before their end."""
        count = (old.positions >= 0).sum(axis=1)
        end = np.maximum(count - 1, 0)[:, None]
        last = Neighbours(np.take_along_axis(old.positions, end, 1), np.take_along_axis(old.cosines, end, 1))
        floor = np.where(whole, -np.inf, last.cosines[:, 0] - UNSETTLED)
        came = self._claimed(own) if self.reach else self._came(own, floor, fresh)
        if not isinstance(self.join.rows, SparseRows):
            came = settled(came, cast(Rows, self.join.rows), own, came.k)
        before_end = _before(came, last) | whole[:, None]
        rows = np.flatnonzero(((came.positions >= 0) & before_end).any(axis=1))
        chosen = keep(Neighbours(came.positions[rows], came.cosines[rows]), before_end[rows], came.k)
        both = (np.hstack(pair) for pair in zip(_parts(old, rows), (chosen.positions, chosen.cosines), strict=True))
        merged = in_order(*both).first(self.join.k)
        old.positions[rows], old.cosines[rows] = merged.positions, merged.cosines
        return old

    @cached_property
    def _claims(self) -> tuple[Ints1d, Ints1d, Floats1d]:
        """Who is a near neighbour of a new product, sorted; that new product; and their cosine."""
        found = replace(self.join, k=self.reach).neighbours_of(self.again)
        row, column = np.nonzero(found.positions >= 0)
        who = found.positions[row, column]
        order = np.argsort(who, kind="stable")
        return who[order], self.again[row[order]], found.cosines[row, column][order]

    def _claimed(self, own: Ints1d) -> Neighbours:
        """The new products that have one of these (q,) among their near neighbours."""
        who, new, cosines = self._claims
        start, stop = np.searchsorted(who, own), np.searchsorted(who, own, side="right")
        counts = stop - start
        came = no_neighbours(len(own), max(1, int(counts.max(initial=0))))
        row = np.repeat(np.arange(len(own)), counts)
        column = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        came.positions[row, column] = new[start[row] + column]
        came.cosines[row, column] = cosines[start[row] + column]
        return came

    def _came(self, own: Ints1d, floor: Floats1d, fresh: Index[Any]) -> Neighbours:
        """The new products with a cosine of at least `floor` (q,), the best k of them; columns as many as needed."""
        out, rows, ask = no_neighbours(len(own), 0), np.arange(len(own)), FIRST_ASK
        while rows.size:
            ask = min(ask, len(self.again))
            got = fresh.search(self.join.rows.take(own[rows]), ask)
            positions = np.where(got.positions < 0, -1, self.again[np.maximum(got.positions, 0)])
            wanted = (positions >= 0) & (got.cosines >= floor[rows, None])
            if self.join.sources is not None:
                wanted &= eligible(self.join.sources, self.join.sources[own[rows]], positions)
            out = _wider(out, ask)
            kept = keep(Neighbours(positions, got.cosines), wanted, ask)
            out.positions[rows], out.cosines[rows] = kept.positions, kept.cosines
            if ask == len(self.again):
                break
            goes_on = (positions[:, -1] >= 0) & (got.cosines[:, -1] >= floor[rows])
            rows = rows[goes_on & (wanted.sum(axis=1) < self.join.k + SPARE)]
            ask *= 4
        return out.first(max(1, int((out.positions >= 0).sum(axis=1).max(initial=0))))


def _before(came: Neighbours, last: Neighbours) -> Any:
    """Which of the neighbours (q, c) stand before the last one (q, 1) in the order of cosine and position."""
    own, end = (np.rint((1.0 - of.cosines.astype(np.float64)) / RESOLUTION) for of in (came, last))
    return (own < end) | ((own == end) & (came.positions < last.positions))


def _parts(neighbours: Neighbours, rows: Any) -> tuple[Any, Any]:
    return neighbours.positions[rows], neighbours.cosines[rows]


def _wider(neighbours: Neighbours, k: int) -> Neighbours:
    """The same with room for k."""
    more = no_neighbours(len(neighbours), k - neighbours.k)
    return Neighbours(np.hstack([neighbours.positions, more.positions]), np.hstack([neighbours.cosines, more.cosines]))
