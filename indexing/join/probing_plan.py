"""A probing plan says which rows a join through near lists compares: each with all of the lists whose centres are
nearest to it.

A pair is found when the list of either is among the nearest of the other, so that each row needs to look at few. Rows
that look at a list are compared with it together, in one matrix product, whatever list they are of themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.join.plan import TILE_COLUMNS, Stripe, Tile, stripes_of
from indexing.join.rows import Units
from indexing.search.near_lists import by_list
from indexing.vectors.centres import nearest_centres
from indexing.vectors.rows import Rows

PROBING_ROWS = 16_384


@dataclass(frozen=True)
class ProbingPlan:
    """`order` (u,) holds the units by their list. List s is the places `bounds[s]` to `bounds[s + 1]`; it is looked at
    by the places `visitors[starts[s] : starts[s + 1]]` of other lists, ascending. `probes` (u, p), by place, are the
    lists that each looks at, its own first."""

    order: Ints1d
    bounds: Ints1d
    starts: Ints1d
    visitors: npt.NDArray[np.int32]
    probes: npt.NDArray[np.int32]

    in_turn = False  # a stripe's lists are final only when all tiles are done

    def __len__(self) -> int:
        return len(self.order)

    @property
    def parts(self) -> tuple[npt.NDArray[np.integer], ...]:
        """Return the arrays that name the plan."""
        return self.order, self.bounds, self.probes

    @property
    def nbytes(self) -> int:
        """Return how many bytes the plan holds in memory."""
        return self.visitors.nbytes + self.probes.nbytes + 2 * self.order.nbytes

    @property
    def own_lists(self) -> Ints1d:
        """Return the list (u,) of each unit."""
        lists = np.empty(len(self.order), dtype=np.int64)
        lists[self.order] = self.probes[:, 0]
        return lists

    @cached_property
    def stripes(self) -> list[Stripe]:
        """Return every stripe of a list's rows, in order."""
        return stripes_of(self.bounds)

    def tiles(self, stripe: Stripe, window: tuple[int, int] | None = None) -> Iterator[Tile]:
        """Yield tiles that compare the rows of one stripe with its own list from there on, and with those who look at
        it. Where a window is given, only those with places of it come."""
        number, a, b = stripe
        end = int(self.bounds[number + 1])
        visitors = self.visitors[self.starts[number] : self.starts[number + 1]]
        if window is not None:
            first, last = np.searchsorted(visitors, window)
            visitors = visitors[first:last]
        for first in range(a, end, TILE_COLUMNS):
            tile = Tile(a, b, ((first, min(first + TILE_COLUMNS, end)),), overlap=first == a)
            if window is None or tile.touches(*window):
                yield tile
        for first in range(0, len(visitors), TILE_COLUMNS):
            yield Tile(a, b, (), gathered=visitors[first : first + TILE_COLUMNS])

    def mates(self, number: int) -> Ints1d:
        """Return the list itself: of others it is not certain that all their rows are compared with all of its own."""
        return np.array([number])

    def elsewhere(self, start: int, stop: int, places: Ints1d, rows: Ints1d, columns: Ints1d) -> Bools1d:
        """Return which pairs (m,) of a tile, compared since the column looks at the row's list, are compared in the column's list
        too, which then has them: the row looks at that one, and it comes first. The tile has the places `start` to `stop`, of one
        list, as rows and these `places` as columns; `rows` and `columns` count within it."""
        of_rows, of_columns = self.probes[start:stop], self.probes[places, 0]
        earlier = of_columns < of_rows[0, 0]
        first = int(of_columns[earlier].min(initial=len(self.bounds)))
        # at which of the earlier lists each row looks
        looks = np.zeros((stop - start, max(int(of_rows[0, 0]) - first, 0)), dtype=bool)
        row, probe = np.nonzero((of_rows >= first) & (of_rows < of_rows[0, 0]))
        looks[row, of_rows[row, probe] - first] = True
        both = earlier[columns]
        asked = np.flatnonzero(both)
        both[asked] = looks[rows[asked], of_columns[columns[asked]] - first]
        return np.asarray(both, dtype=bool)

    @cached_property
    def products(self) -> int:
        """Return how many cosines are computed."""
        sizes = np.diff(self.bounds)
        return int(np.sum(sizes * (sizes + np.diff(self.starts))))


def plan_probing(rows: Rows, units: Units, centres: Floats2d, count: int) -> ProbingPlan:
    """Plan that each unit looks at the `count` lists with the nearest of these centres (lists, d)."""
    count = min(count, len(centres))
    probes = np.empty((len(units), count), dtype=np.int32)
    for start in range(0, len(units), PROBING_ROWS):
        part = slice(start, start + PROBING_ROWS)
        probes[part] = nearest_centres(rows.take(units.first[part]), centres, count)
        rows.forget()
    order = np.argsort(probes[:, 0], kind="stable")
    probes = probes[order]
    bounds = np.concatenate([[0], np.cumsum(np.bincount(probes[:, 0], minlength=len(centres)))]).astype(np.int64)
    starts, visitors = by_list(probes[:, 1:], len(centres))
    return ProbingPlan(order, bounds, starts, visitors, probes)
