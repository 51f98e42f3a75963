"""The tasks by which units get their places in a join's order: each looks for its list, lists are put one behind the other,
and each list gets those who look at it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats2d, Ints1d
from indexing.join.plan import PIVOT_ROWS
from indexing.join.probing_plan import PROBING_ROWS
from indexing.join.rows import Units, write_rows
from indexing.running.parts import PartFolder, put_array, read_array
from indexing.running.tasks import Counts, Recipe, Task
from indexing.search.near_lists import ASSIGNED_ROWS, by_list
from indexing.vectors.centres import nearest_centres
from indexing.vectors.rows import Rows

CENTRES, LARGE, LIST_BOUNDS = "centres.npy", "large_sources.npy", "list_bounds.npy"
GROUPS, CELLS = "groups.npy", "cells.npy"


@dataclass(frozen=True)
class OpenPlaces:
    """It is what a worker has opened to place units in: their rows, the units, mapped, and the `centres` of lists, each of which
    looks at the `near` nearest; or pivots (`near` 0), the units of each of the `large` sources apart. With `groups` (n,) of products
    units are in cells: of their group, and of the nearest of the centres. `step` units are looked up by a task."""

    rows: Rows
    units: Units
    centres: Floats2d
    large: Ints1d
    near: int
    step: int
    ranges: int
    parts: PartFolder
    groups: Ints1d | None = None

    @property
    def lists(self) -> int:
        """Return how many lists units are put into."""
        if self.groups is not None:
            return len(read_array(self.parts, CELLS))
        return len(self.centres) * (1 if self.near else len(self.large) + 1)

    def looks(self, start: int, stop: int) -> npt.NDArray[np.int32]:
        """Return the lists (m, p) that units start to stop look at, their own first."""
        found = self.rows.take(self.units.first_of(slice(start, stop)))
        if self.near:
            return np.asarray(nearest_centres(found, self.centres, self.near), dtype=np.int32)
        own = np.argmax(found @ self.centres.T, axis=1)
        if len(self.large):
            assert self.units.sources is not None
            sources = np.asarray(self.units.sources[start:stop])
            place = np.minimum(np.searchsorted(self.large, sources), len(self.large) - 1)
            own = own + np.where(self.large[place] == sources, place + 1, 0) * len(self.centres)
        return np.asarray(own[:, None], dtype=np.int32)

    def cells(self, start: int, stop: int) -> Ints1d:
        """Return the cells (m,) of units start to stop: their list, and their group in steps of as many as there are lists."""
        assert self.groups is not None
        first = self.units.first_of(slice(start, stop))
        own = nearest_centres(self.rows.take(first), self.centres, 1)[:, 0]
        return np.asarray((np.asarray(self.groups[first]) + 1) * len(self.centres) + own, dtype=np.int64)

    @property
    def block(self) -> int:
        """Return how many units are looked up at once: as many as one process does, whose sums are then the same."""
        return PROBING_ROWS if self.near else PIVOT_ROWS


@dataclass(frozen=True)
class PlaceRecipe:
    """It opens rows, and units that are kept with other parts."""

    rows: Recipe[Rows]
    units: PartFolder
    across: bool
    near: int
    step: int
    ranges: int
    parts: PartFolder
    grouped: bool = False

    def open(self) -> OpenPlaces:
        names = ("members", "offsets", *(("sources",) if self.across else ()))
        units = Units(*(_mapped(self.units, f"{name}.npy") for name in names))
        centres, large = (np.array(read_array(self.parts, name)) for name in (CENTRES, LARGE))
        groups = _mapped(self.parts, GROUPS) if self.grouped else None
        return OpenPlaces(
            self.rows.open(), units, centres, large, self.near, self.step, self.ranges, self.parts, groups
        )


def name_cells(task: Task, view: OpenPlaces) -> Counts:
    """Find the cell of each unit of a range, and which cells there are among them."""
    found = []
    for start in range(task.first, task.last, ASSIGNED_ROWS):
        found.append(view.cells(start, min(start + ASSIGNED_ROWS, task.last)))
        view.rows.forget()
    cells = np.concatenate(found)
    put_array(view.parts, f"cells_{task.number:05d}.npy", cells)
    put_array(view.parts, named_name(task.number), np.unique(cells))
    return {"units": len(cells)}


def look_range(task: Task, view: OpenPlaces) -> Counts:
    """Find the lists that each unit of a range looks at, and who has which list as its own."""
    found = _numbered(task, view) if view.groups is not None else _looked_up(task, view)
    order = np.argsort(found[:, 0], kind="stable")
    put_array(view.parts, f"looks_{task.number:05d}.npy", found)
    put_array(view.parts, f"by_list_{task.number:05d}.npy", order.astype(np.int32))
    put_array(view.parts, looked_name(task.number), np.searchsorted(found[order, 0], np.arange(view.lists + 1)))
    return {"units": len(found)}


def _looked_up(task: Task, view: OpenPlaces) -> npt.NDArray[np.int32]:
    looks = []
    for start in range(task.first, task.last, view.block):
        looks.append(view.looks(start, min(start + view.block, task.last)))
        view.rows.forget()
    return np.concatenate(looks)


def _numbered(task: Task, view: OpenPlaces) -> npt.NDArray[np.int32]:
    """Return the numbers (m, 1) of the units' cells among all that there are."""
    cells = read_array(view.parts, f"cells_{task.number:05d}.npy")
    return np.searchsorted(read_array(view.parts, CELLS), cells).astype(np.int32)[:, None]


def place_range(task: Task, view: OpenPlaces) -> Counts:
    """Say where each unit of a range stands, and, of near lists and of cells, which list each of its products is in."""
    order = np.asarray(read_array(view.parts, f"by_list_{task.number:05d}.npy"), dtype=np.int64)
    starts = np.asarray(read_array(view.parts, looked_name(task.number)), dtype=np.int64)
    bases = np.asarray(read_array(view.parts, base_name(task.number)), dtype=np.int64)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.repeat(bases - starts[:-1], np.diff(starts)) + np.arange(len(order))
    if view.near or view.groups is not None:
        own = np.asarray(read_array(view.parts, f"looks_{task.number:05d}.npy")[:, 0])
        if view.groups is not None:
            own = (np.asarray(read_array(view.parts, CELLS))[own] % len(view.centres)).astype(np.int32)
        offsets = np.asarray(view.units.offsets[task.first : task.last + 1])
        products = np.asarray(view.units.members[offsets[0] : offsets[-1]])
        by_product = np.argsort(products, kind="stable")
        put_array(view.parts, f"listed_{task.number:05d}.npy", products[by_product])
        put_array(view.parts, code_name(task.number), np.repeat(own, np.diff(offsets))[by_product])
    put_array(view.parts, place_name(task.number), place)
    return {"units": len(place)}


def order_lists(task: Task, view: OpenPlaces) -> Counts:
    """Put the units of some lists in their order, and copy their rows; say who of them looks at which list."""
    units, looks = [np.zeros(0, dtype=np.int64)], []
    for number, order in _segments(view, task):
        units.append(order + number * view.step)
        looks.append(np.asarray(read_array(view.parts, f"looks_{number:05d}.npy")[order]))
    found = np.concatenate(looks) if looks else np.zeros((0, max(view.near, 1)), dtype=np.int32)
    by_list_ = np.argsort(found[:, 0], kind="stable")
    order, found = np.concatenate(units)[by_list_], found[by_list_]
    put_array(view.parts, f"order_{task.number:05d}.npy", order)
    put_array(view.parts, f"probes_{task.number:05d}.npy", found)
    if view.units.sources is not None:
        put_array(view.parts, f"placed_{task.number:05d}.npy", np.asarray(view.units.sources[order]))
    if view.near:
        first_place = int(read_array(view.parts, LIST_BOUNDS)[task.first])
        starts, visitors = by_list(found[:, 1:], view.lists)
        put_array(view.parts, f"visitors_{task.number:05d}.npy", (visitors + first_place).astype(np.int32))
        put_array(view.parts, f"visits_{task.number:05d}.npy", starts)
    view.parts.put(rows_name(task.number), lambda file: write_rows(view.rows, view.units.first_of(order), file))
    return {"units": len(order)}


@dataclass(frozen=True)
class VisitRecipe:
    """It says where the parts of `groups` of lists are, from which those who look at a list are gathered."""

    parts: PartFolder
    groups: int

    def open(self) -> "VisitRecipe":
        """Return it: its parts are opened by each task."""
        return self


def visit_lists(task: Task, shared: VisitRecipe) -> Counts:
    """Gather the places that look at some lists, list by list, ascending."""
    lists, visitors = [], []
    for group in range(shared.groups):
        starts = np.asarray(read_array(shared.parts, f"visits_{group:05d}.npy")[task.first : task.last + 1])
        lists.append(np.repeat(np.arange(len(starts) - 1), np.diff(starts)))
        visitors.append(np.asarray(read_array(shared.parts, f"visitors_{group:05d}.npy")[starts[0] : starts[-1]]))
    order = np.argsort(np.concatenate(lists), kind="stable")
    put_array(shared.parts, visited_name(task.number), np.concatenate(visitors)[order])
    return {"visitors": len(order)}


def looked_name(number: int) -> str:
    """Return the name of where each list begins among the units of a range: the last part of it."""
    return f"looked_{number:05d}.npy"


def named_name(number: int) -> str:
    """Return the name of the cells that there are in a range: the last part of it."""
    return f"named_{number:05d}.npy"


def base_name(number: int) -> str:
    """Return the name of the places at which the units of a range begin in each list."""
    return f"bases_{number:05d}.npy"


def place_name(number: int) -> str:
    """Return the name of the places of the units of a range."""
    return f"place_{number:05d}.npy"


def code_name(number: int) -> str:
    """Return the name of the lists that the products of a range of units are in."""
    return f"codes_{number:05d}.npy"


def rows_name(number: int) -> str:
    """Return the name of the rows of some lists, the last part of them."""
    return f"rows_{number:05d}.f32"


def visited_name(number: int) -> str:
    """Return the name of those who look at some lists."""
    return f"visited_{number:05d}.npy"


def _segments(view: OpenPlaces, task: Task) -> Iterator[tuple[int, Ints1d]]:
    """Yield the units of some lists, of each range of units that has any, by their number in it."""
    for number in range(view.ranges):
        starts = read_array(view.parts, looked_name(number))
        first, last = int(starts[task.first]), int(starts[task.last])
        if last > first:
            order = read_array(view.parts, f"by_list_{number:05d}.npy")[first:last]
            yield number, np.asarray(order, dtype=np.int64)


def _mapped(parts: PartFolder, name: str) -> Any:
    return read_array(parts, name)
