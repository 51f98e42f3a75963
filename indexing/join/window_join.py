"""A window of a join is a run of its stripes, whose rows have their lists of best entries in memory together.

Windows own disjoint products and depend on nothing but the plan and the rows: they can be joined one after the other, or
each on another machine. All stripes are gone through, of an exact join those up to the window's end: one outside the
window only for what the window's rows may take from it.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from indexing.arrays import Floats1d, Ints1d, Ints2d
from indexing.join.plan import STRIPE_ROWS, TILE_BYTES, JoinPlan, Stripe
from indexing.join.probing_plan import ProbingPlan
from indexing.join.rows import PlacedRows, Units
from indexing.join.settled_cosines import SPARE
from indexing.join.tiles import Floors, TileWork
from indexing.machine.threads import in_turn, one_blas_thread, thread_count
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

PROBED = 1024
SETTLED_VALUES = 1 << 21  # float32 numbers gathered at once
BYTES_A_UNIT = 40  # of a distinct row, and where it stands
Joined = tuple[int, tuple[int, int], Future[tuple[Ints1d, Neighbours]]]  # a stripe's number, its places, what is found


def _tell_nobody(place: int) -> None:
    """Say nothing of how far it is."""


def kept_of(k: int) -> int:
    """Return how many entries are kept of each row for k neighbours: its own is among them, and some to settle which is the
    k-th."""
    return k + 1 + SPARE


def list_bytes(k: int) -> int:
    """Return how many bytes the list of a row takes, for k neighbours, with its floor."""
    keep = kept_of(k)
    return (keep + room_for(keep)) * 8 + 8


@dataclass(frozen=True)
class JoinRoom:
    """It says whether the rows of a join are copied `in_file` or into memory, and of how many rows the lists have room there at
    once (`window_rows`)."""

    in_file: bool
    window_rows: int

    @classmethod
    def within(
        cls, memory: int, *, rows: int, dim: int, products: int, k: int, threads: int, plan_bytes: int
    ) -> "JoinRoom":
        """Divide `memory` bytes between the lists of `rows` distinct rows of `products` products and the other things that a join
        holds, the rows among them where they take at most half of it."""
        copied = rows * dim * 4
        in_file = copied > memory // 2
        left = memory - (0 if in_file else copied) - (threads + 1) * TILE_BYTES - rows * BYTES_A_UNIT - plan_bytes
        left -= min(products * k * 12, left // 2)  # pages of the files: they are written all over
        return cls(in_file, max(left // list_bytes(k), STRIPE_ROWS))


@dataclass(frozen=True)
class Placing:
    """It says where each unit (u,) stands in a join's order (`place`), and of which source the unit at each place is."""

    place: Ints1d
    sources: Ints1d | None = None


def placing_of(units: Units, plan: JoinPlan | ProbingPlan) -> Placing:
    """Return the placing of units by a plan."""
    place = np.empty(len(plan), dtype=np.int64)
    place[plan.order] = np.arange(len(plan))
    return Placing(place, None if units.sources is None else units.sources[plan.order])


@dataclass(frozen=True)
class WindowJoin:
    """It joins windows of units as the plan says, for `k` neighbours of each product. Rows come copied in the plan's
    order. Units, plan and placing may be mapped: what is read of them goes with the window."""

    units: Units
    plan: JoinPlan | ProbingPlan
    placing: Placing
    k: int
    threads: int = field(default_factory=thread_count)

    @property
    def keep(self) -> int:
        """Return how many entries are kept of each unit."""
        return kept_of(self.k)

    def window(self, rows: PlacedRows, first: int, last: int) -> Iterator[tuple[Ints1d, Neighbours]]:
        """Yield the products of stripes `first` to `last`, with their neighbours, a stripe at a time."""
        with ThreadPoolExecutor(self.threads) as pool, one_blas_thread():
            for _, _, found in self.stripes(self.work(rows), pool, first, last):
                yield found.result()

    def work(self, rows: PlacedRows) -> TileWork:
        """Return what computes tiles of these rows: windows one after the other may share it."""
        probing = self.plan if isinstance(self.plan, ProbingPlan) else None
        nobody = Floors(0, np.zeros(0, dtype=np.float32))
        return TileWork(rows, self.plan.order, nobody, self.placing.sources, probing)

    def stripes(
        self,
        work: TileWork,
        pool: ThreadPoolExecutor,
        first: int,
        last: int,
        report: Callable[[int], None] = _tell_nobody,
    ) -> Iterator[Joined]:
        """Yield every stripe of the window with what will be found of it: the next one is computed meanwhile. `report` is
        told which place has been reached."""
        finished = (
            (number, stripe, pool.submit(self._found, work.rows, stripe, lists.final(*stripe)))
            for number, stripe, lists in self._lists(work, pool, first, last, report)
        )
        yield from _one_ahead(finished)

    def _lists(
        self, work: TileWork, pool: ThreadPoolExecutor, first: int, last: int, report: Callable[[int], None]
    ) -> Iterator[tuple[int, tuple[int, int], BestLists]]:
        """Yield every stripe of the window, when its lists are final."""
        stripes = self.plan.stripes
        start, stop = stripes[first][1], stripes[last - 1][2]
        work.floor = Floors(start, np.concatenate(list(pool.map(partial(self._floors, work), stripes[first:last]))))
        lists = BestLists(start, stop - start, self.keep, work.floor.values)
        for number, stripe in enumerate(stripes[:last] if self.plan.in_turn else stripes):
            tiles = self.plan.tiles(stripe, None if first <= number < last else (start, stop))
            for _, (own, theirs) in in_turn(pool, work.compute, tiles, self.threads):
                lists.add(own.places, own.entries)
                lists.add(theirs.places, theirs.entries)
            if not self.plan.in_turn:
                report(start + (number + 1) * (stop - start) // len(stripes))
            elif number >= first:
                yield number, stripe[1:], lists
                work.floor.read(*stripe[1:])[:] = np.inf
        if not self.plan.in_turn:
            for number in range(first, last):
                yield number, stripes[number][1:], lists

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

    def _settled(self, rows: PlacedRows, stripe: tuple[int, int], entries: Ints2d) -> Ints2d:
        """Return the entries of a stripe in order, each cosine summed by itself: a tile's sums depend on where a row
        stands."""
        out = np.full(entries.shape, LAST, dtype=np.int64)
        dim = rows.read(stripe[0], stripe[0] + 1).shape[1]
        step = max(1, SETTLED_VALUES // (self.keep * dim))
        for start in range(0, len(entries), step):
            part = entries[start : start + step]
            there = part != LAST
            others = rows.gather(self.placing.place[np.where(there, units_of(part), 0).ravel()])
            own = rows.read(stripe[0] + start, stripe[0] + start + len(part))
            cosines = np.einsum("ij,ikj->ik", own, others.reshape(*part.shape, dim), dtype=np.float32)
            out[start : start + step] = np.where(there, entries_of(cosines, units_of(part)), LAST)
        return np.sort(out, axis=1)

    def _found(self, rows: PlacedRows, stripe: tuple[int, int], entries: Ints2d) -> tuple[Ints1d, Neighbours]:
        """Return all products of a stripe's units, and their neighbours."""
        units = self.plan.order[stripe[0] : stripe[1]]
        best = self._of_products(self._settled(rows, stripe, entries))
        counts = self.units.counts_of(units)
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
        counts = np.minimum(self.units.counts_of(units), self.keep)
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


def _one_ahead(stripes: Iterator[Joined]) -> Iterator[Joined]:
    """Yield each stripe when the next one has been computed, so that settling it goes on meanwhile."""
    before: Joined | None = None
    for stripe in stripes:
        if before is not None:
            yield before
        before = stripe
    if before is not None:
        yield before
