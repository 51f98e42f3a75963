"""A comparison goes through the products of some cells in tiles, each with those searched for that look at its cell: both sides
take what may be among their best.

What a product may take from a tile is known beforehand, from the end of its list: nearly nothing. So the comparing
costs little more than the products of rows.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import numpy.typing as npt

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.join.plan import STRIPE_ROWS, TILE_COLUMNS, Tile
from indexing.join.settled_cosines import SPARE, settled
from indexing.join.tiles import Floors, TileWork
from indexing.machine.threads import in_turn, thread_count
from indexing.search.best_lists import SLACK, BestLists, neighbours_of, units_of
from indexing.search.neighbours import RESOLUTION, Neighbours, without_self
from indexing.update.joining.partners import Cells, Visits
from indexing.vectors.rows import Rows

SEARCHED_AT_ONCE = 65_536  # products searched for at once, with a list in memory each
PROBED = 2048
FORGOTTEN_ROWS = 262_144  # rows between givings back of pages: those of a cell stand all over the files


@dataclass(frozen=True)
class UpdatedRows:
    """They are a view's rows as they are now, whose products have lists of k. `is_again` (n,) says whose are new or look otherwise
    than before; with `sources` (n,), neighbours are of other sources."""

    rows: Rows
    is_again: Bools1d
    k: int
    sources: Ints1d | None = None
    threads: int = field(default_factory=thread_count)

    @property
    def keep(self) -> int:
        """Return how many entries are kept of each that is searched for, which may find itself."""
        return self.k + 1 + SPARE

    def entrants(self, stripe: BestLists, order: Ints1d) -> tuple[Ints1d, Neighbours]:
        """Return the products (c,) of a stripe that new ones may come to, and these: `order` are the products of the cells."""
        there = np.flatnonzero(stripe.counts)
        own = order[stripe.start + there]
        if not there.size:
            return own, neighbours_of(stripe.entries[there, :1])
        entries = np.sort(stripe.entries[there], axis=1)[:, : min(int(stripe.counts[there].max()), stripe.keep)]
        return own, settled(neighbours_of(entries), self.rows, own, entries.shape[1])

    def found(self, entries: npt.NDArray[np.int64], own: Ints1d) -> Neighbours:
        """Return the neighbours of products that were searched for, from their best entries in order (q, keep)."""
        found = neighbours_of(entries)
        return without_self(settled(found, self.rows, own, found.k), own, self.k)


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


class CellComparison:
    """It compares cells, of whose products `floor` (in their order) is the least cosine that may come into their lists, with
    those that visit them."""

    def __init__(self, updated: UpdatedRows, cells: Cells, floor: Floats1d, visits: Visits) -> None:
        self.updated, self.cells, self.visits = updated, cells, visits
        self.first = len(cells.order)
        units = np.concatenate([cells.order, visits.targets])
        self.floor = np.concatenate([floor, np.empty(len(visits.targets), dtype=np.float32)])
        sources = None if updated.sources is None else np.asarray(updated.sources[units])
        self.work = TileWork(_Rows(updated.rows, cells.order, visits.rows), units, Floors(0, self.floor), sources)

    def lists(self, floors: Floats1d) -> BestLists:
        """Return the lists, empty, of those that are searched for, into which nothing below these floors (t,) may come."""
        self.floor[self.first :] = floors
        return BestLists(self.first, len(floors), self.updated.keep, self.floor[self.first :])

    def stripes(self, pool: Executor, found: BestLists, forget: Callable[[], None]) -> Iterator[BestLists]:
        """Yield the new products that may come into the lists of each stripe of the cells that anybody looks at; fill the lists
        found meanwhile. `forget` is called now and then."""
        done = in_turn(pool, self.work.compute, self._tiles(forget), self.updated.threads + 1)
        for (start, stop), of_stripe in groupby(done, key=lambda one: (one[0].a, one[0].b)):
            stripe = BestLists(start, stop - start, self.updated.k + SPARE, self.floor[start:stop])
            for _, (own, theirs) in of_stripe:
                new = self.updated.is_again[units_of(own.entries)]
                stripe.add(own.places[new], own.entries[new])
                found.add(theirs.places, theirs.entries)
            yield stripe

    def _tiles(self, forget: Callable[[], None]) -> Iterator[Tile]:
        """Yield tiles that compare the rows of each cell, a stripe at a time, with those who look at it."""
        forgotten = 0
        for cell, visitors in enumerate(self.visits.visitors):
            places = self.first + visitors
            start, end = self.cells.bounds[cell : cell + 2].tolist()
            for a in range(start, end, STRIPE_ROWS):
                if a - forgotten >= FORGOTTEN_ROWS:
                    forget()
                    forgotten = a
                for c in range(0, len(places), TILE_COLUMNS):
                    yield Tile(a, min(a + STRIPE_ROWS, end), (), gathered=places[c : c + TILE_COLUMNS])


def floors_of(updated: UpdatedRows, cells: Cells, visits: Visits, pool: Executor) -> Floats1d:
    """Return for each that is searched for (t,) a cosine that enough others surely have, from a look at some of its cell."""

    def of_span(span: tuple[int, int, int]) -> Floats1d:
        cell, a, b = span
        start, end = cells.bounds[cell : cell + 2].tolist()
        sample = np.asarray(cells.order[start : end : max((end - start) // PROBED, 1)])
        floor = _kept_best(updated, sample, visits.targets[a:b], visits.rows[a:b])
        return np.asarray(floor - SLACK * RESOLUTION, dtype=np.float32)

    found = list(pool.map(of_span, _own_spans(visits.own)))
    return np.concatenate(found) if found else np.zeros(0, dtype=np.float32)


def _own_spans(own: Ints1d) -> Iterator[tuple[int, int, int]]:
    """Yield each cell that any are in, of the cells (t,), ascending, and from which to which they are."""
    heads = np.flatnonzero(np.diff(own, prepend=-1))
    for a, end in zip(heads.tolist(), [*heads[1:].tolist(), len(own)], strict=True):
        for start in range(a, end, STRIPE_ROWS):
            yield int(own[a]), start, min(start + STRIPE_ROWS, end)


def _kept_best(updated: UpdatedRows, sample: Ints1d, targets: Ints1d, rows: Floats2d) -> Floats1d:
    """Return the cosine of the last one of a sample that would be kept of each target (t,), -inf where there are fewer."""
    units = np.concatenate([sample, targets])
    sources = None if updated.sources is None else np.asarray(updated.sources[units])
    work = TileWork(_Rows(updated.rows, sample, rows), units, Floors(0, np.zeros(0, dtype=np.float32)), sources)
    return work.probe(len(sample), len(units), np.arange(len(sample)), updated.keep)
