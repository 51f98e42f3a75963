"""Tiles bring the dense neighbours up to date: who is searched for is compared with the others in tiles, which serve
both sides."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.join.self_join import BLOCK_ROWS
from indexing.machine.memory import forget
from indexing.machine.progress import Progress, silent
from indexing.machine.threads import one_blas_thread, thread_count
from indexing.search.best_lists import BestLists
from indexing.search.neighbours import Neighbours
from indexing.storage.mapped import new_mapped
from indexing.update.joining.cell_comparison import (
    FORGOTTEN_ROWS,
    SEARCHED_AT_ONCE,
    CellComparison,
    UpdatedRows,
    floors_of,
)
from indexing.update.joining.kept_lists import LeftLists, OldLists
from indexing.update.joining.partners import Cells, Visits
from indexing.vectors.rows import Rows


@dataclass(frozen=True)
class DeltaTiles:
    """It brings one view up to date, from the lists as they were, its rows now, and with whom is compared. With
    `sources` (n,), neighbours are of other sources."""

    old: OldLists
    rows: Rows
    cells: Cells
    sources: Ints1d | None = None
    threads: int = field(default_factory=thread_count)

    def write(self, folder: Path, *, stage: str, progress: Progress = silent) -> int:
        """Write all neighbours as `SelfJoin.write` leaves them; return how many products were searched for."""
        folder.mkdir(parents=True, exist_ok=True)
        shape = (len(self.old), self.old.k)
        positions = new_mapped(folder / "positions.npy", np.int64, shape)
        cosines = new_mapped(folder / "cosines.npy", np.float32, shape)
        kept = _Kept(positions, cosines, *(np.empty(len(self.old), dtype=kind) for kind in (np.float32, bool)))
        search = self._carry(kept)
        batches = searched_batches(search, self.cells, len(self.old))
        for number, part in enumerate(batches):
            for done in self._search(kept, self.cells.visits(part, self.rows.take(part))):
                progress(stage, (number * len(self.old) + done) // len(batches), len(self.old))
        progress(stage, len(self.old), len(self.old))
        positions.flush()
        cosines.flush()
        self._forget_lists(kept)
        return len(search)

    def _forget_lists(self, kept: "_Kept") -> None:
        """Give back the pages of the lists, old and new."""
        for pages in (self.old.before.positions, self.old.before.cosines, kept.positions, kept.cosines):
            forget(pages)

    def _carry(self, kept: "_Kept") -> Ints1d:
        """Write what is left of the lists; return who is to be searched for."""

        def carry(start: int) -> Ints1d:
            own = np.arange(start, min(start + BLOCK_ROWS, len(self.old)))
            left = self.old.left(own)
            kept.floor[own] = left.entry_floors
            lists = left.without_searched()
            kept.write(slice(own[0], own[-1] + 1), lists.lists)
            kept.whole[own] = lists.whole
            if start % FORGOTTEN_ROWS == 0:
                self._forget_lists(kept)
            return own[left.search]

        with ThreadPoolExecutor(self.threads) as pool:
            search = list(pool.map(carry, range(0, len(self.old), BLOCK_ROWS)))
        return np.concatenate(search) if search else np.zeros(0, dtype=np.int64)

    def _search(self, kept: "_Kept", visits: Visits) -> Iterator[int]:
        """Write the neighbours of those that visit, and put those of them that are new into the lists of the others; yield how
        many products have been gone through."""
        updated = UpdatedRows(self.rows, self.old.is_again, self.old.k, self.sources, self.threads)
        with ThreadPoolExecutor(self.threads) as pool, one_blas_thread():
            comparison = CellComparison(updated, self.cells, kept.floor[self.cells.order], visits)
            found = comparison.lists(floors_of(updated, self.cells, visits, pool))
            entering: deque[Future[None]] = deque()
            for stripe in comparison.stripes(pool, found, lambda: self._forget(kept)):
                entering.append(pool.submit(self._enter, updated, kept, stripe))
                if len(entering) > self.threads:
                    entering.popleft().result()
                yield stripe.start + stripe.size
            for future in entering:
                future.result()

            def write(a: int) -> None:
                own = visits.targets[a : a + BLOCK_ROWS // 4]
                kept.write(own, updated.found(found.final(found.start + a, found.start + a + len(own)), own))

            list(pool.map(write, range(0, len(visits.targets), BLOCK_ROWS // 4)))

    def _enter(self, updated: UpdatedRows, kept: "_Kept", stripe: BestLists) -> None:
        """Put into the lists of a stripe what stands before their ends."""
        own, came = updated.entrants(stripe, self.cells.order)
        if own.size:
            changed, lists = kept.of(own).with_entrants(came)
            kept.write(own[changed], lists)

    def _forget(self, kept: "_Kept") -> None:
        self.rows.forget()
        self._forget_lists(kept)


@dataclass
class _Kept:
    """It holds the lists being written, with `floor` (n,), the least cosine that may come into each, +inf where its
    product is searched for, and `whole` (n,), whether it held everybody there was."""

    positions: npt.NDArray[np.int64]
    cosines: npt.NDArray[np.float32]
    floor: Floats1d
    whole: Bools1d

    def of(self, own: Ints1d) -> LeftLists:
        lists = Neighbours(np.asarray(self.positions[own]), np.asarray(self.cosines[own]))
        return LeftLists(lists, self.whole[own], np.zeros(len(own), dtype=bool))

    def write(self, own: Ints1d | slice, lists: Neighbours) -> None:
        self.positions[own], self.cosines[own] = lists.positions, lists.cosines


def searched_batches(search: Ints1d, cells: Cells, size: int) -> list[Ints1d]:
    """Return those of the products to be searched for (of so many) that are in any cell, as many together as are searched for at
    once."""
    seen = np.zeros(size, dtype=bool)
    seen[cells.order] = True
    there = search[seen[search]]
    return [there[start : start + SEARCHED_AT_ONCE] for start in range(0, len(there), SEARCHED_AT_ONCE)]
