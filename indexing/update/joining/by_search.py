"""Searching brings the kept neighbours up to date by asking indexes: those of the lexical view, and of a dense one on a
GPU."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.join.self_join import BLOCK_ROWS, SelfJoin, SparseRows
from indexing.join.settled_cosines import SPARE, settled
from indexing.machine.progress import Progress, silent
from indexing.machine.threads import in_turn, thread_count
from indexing.search.index import Index
from indexing.search.neighbours import Neighbours, eligible, keep, no_neighbours
from indexing.storage.mapped import new_mapped
from indexing.update.joining.kept_lists import LeftLists, OldLists
from indexing.vectors.rows import Rows

FIRST_ASK = 8  # new products asked for at first, for each old one


@dataclass(frozen=True)
class _Found:
    """They are the neighbours of some products (sorted)."""

    products: Ints1d
    neighbours: Neighbours


@dataclass(frozen=True)
class DeltaSearch:
    """It brings one view up to date. `join` searches the updated index for its k neighbours, `fresh` is an index of the
    rows of those that are new or look otherwise."""

    old: OldLists
    join: SelfJoin
    fresh: Index[Any] | None

    def write(self, folder: Path, *, stage: str, progress: Progress = silent) -> int:
        """Write all neighbours as `SelfJoin.write` leaves them; return how many products were searched for."""
        folder.mkdir(parents=True, exist_ok=True)
        size, searched = len(self.old), 0
        positions = new_mapped(folder / "positions.npy", np.int64, (size, self.join.k))
        cosines = new_mapped(folder / "cosines.npy", np.float32, (size, self.join.k))
        for start, found, search in self.blocks(0, size):
            part = slice(start, start + len(search))
            positions[part], cosines[part] = found.positions, found.cosines
            searched += int(search.sum())
            progress(stage, part.stop, size)
        positions.flush()
        cosines.flush()
        return searched

    def blocks(self, first: int, last: int) -> Iterator[tuple[int, Neighbours, Bools1d]]:
        """Yield where each block of the products `first` to `last` begins, their neighbours, and who of them was searched
        for."""
        again = self.old.again[slice(*np.searchsorted(self.old.again, [first, last]))]
        found = _Found(again, self._found(again))  # before several threads ask for it
        starts = range(first, last, BLOCK_ROWS)

        def block(start: int) -> tuple[Neighbours, Bools1d]:
            return self._block(np.arange(start, min(start + BLOCK_ROWS, last)), found)

        with ThreadPoolExecutor(thread_count()) as pool:
            for start, (lists, search) in in_turn(pool, block, starts, thread_count()):
                yield start, lists, search

    def _block(self, own: Ints1d, of_again: "_Found") -> tuple[Neighbours, Bools1d]:
        left = self.old.left(own)
        lists, search = left.lists, left.search
        stay = np.flatnonzero(~search)
        if stay.size and self.fresh is not None:
            staying = LeftLists(Neighbours(*_parts(lists, stay)), left.whole[stay], search[stay])
            changed, entered = staying.with_entrants(self._came(own[stay], staying.floors, self.fresh))
            lists.positions[stay[changed]], lists.cosines[stay[changed]] = entered.positions, entered.cosines
        new = np.flatnonzero(self.old.is_again[own])
        at = np.searchsorted(of_again.products, own[new])
        lists.positions[new], lists.cosines[new] = _parts(of_again.neighbours, at)
        short = np.flatnonzero(search & ~self.old.is_again[own])
        if short.size:
            lists.positions[short], lists.cosines[short] = _parts(self._search(own[short]), np.arange(len(short)))
        return lists, search

    def _found(self, products: Ints1d) -> Neighbours:
        """Return the neighbours of products, searched in large batches: small ones take several times as long."""
        found = no_neighbours(len(products), self.join.k)
        for start in range(0, len(products), BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            found.positions[part], found.cosines[part] = _parts(self._search(products[part]), np.s_[:])
        return found

    def _search(self, own: Ints1d) -> Neighbours:
        if isinstance(self.join.rows, SparseRows):
            return self.join.neighbours_of(own)
        found = replace(self.join, k=self.join.k + SPARE).neighbours_of(own)
        return settled(found, cast(Rows, self.join.rows), own, self.join.k)

    def _came(self, own: Ints1d, floor: Floats1d, fresh: Index[Any]) -> Neighbours:
        """Return the new products with a cosine of at least `floor` (q,), the best k of them; columns are as many as
        needed."""
        again = self.old.again
        out, rows, ask = no_neighbours(len(own), 0), np.arange(len(own)), FIRST_ASK
        while rows.size:
            ask = min(ask, len(again))
            got = fresh.search(self.join.rows.take(own[rows]), ask)
            positions = np.where(got.positions < 0, -1, again[np.maximum(got.positions, 0)])
            wanted = (positions >= 0) & (got.cosines >= floor[rows, None])
            if self.join.sources is not None:
                wanted &= eligible(self.join.sources, self.join.sources[own[rows]], positions)
            out = _wider(out, ask)
            kept = keep(Neighbours(positions, got.cosines), wanted, ask)
            out.positions[rows], out.cosines[rows] = kept.positions, kept.cosines
            if ask == len(again):
                break
            goes_on = (positions[:, -1] >= 0) & (got.cosines[:, -1] >= floor[rows])
            rows = rows[goes_on & (wanted.sum(axis=1) < self.join.k + SPARE)]
            ask *= 4
        came = out.first(max(1, int((out.positions >= 0).sum(axis=1).max(initial=0))))
        return came if isinstance(self.join.rows, SparseRows) else settled(came, self.join.rows, own, came.k)  # type: ignore[arg-type]


def _parts(neighbours: Neighbours, rows: Any) -> tuple[Any, Any]:
    return neighbours.positions[rows], neighbours.cosines[rows]


def _wider(neighbours: Neighbours, k: int) -> Neighbours:
    """Return the same with room for k."""
    more = no_neighbours(len(neighbours), k - neighbours.k)
    return Neighbours(np.hstack([neighbours.positions, more.positions]), np.hstack([neighbours.cosines, more.cosines]))
