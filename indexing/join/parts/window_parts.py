"""A dense join in parts: each worker joins windows of its own, from one file of all rows in the order of the join."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from indexing.arrays import Ints1d
from indexing.join.neighbour_files import NeighbourFiles
from indexing.join.parts.neighbour_parts import NeighbourParts, put_neighbours
from indexing.join.plan import JoinPlan
from indexing.join.probing_plan import ProbingPlan
from indexing.join.rows import JoinRows, Units, write_rows
from indexing.join.window_join import WindowJoin, placing_of
from indexing.machine.progress import Progress
from indexing.running.parts import PartFolder, parts_for, put_array, read_array
from indexing.running.tasks import Counts, Runner, Task
from indexing.search.neighbours import Neighbours, no_neighbours
from indexing.storage.artefact import fingerprint_of
from indexing.vectors.rows import Rows

WINDOWS = 32  # more would find work for more machines, and cost more: each goes through what others do, too
ROWS_FILE = "rows.f32"
OF_UNITS, OF_EXACT, OF_PROBING = (
    ("members", "offsets"),
    ("order", "bounds", "starts", "partners"),
    ("order", "bounds", "starts", "visitors", "probes"),
)


@dataclass(frozen=True)
class JoinInputs:
    """It is what a join is made of: rows, units and a plan, and how many neighbours are found of each product."""

    rows: Rows
    units: Units
    plan: JoinPlan | ProbingPlan
    k: int


@dataclass(frozen=True)
class OpenJoin:
    """It is a join that a worker has opened: rows and plan are mapped, so that workers of one machine share them."""

    windows: WindowJoin
    rows: JoinRows
    parts: PartFolder


@dataclass(frozen=True)
class JoinRecipe:
    """It opens a join whose arrays are kept with its parts."""

    parts: PartFolder
    dim: int
    k: int
    probing: bool
    across: bool

    def open(self) -> OpenJoin:
        members, offsets = self._arrays(OF_UNITS)
        units = Units(members, offsets, *self._arrays(("sources",) if self.across else ()))
        plan = ProbingPlan(*self._arrays(OF_PROBING)) if self.probing else JoinPlan(*self._arrays(OF_EXACT))
        rows = JoinRows(self.dim, path=self.parts.local(ROWS_FILE))
        return OpenJoin(WindowJoin(units, plan, placing_of(units, plan), self.k), rows, self.parts)

    def _arrays(self, names: Sequence[str]) -> list[Any]:
        return [read_array(self.parts, f"{name}.npy") for name in names]


def join_window(task: Task, join: OpenJoin) -> Counts:
    """Join a window of stripes and keep the neighbours of its products."""
    found = list(join.windows.window(join.rows, task.first, task.last))
    nobody = no_neighbours(0, join.windows.k)
    products = np.concatenate([np.zeros(0, dtype=np.int64), *(members for members, _ in found)])
    positions = np.concatenate([nobody.positions, *(part.positions for _, part in found)])
    cosines = np.concatenate([nobody.cosines, *(part.cosines for _, part in found)])
    put_neighbours(join.parts, task.number, products, Neighbours(positions, cosines))
    return {"products": len(products)}


def join_in_parts(
    inputs: JoinInputs, order: str, files: NeighbourFiles, runner: Runner, *, stage: str, progress: Progress
) -> None:
    """Write all neighbours into files by a runner's workers; `order` names the plan's order of work."""
    tasks = window_tasks(inputs.plan)
    parts = parts_for(files.folder, fingerprint_of(dict(files.made), order, len(tasks), inputs.k))
    probing, across = isinstance(inputs.plan, ProbingPlan), inputs.units.sources is not None
    recipe = JoinRecipe(parts, inputs.rows.dim, inputs.k, probing, across)
    prepared = NeighbourParts(parts, tasks, join_window, recipe, lambda: _put_inputs(inputs, parts))
    prepared.write(files, runner, stage, progress)


def window_tasks(plan: JoinPlan | ProbingPlan) -> list[Task]:
    """Return windows of about equally many rows, whole stripes; how many goes with the plan alone."""
    stripes = plan.stripes
    ends = np.array([stop for _, _, stop in stripes], dtype=np.int64)
    wanted = len(plan) * np.arange(1, WINDOWS + 1) // WINDOWS
    edges = np.unique(np.concatenate([[0], np.searchsorted(ends, wanted) + 1])).clip(max=len(stripes))
    return [
        Task(number, first, last, f"rows {stripes[first][1]:,} to {stripes[last - 1][2] - 1:,} of the join")
        for number, (first, last) in enumerate(pairwise(edges.tolist()))
        if last > first
    ]


def _put_inputs(inputs: JoinInputs, parts: PartFolder) -> None:
    """Keep what workers open, unless a run before did: the parts' name changes with all of it."""
    units, plan = inputs.units, inputs.plan
    arrays: dict[str, Any] = {name: getattr(units, name) for name in OF_UNITS}
    arrays |= {name: getattr(plan, name) for name in (OF_PROBING if isinstance(plan, ProbingPlan) else OF_EXACT)}
    if units.sources is not None:
        arrays["sources"] = units.sources
    for name, array in arrays.items():
        if not parts.has(f"{name}.npy"):
            put_array(parts, f"{name}.npy", array)
    if not parts.has(ROWS_FILE):
        first: Ints1d = units.first[plan.order]
        parts.put(ROWS_FILE, lambda file: write_rows(inputs.rows, first, file))
