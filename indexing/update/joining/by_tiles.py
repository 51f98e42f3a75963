"""Tiles bring the dense neighbours up to date: who is searched for is compared with the others in tiles, which serve
both sides.

What a product may take from a tile is known beforehand, from the end of its list: nearly nothing. So the comparing
costs little more than the products of rows.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.join.plan import STRIPE_ROWS, TILE_COLUMNS, Tile
from indexing.join.self_join import BLOCK_ROWS
from indexing.join.settled_cosines import SPARE, settled
from indexing.join.tiles import Floors, TileWork
from indexing.machine.memory import forget
from indexing.machine.progress import Progress, silent
from indexing.machine.threads import in_turn, thread_count
from indexing.search.best_lists import SLACK, BestLists, neighbours_of, units_of
from indexing.search.neighbours import RESOLUTION, Neighbours, without_self
from indexing.storage.mapped import new_mapped
from indexing.update.joining.kept_lists import LeftLists, OldLists
from indexing.update.joining.partners import Cells, Visits
from indexing.vectors.rows import Rows

SEARCHED_AT_ONCE = 65_536  # products searched for at once, with a list in memory each
PROBED = 2048
FORGOTTEN_ROWS = 262_144  # rows between givings back of pages: those of a cell stand all over the files


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
        there = search[self._seen[search]]
        parts = [there[start : start + SEARCHED_AT_ONCE] for start in range(0, len(there), SEARCHED_AT_ONCE)]
        for number, part in enumerate(parts):
            search_of = _Search(self, kept, self.cells.visits(part, self.rows.take(part)))
            for done in search_of.run():
                progress(stage, (number * len(self.old) + done) // len(parts), len(self.old))
        progress(stage, len(self.old), len(self.old))
        positions.flush()
        cosines.flush()
        self.forget_lists(kept)
        return len(search)

    def forget_lists(self, kept: "_Kept") -> None:
        """Give back the pages of the lists, old and new."""
        for pages in (self.old.before.positions, self.old.before.cosines, kept.positions, kept.cosines):
            forget(pages)

    @cached_property
    def _seen(self) -> Bools1d:
        seen = np.zeros(len(self.old), dtype=bool)
        seen[self.cells.order] = True
        return seen

    def _carry(self, kept: "_Kept") -> Ints1d:
        """Write what is left of the lists; return who is to be searched for."""

        def carry(start: int) -> Ints1d:
            own = np.arange(start, min(start + BLOCK_ROWS, len(self.old)))
            left = self.old.left(own)
            left.lists.positions[left.search], left.lists.cosines[left.search] = -1, np.nan
            kept.write(slice(own[0], own[-1] + 1), left.lists)
            kept.whole[own] = left.whole
            kept.floor[own] = np.where(left.search, np.inf, left.floors)
            if start % FORGOTTEN_ROWS == 0:
                self.forget_lists(kept)
            return own[left.search]

        with ThreadPoolExecutor(self.threads) as pool:
            search = list(pool.map(carry, range(0, len(self.old), BLOCK_ROWS)))
        return np.concatenate(search) if search else np.zeros(0, dtype=np.int64)


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


@dataclass(frozen=True)
class _Rows:
    """It gives the rows by place: those of the cells in their order, and behind them those that are searched for."""

    rows: Rows
    order: Ints1d
    searched: Floats2d

    def read(self, start: int, stop: int) -> Floats2d:
        first = len(self.order)
        return self.rows.take(self.order[start:stop]) if start < first else self.searched[start - first : stop - first]

    def gather(self, places: npt.NDArray[np.integer]) -> Floats2d:
        """Return the rows at these places, in their order; all places are of the cells, or all of those searched
        for."""
        first = len(self.order)
        return (
            self.searched[places - first] if len(places) and places[0] >= first else self.rows.take(self.order[places])
        )


class _Search:
    """It finds the neighbours of some products, and who takes those of them that are new among its own."""

    def __init__(self, join: DeltaTiles, kept: _Kept, visits: Visits) -> None:
        self.join, self.kept, self.visits = join, kept, visits
        self.order, self.first = join.cells.order, len(join.cells.order)
        self.keep = join.old.k + 1 + SPARE  # a product may find itself
        units = np.concatenate([self.order, visits.targets])
        floor = np.concatenate([kept.floor[self.order], np.full(len(visits.targets), -np.inf, dtype=np.float32)])
        sources = None if join.sources is None else join.sources[units]
        self.floor = floor
        self.work = TileWork(_Rows(join.rows, self.order, visits.rows), units, Floors(0, floor), sources)

    def run(self) -> Iterator[int]:
        """Write all of it; yield how many products have been gone through."""
        with ThreadPoolExecutor(self.join.threads) as pool, threadpool_limits(1, user_api="blas"):
            spans = list(self._own_spans())
            for (_, a, b), floors in zip(spans, pool.map(self._floors, spans), strict=True):
                self.floor[self.first + a : self.first + b] = floors
            found = BestLists(self.first, len(self.visits.targets), self.keep, self.floor[self.first :])
            entering: deque[Future[None]] = deque()
            done = in_turn(pool, self.work.compute, self._tiles(), self.join.threads + 1)
            for (start, stop), of_stripe in groupby(done, key=lambda one: (one[0].a, one[0].b)):
                stripe = BestLists(start, stop - start, self.join.old.k + SPARE, self.floor[start:stop])
                for _, (own, theirs) in of_stripe:
                    new = self.join.old.is_again[units_of(own.entries)]
                    stripe.add(own.places[new], own.entries[new])
                    found.add(theirs.places, theirs.entries)
                entering.append(pool.submit(self._enter, stripe))
                if len(entering) > self.join.threads:
                    entering.popleft().result()
                yield stop
            for future in entering:
                future.result()
            parts = range(0, len(self.visits.targets), BLOCK_ROWS // 4)
            list(pool.map(lambda start: self._found(found, start, min(start + BLOCK_ROWS // 4, found.size)), parts))

    def _tiles(self) -> Iterator[Tile]:
        """Yield tiles that compare the rows of each cell, a stripe at a time, with those who look at it."""
        forgotten = 0
        for cell, visitors in enumerate(self.visits.visitors):
            places = self.first + visitors
            start, end = self.join.cells.bounds[cell : cell + 2].tolist()
            for a in range(start, end, STRIPE_ROWS):
                if a - forgotten >= FORGOTTEN_ROWS:
                    self.join.rows.forget()
                    self.join.forget_lists(self.kept)
                    forgotten = a
                for c in range(0, len(places), TILE_COLUMNS):
                    yield Tile(a, min(a + STRIPE_ROWS, end), (), gathered=places[c : c + TILE_COLUMNS])

    def _own_spans(self) -> Iterator[tuple[int, int, int]]:
        """Yield each cell, and from which to which of those that are searched for are in it."""
        heads = np.flatnonzero(np.diff(self.visits.own, prepend=-1))
        for a, end in zip(heads.tolist(), [*heads[1:].tolist(), len(self.visits.own)], strict=True):
            for start in range(a, end, STRIPE_ROWS):
                yield int(self.visits.own[a]), start, min(start + STRIPE_ROWS, end)

    def _floors(self, span: tuple[int, int, int]) -> Floats1d:
        """Return for each of them a cosine that enough others surely have, from a look at some of its cell."""
        cell, a, b = span
        start, end = self.join.cells.bounds[cell : cell + 2].tolist()
        sample = np.arange(start, end, max((end - start) // PROBED, 1))
        floor = self.work.probe(self.first + a, self.first + b, sample, self.keep)
        return np.asarray(floor - SLACK * RESOLUTION, dtype=np.float32)

    def _enter(self, stripe: BestLists) -> None:
        """Put into the lists of a stripe what stands before their ends."""
        rows = np.flatnonzero(stripe.counts)
        if not rows.size:
            return
        entries = np.sort(stripe.entries[rows], axis=1)[:, : min(int(stripe.counts[rows].max()), stripe.keep)]
        own = self.order[stripe.start + rows]
        came = settled(neighbours_of(entries), self.join.rows, own, entries.shape[1])
        changed, lists = self.kept.of(own).with_entrants(came)
        self.kept.write(own[changed], lists)

    def _found(self, lists: BestLists, a: int, b: int) -> None:
        """Write the neighbours of some that were searched for."""
        own = self.visits.targets[a:b]
        found = neighbours_of(lists.final(self.first + a, self.first + b))
        self.kept.write(own, without_self(settled(found, self.join.rows, own, found.k), own, self.join.old.k))
