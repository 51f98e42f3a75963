"""Units that tasks have put into the order of a join: what the tasks wrote is put together, file by file, and mapped."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats2d, Ints1d
from indexing.join.parts.place_tasks import (
    CELLS,
    CENTRES,
    GROUPS,
    LARGE,
    LIST_BOUNDS,
    PlaceRecipe,
    VisitRecipe,
    base_name,
    code_name,
    look_range,
    looked_name,
    name_cells,
    named_name,
    order_lists,
    place_name,
    place_range,
    rows_name,
    visit_lists,
    visited_name,
)
from indexing.join.parts.row_parts import RowParts
from indexing.running.parts import put_array, read_array
from indexing.running.stages import Stage, even_ranges, put_joined, write_rows_of
from indexing.running.tasks import Runner, Task

LISTED_ROWS = 1 << 20
CODES = "product_lists.npy"


@dataclass(frozen=True)
class Placed:
    """They are `size` units, put by a runner's workers into lists one behind the other: into as many as are `known`, or cells that are
    found. The recipe says where their parts are."""

    recipe: PlaceRecipe
    size: int
    known: int
    runner: Runner

    def make(self, centres: Floats2d, large: Ints1d, categories: Ints1d | None = None) -> None:
        """Have the units looked up among these centres, and placed: with the `categories` (n,) of products in cells."""
        parts, tasks = self.recipe.parts, even_ranges(self.size, self.recipe.step, "distinct rows")
        parts.make()
        for name, array in ((CENTRES, centres), (LARGE, large)):
            put_array(parts, name, array)
        if categories is not None:
            self._name_cells(tasks, categories)
        Stage(parts, look_range, tasks, looked_name).made(self.runner, self.recipe)
        if not parts.has(LIST_BOUNDS):
            self._count()
        Stage(parts, place_range, tasks, place_name).made(self.runner, self.recipe)
        Stage(parts, order_lists, self.groups, rows_name).made(self.runner, self.recipe)
        put_joined(parts, "place.npy", [place_name(number) for number in range(self.recipe.ranges)])
        if self.recipe.across:
            put_joined(parts, "place_sources.npy", self._of_groups("placed"))

    def _name_cells(self, tasks: list[Task], categories: Ints1d) -> None:
        """Have the cells found that there are."""
        parts = self.recipe.parts
        if not parts.has(GROUPS):
            put_array(parts, GROUPS, categories)
        Stage(parts, name_cells, tasks, named_name).made(self.runner, self.recipe)
        if not parts.has(CELLS):
            found = [np.asarray(read_array(parts, named_name(task.number)), dtype=np.int64) for task in tasks]
            put_array(parts, CELLS, np.unique(np.concatenate(found)))

    @cached_property
    def lists(self) -> int:
        """Return how many lists there are."""
        return len(self.cells) if self.recipe.grouped else self.known

    @property
    def cells(self) -> Ints1d:
        """Return the cells (c,) that units are in: the list, and the group in steps of as many as there are lists."""
        return np.asarray(read_array(self.recipe.parts, CELLS), dtype=np.int64)

    @property
    def order(self) -> Any:
        """Return the units (u,) in the order of their lists."""
        return put_joined(self.recipe.parts, "order.npy", self._of_groups("order"))

    @property
    def probes(self) -> Any:
        """Return by place the lists (u, p) that each unit looks at."""
        return put_joined(self.recipe.parts, "probes.npy", self._of_groups("probes"))

    @cached_property
    def bounds(self) -> Ints1d:
        """Return the place at which each list begins, and the last one ends."""
        return np.asarray(read_array(self.recipe.parts, LIST_BOUNDS), dtype=np.int64)

    @cached_property
    def groups(self) -> list[Task]:
        """Return ranges of whole lists with about as many units as a task looks up."""
        wanted = np.arange(0, self.size, self.recipe.step)
        edges = np.unique([*np.searchsorted(self.bounds, wanted), self.lists]).tolist()
        return [
            Task(number, first, last, f"lists {first:,} to {last - 1:,}")
            for number, (first, last) in enumerate(pairwise(edges))
        ]

    @property
    def rows(self) -> RowParts:
        """Return the rows by place."""
        edges = self.bounds[[self.groups[0].first, *(group.last for group in self.groups)]]
        paths = [self.recipe.parts.local(rows_name(group.number)).absolute() for group in self.groups]
        return RowParts(self._dim, edges, tuple(paths))

    def visits(self) -> tuple[Ints1d, Any]:
        """Return who looks at which list, as a probing plan has it."""
        parts, recipe = self.recipe.parts, VisitRecipe(self.recipe.parts, len(self.groups))
        Stage(parts, visit_lists, self.groups, visited_name).made(self.runner, recipe)
        starts = np.zeros(self.lists + 1, dtype=np.int64)
        for group in self.groups:
            starts += np.asarray(read_array(parts, f"visits_{group.number:05d}.npy"), dtype=np.int64)
        visitors = put_joined(parts, "visitors.npy", [visited_name(group.number) for group in self.groups])
        return starts, visitors

    def codes(self, products: int) -> Any:
        """Return the list (n,) of each of so many products, -1 = in none."""
        parts = self.recipe.parts
        if not parts.has(CODES):
            parts.put(CODES, lambda file: write_rows_of(file, products, np.dtype(np.int32), self._codes(products)))
        return read_array(parts, CODES)

    def _codes(self, products: int) -> Iterator[npt.NDArray[np.int32]]:
        """Yield the lists of a range of products after the other."""
        names = [(f"listed_{number:05d}.npy", code_name(number)) for number in range(self.recipe.ranges)]
        opened = [tuple(read_array(self.recipe.parts, name) for name in pair) for pair in names]
        for start in range(0, products, LISTED_ROWS):
            found = np.full(min(LISTED_ROWS, products - start), -1, dtype=np.int32)
            for listed, codes in opened:
                a, b = np.searchsorted(listed, [start, start + len(found)])
                found[listed[a:b] - start] = codes[a:b]
            yield found

    def _count(self) -> None:
        """Say where lists begin, and where in them the units of each range."""
        parts, sizes = self.recipe.parts, np.zeros(self.lists, dtype=np.int64)
        for number in range(self.recipe.ranges):
            sizes += self._sizes(number)
        bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        bases = bounds[:-1].copy()
        for number in range(self.recipe.ranges):
            put_array(parts, base_name(number), bases)
            bases += self._sizes(number)
        put_array(parts, LIST_BOUNDS, bounds)

    def _sizes(self, number: int) -> Ints1d:
        """Return how many units of a range are in each list."""
        starts = np.asarray(read_array(self.recipe.parts, looked_name(number)), dtype=np.int64)
        return starts[1:] - starts[:-1]

    def _of_groups(self, name: str) -> list[str]:
        return [f"{name}_{group.number:05d}.npy" for group in self.groups]

    @property
    def _dim(self) -> int:
        return int(read_array(self.recipe.parts, CENTRES).shape[1])
