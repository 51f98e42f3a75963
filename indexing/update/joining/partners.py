"""Partners are the products with which an update compares those that it searches for: all, or near ones as the build's
join found them."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.search.near_lists import Lists, by_list
from indexing.vectors.centres import nearest_centres


@dataclass(frozen=True)
class Looking:
    """It says which cells a product looks at: `codes` (c,) are those of the cells, by list and, where they are `grouped`, by
    group; each looks at the `probes` lists of the nearest `centres`, and at the cells of its own group."""

    codes: Ints1d
    centres: Floats2d
    probes: int
    grouped: bool

    def visits(self, targets: Ints1d, rows: Floats2d, codes: Ints1d) -> "Visits":
        """Return the targets (t,), whose own cells have these `codes` (t,), those of a cell one after the other, and who of
        them looks at which cell."""
        probed = nearest_centres(rows, self.centres, min(self.probes, len(self.centres)))
        order = np.argsort(codes, kind="stable")
        targets, probed, codes = targets[order], probed[order], codes[order]
        starts, visitors = by_list(probed, len(self.centres))
        group, number = np.divmod(self.codes, len(self.centres))
        looking = [visitors[a:b].astype(np.int64) for a, b in zip(starts[number], starts[number + 1], strict=True)]
        if self.grouped:
            groups = codes // len(self.centres)
            alike = {one: np.flatnonzero(groups == one) for one in np.unique(group[group > 0]).tolist()}
            looking = [
                np.union1d(who, alike[one]) if one else who for who, one in zip(looking, group.tolist(), strict=True)
            ]
        return Visits(targets, rows[order], looking, np.searchsorted(self.codes, codes))


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
    `looking` there is one, that everybody looks at; with it, `codes` (n,) say which cell each product is in."""

    order: Ints1d
    bounds: Ints1d
    looking: Looking | None = None
    codes: Ints1d | None = None

    def visits(self, targets: Ints1d, rows: Floats2d) -> Visits:
        """Return who of these products (t,), that have something to see, looks at which cell."""
        return visits_of(self.looking, targets, rows, self.codes_of(targets))

    def codes_of(self, targets: Ints1d) -> Ints1d:
        """Return the codes (t,) of the cells that products are in."""
        return np.zeros(len(targets), dtype=np.int64) if self.codes is None else self.codes[targets]


def visits_of(looking: Looking | None, targets: Ints1d, rows: Floats2d, codes: Ints1d) -> Visits:
    """Return who of products (t,), in cells with these codes, looks at which cell; without `looking` all at the only one."""
    if looking is None:
        return Visits(targets, rows, [np.arange(len(targets))], np.zeros(len(targets), dtype=np.int64))
    return looking.visits(targets, rows, codes)


def everybody(seen: Bools1d) -> Cells:
    """Return one cell of all products that have something to see."""
    order = np.flatnonzero(seen)
    return Cells(order, np.array([0, len(order)]))


def near_cells(lists: Lists, probes: int, groups: Ints1d | None = None) -> Cells:
    """Return the cells of the products of a join through `lists`, `probes` of which a product looks at by itself. With `groups`
    (n,), -1 = in none, those of its own group are compared with it as well."""
    codes = lists.codes if groups is None else lists.codes + (groups + 1) * len(lists.centres)
    there = np.flatnonzero(lists.codes >= 0)
    order = there[np.argsort(codes[there], kind="stable")]
    heads = np.flatnonzero(np.diff(codes[order], prepend=-1))
    looking = Looking(codes[order[heads]], lists.centres, probes, groups is not None)
    return Cells(order, np.append(heads, len(order)), looking, codes)
