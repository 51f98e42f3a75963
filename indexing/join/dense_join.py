"""The exact self-join of dense rows computes every cosine once, in tiles, and each serves both its products.

A window of rows has its lists of best entries in memory. All stripes are gone through, of an exact join those up to the
window's end: one outside the window only for what the window's rows may take from it. So a run that was killed, and one
whose lists do not fit, are the same thing: a window that begins behind what is written already.
"""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from indexing.arrays import Floats1d, Ints1d, Ints2d
from indexing.join.neighbour_files import NeighbourFiles
from indexing.join.plan import STRIPE_ROWS, TILE_BYTES, TILE_COLUMNS, JoinPlan, Stripe
from indexing.join.probing_plan import ProbingPlan
from indexing.join.rows import JoinRows, Units, copy_rows
from indexing.join.settled_cosines import SPARE
from indexing.join.tiles import TileWork
from indexing.machine.progress import Progress, silent
from indexing.machine.threads import in_turn, thread_count
from indexing.search.best_lists import (
    LAST,
    SLACK,
    BestLists,
    entries_of,
    joined,
    keys_of,
    neighbours_of,
    room_for,
    units_of,
)
from indexing.search.neighbours import RESOLUTION, Neighbours, without_self
from indexing.vectors.rows import Rows

PROBED = 1024
SETTLED_VALUES = 1 << 21  # float32 numbers gathered at once


@dataclass(frozen=True)
class DenseJoin:
    """It joins the units of `rows` as the plan says; `memory` bytes bound what it holds."""

    rows: Rows
    units: Units
    plan: JoinPlan | ProbingPlan
    k: int
    memory: int = 2**33
    threads: int = field(default_factory=thread_count)

    def write(self, files: NeighbourFiles, *, stage: str, progress: Progress = silent) -> None:
        """Write all neighbours, from where an earlier run was cut short."""
        stripes = self.plan.stripes
        done = files.open(len(stripes), order=self._digest())
        if not done:
            files.nobody()
        where = None if self.row_bytes <= self.memory // 2 else files.folder / "rows.f32"
        try:
            if done < len(stripes):
                self._run(
                    files,
                    done,
                    where,
                    lambda places: progress(stage, places * files.size // len(self.plan), files.size),
                )
        finally:
            if where is not None:
                where.unlink(missing_ok=True)
        files.mark()

    @property
    def row_bytes(self) -> int:
        """Return how many bytes a copy of the rows takes."""
        return len(self.units) * self.rows.dim * 4

    @property
    def keep(self) -> int:
        """Return how many entries are kept of each unit: its own is among them, and some to settle which is the
        k-th."""
        return self.k + 1 + SPARE

    def window_rows(self) -> int:
        """Return how many rows have room for their lists: those of one stripe at least."""
        copied = self.row_bytes if self.row_bytes <= self.memory // 2 else 0
        left = self.memory - copied - (self.threads + 1) * TILE_BYTES - len(self.units) * 40 - self.plan.nbytes
        left -= min(len(self.units.members) * self.k * 12, left // 2)  # pages of the files: they are written all over
        return max(left // ((self.keep + room_for(self.keep)) * 8 + 8), STRIPE_ROWS)

    def _run(self, files: NeighbourFiles, done: int, where: Path | None, report: Callable[[int], None]) -> None:
        order = self.plan.order
        sources = None if self.units.sources is None else self.units.sources[order]
        copied = copy_rows(self.rows, self.units.first[order], path=where)
        probing = self.plan if isinstance(self.plan, ProbingPlan) else None
        work = TileWork(copied, order, np.full(len(order), np.inf, dtype=np.float32), sources, probing)
        with ThreadPoolExecutor(self.threads) as pool, threadpool_limits(1, user_api="blas"):
            ends = np.array([b for _, _, b in self.plan.stripes])
            while done < len(ends):
                first = self.plan.stripes[done][1]
                last = max(int(np.searchsorted(ends, first + self.window_rows(), side="right")), done + 1)
                finished = (
                    (number, stripe, pool.submit(self._found, copied, stripe, lists.final(*stripe)))
                    for number, stripe, lists in self._window(work, pool, done, last, report)
                )
                for number, (_, b), found in _one_ahead(finished):
                    files.write(*found.result(), number + 1)
                    if self.plan.in_turn:
                        report(b)
                done = last

    def _window(
        self, work: TileWork, pool: ThreadPoolExecutor, first: int, last: int, report: Callable[[int], None]
    ) -> Iterator[tuple[int, tuple[int, int], BestLists]]:
        """Yield every stripe of the window, when its lists are final."""
        stripes = self.plan.stripes
        start, stop = stripes[first][1], stripes[last - 1][2]
        work.floor[start:stop] = np.concatenate(list(pool.map(partial(self._floors, work), stripes[first:last])))
        lists = BestLists(start, stop - start, self.keep, work.floor)
        for number, stripe in enumerate(stripes[:last] if self.plan.in_turn else stripes):
            tiles = self.plan.tiles(stripe, None if first <= number < last else (start, stop))
            for _, (own, theirs) in in_turn(pool, work.compute, tiles, self.threads):
                lists.add(own.places, own.entries)
                lists.add(theirs.places, theirs.entries)
            if not self.plan.in_turn:
                report(start + (number + 1) * (stop - start) // len(stripes))
            elif number >= first:
                yield number, stripe[1:], lists
                work.floor[stripe[1] : stripe[2]] = np.inf
        if not self.plan.in_turn:
            for number in range(first, last):
                yield number, stripes[number][1:], lists
            work.floor[start:stop] = np.inf

    def _floors(self, work: TileWork, stripe: Stripe) -> Floats1d:
        """Return for each row of a stripe a cosine that k others surely have, from a look at some of its partners."""
        span, a, b = stripe
        mates = self.plan.mates(span)
        floor = np.full(b - a, -np.inf, dtype=np.float32)
        if span in mates:
            low = max(int(self.plan.bounds[span]), min(a, int(self.plan.bounds[span + 1]) - PROBED))
            floor = work.probe(a, b, slice(low, min(low + PROBED, int(self.plan.bounds[span + 1]))), self.keep)
        if np.isinf(floor).any() and len(mates):
            places = np.concatenate([np.arange(self.plan.bounds[s], self.plan.bounds[s + 1]) for s in mates])
            sample = places[:: max(len(places) // (2 * PROBED), 1)]
            floor = np.maximum(floor, work.probe(a, b, sample, self.keep))
        return np.asarray(floor - SLACK * RESOLUTION, dtype=np.float32)

    def _settled(self, rows: JoinRows, stripe: tuple[int, int], entries: Ints2d) -> Ints2d:
        """Return the entries of a stripe in order, each cosine summed by itself: a tile's sums depend on where a row
        stands."""
        out = np.full(entries.shape, LAST, dtype=np.int64)
        step = max(1, SETTLED_VALUES // (self.keep * rows.dim))
        for start in range(0, len(entries), step):
            part = entries[start : start + step]
            there = part != LAST
            others = rows.gather(self._place[np.where(there, units_of(part), 0).ravel()])
            own = rows.read(stripe[0] + start, stripe[0] + start + len(part))
            cosines = np.einsum("ij,ikj->ik", own, others.reshape(*part.shape, rows.dim), dtype=np.float32)
            out[start : start + step] = np.where(there, entries_of(cosines, units_of(part)), LAST)
        return np.sort(out, axis=1)

    @cached_property
    def _place(self) -> Ints1d:
        """Return where each unit (u,) stands in the join's order."""
        place = np.empty(len(self.plan), dtype=np.int64)
        place[self.plan.order] = np.arange(len(self.plan))
        return place

    def _found(self, rows: JoinRows, stripe: tuple[int, int], entries: Ints2d) -> tuple[Ints1d, Neighbours]:
        """Return all products of a stripe's units, and their neighbours."""
        units = self.plan.order[stripe[0] : stripe[1]]
        best = self._of_products(self._settled(rows, stripe, entries))
        counts = self.units.counts[units]
        row = np.repeat(np.arange(len(units)), counts)
        within = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        members = self.units.members[self.units.offsets[units][row] + within]
        found = neighbours_of(best)
        return members, without_self(Neighbours(found.positions[row], found.cosines[row]), members, self.k)

    def _of_products(self, entries: Ints2d) -> Ints2d:
        """Return the best entries (rows, keep) with products in place of units: all that share a unit's row have its
        cosine."""
        row, column = np.nonzero(entries != LAST)
        units, keys = units_of(entries[row, column]), keys_of(entries[row, column])
        counts = np.minimum(self.units.counts[units], self.keep)
        each = np.repeat(np.arange(len(units)), counts)
        within = np.arange(len(each)) - np.repeat(np.cumsum(counts) - counts, counts)
        products = self.units.members[self.units.offsets[units[each]] + within]
        row = row[each]
        widths = np.bincount(row, minlength=len(entries))
        place = np.arange(len(row)) - np.repeat(np.cumsum(widths) - widths, widths)
        found = np.full((len(entries), max(widths.max(initial=0), self.keep)), LAST, dtype=np.int64)
        found[row, place] = joined(keys[each], products)
        found.sort(axis=1)
        return found[:, : self.keep]

    def _digest(self) -> str:
        """Return 16 digits that name the order of work: the same stripes, one after the other, of the same units."""
        parts = (*self.plan.parts, self.units.first)
        named = hashlib.sha256(f"{STRIPE_ROWS} {TILE_COLUMNS}".encode())
        for part in parts:
            named.update(part.tobytes())
        return named.hexdigest()[:16]


Finished = tuple[int, tuple[int, int], Future[tuple[Ints1d, Neighbours]]]


def _one_ahead(stripes: Iterator[Finished]) -> Iterator[Finished]:
    """Yield each stripe when the next one has been computed, so that settling it goes on meanwhile."""
    before: Finished | None = None
    for stripe in stripes:
        if before is not None:
            yield before
        before = stripe
    if before is not None:
        yield before
