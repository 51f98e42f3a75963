"""Partners are the products with which an update compares those that it searches for: all, or near ones as the build's
join found them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.search.faiss_index import nearest_centres
from indexing.search.near_lists import Lists, by_list


@dataclass(frozen=True)
class NearCells:
    """They are the products of a join through `lists`, `probes` of which a product looks at by itself. With `groups`
    (n,), -1 = in none, those of its own group are compared with it as well."""

    lists: Lists
    probes: int
    groups: Ints1d | None = None

    @cached_property
    def _codes(self) -> Ints1d:
        """Return the cell of each product (n,): list and group."""
        cells = self.lists.codes
        return cells if self.groups is None else cells + (self.groups + 1) * len(self.lists.centres)

    def cells(self) -> "Cells":
        """Return all products with anything to see, by cell."""
        there = np.flatnonzero(self.lists.codes >= 0)
        order = there[np.argsort(self._codes[there], kind="stable")]
        heads = np.flatnonzero(np.diff(self._codes[order], prepend=-1))
        return Cells(order, np.append(heads, len(order)), self)

    def visits(self, cells: "Cells", targets: Ints1d, rows: Floats2d) -> "Visits":
        """Return the targets (t,), those of a cell one after the other, and who of them looks at which cell."""
        probed = nearest_centres(rows, self.lists.centres, min(self.probes, len(self.lists.centres)))
        order = np.argsort(self._codes[targets], kind="stable")
        targets, probed = targets[order], probed[order]
        starts, visitors = by_list(probed, len(self.lists.centres))
        heads = self._codes[cells.order[cells.bounds[:-1]]]
        group, number = np.divmod(heads, len(self.lists.centres))
        looking = [visitors[a:b].astype(np.int64) for a, b in zip(starts[number], starts[number + 1], strict=True)]
        if self.groups is not None:
            groups = self.groups[targets]
            alike = {one: np.flatnonzero(groups == one - 1) for one in np.unique(group[group > 0]).tolist()}
            looking = [
                np.union1d(who, alike[one]) if one else who for who, one in zip(looking, group.tolist(), strict=True)
            ]
        return Visits(targets, rows[order], looking, np.searchsorted(heads, self._codes[targets]))


@dataclass(frozen=True)
class Visits:
    """They are the products `targets` (t,) that are searched for, with their `rows`; `visitors` are for each cell the
    numbers of those who look at it, ascending, and `own` (t,), ascending, the cells that they are in."""

    targets: Ints1d
    rows: Floats2d
    visitors: list[Ints1d]
    own: Ints1d


@dataclass(frozen=True)
class Cells:
    """They hold products in the order of their cells: cell c is `order[bounds[c] : bounds[c + 1]]`, ascending. Without
    `near` there is one, that everybody looks at."""

    order: Ints1d
    bounds: Ints1d
    near: NearCells | None = None

    def visits(self, targets: Ints1d, rows: Floats2d) -> Visits:
        """Return who of these products (t,), that have something to see, looks at which cell."""
        if self.near is not None:
            return self.near.visits(self, targets, rows)
        return Visits(targets, rows, [np.arange(len(targets))], np.zeros(len(targets), dtype=np.int64))


def everybody(seen: Bools1d) -> Cells:
    """Return one cell of all products that have something to see."""
    order = np.flatnonzero(seen)
    return Cells(order, np.array([0, len(order)]))
