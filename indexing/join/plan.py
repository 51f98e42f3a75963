"""A plan says which rows of a join are compared with which: spans of the join's order, and for each the spans that are
its partners."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats2d, Ints1d, Ints2d
from indexing.join.rows import Units
from indexing.vectors.rows import Rows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

STRIPE_ROWS = 1024  # products are computed a tile of this many rows at a time,
TILE_COLUMNS = 4096  # and of this many columns: 16 MiB of cosines
TILE_BYTES = STRIPE_ROWS * TILE_COLUMNS * 10  # of one thread: the cosines, the masks, what survives
LARGE_SOURCE = 0.2  # of all rows: a source with more is not compared with itself
MOST_PIVOTS, PIVOT_ROWS = 512, 8192
COUNTED_ROWS = 1 << 20


Stripe = tuple[int, int, int]  # a span, and from which place to which


@dataclass(frozen=True)
class Tile:
    """A tile compares rows a to b of the join's order with the columns of some ranges of it, in their order, or with
    `gathered` places of it, ascending.

    With `overlap` the first columns are the rows themselves.
    """

    a: int
    b: int
    ranges: tuple[tuple[int, int], ...]
    overlap: bool = False
    gathered: npt.NDArray[np.integer] | None = None

    @property
    def width(self) -> int:
        """Return how many columns there are."""
        return sum(d - c for c, d in self.ranges) if self.gathered is None else len(self.gathered)

    @property
    def places(self) -> Ints1d:
        """Return the places of the columns in the join's order."""
        if self.gathered is not None:
            return self.gathered.astype(np.int64)
        return np.concatenate([np.arange(c, d) for c, d in self.ranges])

    def touches(self, start: int, stop: int) -> bool:
        """Return whether any column is at places start to stop."""
        return any(d > start and c < stop for c, d in self.ranges)


@dataclass(frozen=True)
class JoinPlan:
    """`order` (u,) holds the units in the order in which they are joined. Span s is the places `bounds[s]` to `bounds[s
    + 1]`; its partners are `partners[starts[s] : starts[s + 1]]`, ascending, none before s: a tile serves both its
    sides."""

    order: Ints1d
    bounds: Ints1d
    starts: Ints1d
    partners: Ints1d

    in_turn = True  # a stripe's lists are final with its own tiles
    nbytes = 0  # next to nothing in memory

    def __len__(self) -> int:
        return len(self.order)

    @property
    def parts(self) -> tuple[Ints1d, ...]:
        """Return the arrays that name the plan."""
        return self.order, self.bounds, self.partners

    @cached_property
    def stripes(self) -> list[Stripe]:
        """Return every stripe of rows, in order."""
        return stripes_of(self.bounds)

    def tiles(self, stripe: Stripe, window: tuple[int, int] | None = None) -> Iterator[Tile]:
        """Yield the tiles of one stripe, as wide as may be: the first one holds its own rows, if they may be partners.
        Where a window is given, only those with places of it come."""
        return (tile for tile in self._tiles(stripe) if window is None or tile.touches(*window))

    def _tiles(self, stripe: Stripe) -> Iterator[Tile]:
        span, a, b = stripe
        ranges: list[tuple[int, int]] = []
        room, overlap = TILE_COLUMNS, False
        for partner in self.partners[self.starts[span] : self.starts[span + 1]]:
            first, last = a if partner == span else int(self.bounds[partner]), int(self.bounds[partner + 1])
            overlap |= partner == span
            while first < last:
                ranges.append((first, min(first + room, last)))
                room -= ranges[-1][1] - first
                first = ranges[-1][1]
                if not room:
                    yield Tile(a, b, tuple(ranges), overlap)
                    ranges, room, overlap = [], TILE_COLUMNS, False
        if ranges:
            yield Tile(a, b, tuple(ranges), overlap)

    def mates(self, span: int) -> Ints1d:
        """Return all spans that a span is compared with, also those before it."""
        return np.asarray(self._mates.indices[self._mates.indptr[span] : self._mates.indptr[span + 1]])

    @cached_property
    def _mates(self) -> "csr_matrix":
        from scipy.sparse import csr_matrix  # which takes longer to load than a query to answer

        spans = len(self.bounds) - 1
        upper = csr_matrix((np.ones(len(self.partners), dtype=bool), self.partners, self.starts), (spans, spans))
        return (upper + upper.T).tocsr()

    @cached_property
    def products(self) -> int:
        """Return how many cosines are computed."""
        return sum((t.b - t.a) * t.width for stripe in self.stripes for t in self.tiles(stripe))


def stripes_of(bounds: Ints1d) -> list[Stripe]:
    """Return the rows of each span, the places `bounds[s]` to `bounds[s + 1]`, in stripes."""
    return [
        (span, first, min(first + STRIPE_ROWS, int(bounds[span + 1])))
        for span in range(len(bounds) - 1)
        for first in range(int(bounds[span]), int(bounds[span + 1]), STRIPE_ROWS)
    ]


def plan_all(order: Ints1d, bounds: Ints1d, apart: Ints1d) -> JoinPlan:
    """Make all spans partners of one another, but those in `apart` not of themselves."""
    spans = len(bounds) - 1
    lists = [np.arange(s + 1 if s in set(apart.tolist()) else s, spans) for s in range(spans)]
    return _plan(order, bounds, lists)


def plan_cells(groups: Ints1d, codes: Ints1d, near: Ints2d) -> JoinPlan:
    """Plan to compare rows of the same group (u,), and of other groups those whose codes (u,) are near: `near` (lists,
    p) are for each code the nearest ones, itself among them, and two codes are near when either is among the other's.

    A row of no group (-1) has those that are near alone.
    """
    cells, cell = np.unique(np.stack([groups, codes], axis=1), axis=0, return_inverse=True)
    cell = cell.ravel()
    order = np.argsort(cell, kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=len(cells)))]).astype(np.int64)
    return plan_near_cells(order, bounds, cells, near)


def plan_near_cells(order: Ints1d, bounds: Ints1d, cells: Ints2d, near: Ints2d) -> JoinPlan:
    """Plan the same of units in the order of their cells: `cells` (c, 2) are the group and the code of each, in that order."""
    close = np.zeros((len(near), len(near)), dtype=bool)
    close[np.arange(len(near))[:, None], near] = True
    close |= close.T
    lists = []
    for number, (group, code) in enumerate(cells.tolist()):
        after = cells[number:]
        partner = close[code, after[:, 1]] | ((after[:, 0] == group) & (group >= 0))
        lists.append(number + np.flatnonzero(partner))
    return _plan(order, bounds, lists)


def _plan(order: Ints1d, bounds: Ints1d, lists: list[Ints1d]) -> JoinPlan:
    starts = np.concatenate([[0], np.cumsum([len(partners) for partners in lists])]).astype(np.int64)
    return JoinPlan(order, bounds, starts, np.concatenate(lists) if lists else np.zeros(0, dtype=np.int64))


def draw_pivots(rows: Rows, units: Units, *, seed: int = 0) -> Floats2d:
    """Return the rows (p, d) of some randomly chosen units."""
    count = min(len(units), max(int(len(units) ** 0.5), 1), MOST_PIVOTS)
    chosen = np.sort(np.random.default_rng(seed).choice(len(units), count, replace=False))
    return rows.take(units.first_of(chosen))


def order_by_pivots(rows: Rows, units: Units, *, seed: int = 0) -> Ints1d:
    """Return for each unit (u,) the nearest of some randomly chosen ones: near rows stand together in the join's order.

    Then the first look at a row's surroundings finds cosines that most of the others cannot reach.
    """
    pivots = draw_pivots(rows, units, seed=seed)
    codes = np.empty(len(units), dtype=np.int64)
    for start in range(0, len(units), PIVOT_ROWS):
        part = slice(start, start + PIVOT_ROWS)
        codes[part] = np.argmax(rows.take(units.first[part]) @ pivots.T, axis=1)
        rows.forget()
    return codes


def large_sources(units: Units) -> Ints1d:
    """Return the sources, ascending, that have a fifth of all units and more: so few that nobody counts the others."""
    if units.sources is None or not len(units):
        return np.zeros(0, dtype=np.int64)
    counts = np.zeros(0, dtype=np.int64)
    for start in range(0, len(units), COUNTED_ROWS):
        part = units.sources[start : start + COUNTED_ROWS]
        found = np.bincount(part[part >= 0], minlength=len(counts))
        counts = found + np.pad(counts, (0, len(found) - len(counts)))
    return np.flatnonzero(counts > LARGE_SOURCE * len(units))


def exact_products(units: Units) -> int:
    """Return how many cosines a join of these units compares that compares all, but a large source not with itself."""
    large = large_sources(units)
    sizes = [int(np.count_nonzero(np.asarray(units.sources) == source)) for source in large.tolist()]
    first, every = len(units) - sum(sizes), 0
    spans, after = ([first] if first else []) + sizes, len(units)
    for number, size in enumerate(spans):
        after -= size
        own = sum((min(a + STRIPE_ROWS, size) - a) * (size - a) for a in range(0, size, STRIPE_ROWS))
        every += size * after + (own if first and not number else 0)
    return every


def plan_exact(rows: Rows, units: Units, *, seed: int = 0) -> JoinPlan:
    """Plan to compare every row with every other; a source with a fifth of all and more is not compared with itself."""
    codes = order_by_pivots(rows, units, seed=seed)
    large = np.full(len(units), -1, dtype=np.int64)
    if units.sources is not None:
        large = np.where(np.isin(units.sources, large_sources(units)), units.sources, -1)
    order = np.lexsort((codes, large))
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(large[order])) + 1, [len(order)]]).astype(np.int64)
    if len(order) == 0:
        bounds = np.zeros(1, dtype=np.int64)
    return plan_all(order, bounds, np.flatnonzero(large[order[bounds[:-1]]] >= 0))
