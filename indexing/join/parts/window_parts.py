"""A dense join in parts: each worker joins windows of its own, from one file of all rows in the order of the join."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from indexing.join.neighbour_files import NeighbourFiles
from indexing.join.parts.neighbour_parts import NeighbourParts, put_neighbours
from indexing.join.parts.row_parts import RowParts
from indexing.join.plan import JoinPlan
from indexing.join.probing_plan import ProbingPlan
from indexing.join.rows import Units, write_rows
from indexing.join.window_join import Placing, WindowJoin, placing_of
from indexing.machine.progress import Progress
from indexing.running.parts import PartFolder, parts_for, put_array, read_array
from indexing.running.tasks import Counts, Runner, Task
from indexing.search.neighbours import Neighbours, no_neighbours
from indexing.storage.artefact import fingerprint_of
from indexing.vectors.rows import Rows

WINDOWS = 32  # more would find work for more machines, and cost more: each goes through what others do, too
WINDOW_COSINES = 1 << 25  # at least, about a second's work: many windows of a small join cost more than they share out
WINDOW_ROWS = 1 << 20  # at most: a row's list takes about a kilobyte of memory
ROWS_FILE = "rows.f32"
OF_EXACT, OF_PROBING = ("order", "bounds", "starts", "partners"), ("order", "bounds", "starts", "visitors", "probes")


@dataclass(frozen=True)
class StoredJoin:
    """It is a join whose arrays are kept: of the units in one folder of parts, of the plan and the placing in another."""

    units: PartFolder
    plan: PartFolder
    rows: RowParts
    k: int
    probing: bool
    across: bool

    def open(self) -> WindowJoin:
        """Return what joins windows; all is mapped, so that workers of one machine share it."""
        units = Units(*self._arrays(self.units, "members", "offsets", *(("sources",) if self.across else ())))
        placing = Placing(*self._arrays(self.plan, "place", *(("place_sources",) if self.across else ())))
        plan: JoinPlan | ProbingPlan
        if self.probing:
            plan = ProbingPlan(*self._arrays(self.plan, *OF_PROBING))
        else:
            plan = JoinPlan(*self._arrays(self.plan, *OF_EXACT))
        return WindowJoin(units, plan, placing, self.k)

    def _arrays(self, parts: PartFolder, *names: str) -> list[Any]:
        return [read_array(parts, f"{name}.npy") for name in names]


@dataclass(frozen=True)
class OpenJoin:
    """It is a join that a worker has opened, its rows, and where the parts of its windows go."""

    windows: WindowJoin
    rows: RowParts
    parts: PartFolder


@dataclass(frozen=True)
class JoinRecipe:
    """It opens a stored join for windows whose parts go elsewhere."""

    stored: StoredJoin
    parts: PartFolder

    def open(self) -> OpenJoin:
        return OpenJoin(self.stored.open(), self.stored.rows, self.parts)


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
    plan: JoinPlan | ProbingPlan,
    stored: StoredJoin,
    files: NeighbourFiles,
    runner: Runner,
    *,
    stage: str,
    progress: Progress,
    prepare: Callable[[], None] = lambda: None,
) -> None:
    """Write all neighbours of a stored join into files by a runner's workers, after `prepare` where there is any work."""
    tasks = window_tasks(plan)
    named = fingerprint_of(dict(files.made), stored.plan.work.name, len(tasks), stored.k)
    parts = parts_for(files.folder, named)
    prepared = NeighbourParts(parts, tasks, join_window, JoinRecipe(stored, parts), prepare)
    prepared.write(files, runner, stage, progress)
    parts.clear()


def window_tasks(plan: JoinPlan | ProbingPlan) -> list[Task]:
    """Return windows of about equally many rows, whole stripes; how many goes with the plan alone."""
    stripes, worthwhile = plan.stripes, max(plan.products // WINDOW_COSINES, 1)
    windows = max(min(WINDOWS, worthwhile), -(-len(plan) // WINDOW_ROWS))
    ends = np.array([stop for _, _, stop in stripes], dtype=np.int64)
    wanted = len(plan) * np.arange(1, windows + 1) // windows
    edges = np.unique(np.concatenate([[0], np.searchsorted(ends, wanted) + 1])).clip(max=len(stripes))
    return [
        Task(number, first, last, f"rows {stripes[first][1]:,} to {stripes[last - 1][2] - 1:,} of the join")
        for number, (first, last) in enumerate(pairwise(edges.tolist()))
        if last > first
    ]


def put_plan(parts: PartFolder, plan: JoinPlan | ProbingPlan) -> None:
    """Keep the arrays of a plan that are not there yet, for workers to open."""
    for name in OF_PROBING if isinstance(plan, ProbingPlan) else OF_EXACT:
        if not parts.has(f"{name}.npy"):
            put_array(parts, f"{name}.npy", getattr(plan, name))


def put_join(rows: Rows, units: Units, plan: JoinPlan | ProbingPlan, parts: PartFolder) -> None:
    """Keep all that a stored join opens in one folder, of a plan that this process has made: it holds all of it."""
    parts.make()
    placing = placing_of(units, plan)
    arrays = {"members": units.members, "offsets": units.offsets, "sources": units.sources}
    arrays |= {"place": placing.place, "place_sources": placing.sources}
    for name, array in arrays.items():
        if array is not None and not parts.has(f"{name}.npy"):
            put_array(parts, f"{name}.npy", array)
    put_plan(parts, plan)
    if not parts.has(ROWS_FILE):
        first = units.first_of(plan.order)
        parts.put(ROWS_FILE, lambda file: write_rows(rows, first, file))


def stored_whole(units: Units, plan: JoinPlan | ProbingPlan, dim: int, k: int, parts: PartFolder) -> StoredJoin:
    """Return the join that `put_join` keeps."""
    rows = RowParts(dim, np.array([0, len(plan)]), (parts.local(ROWS_FILE).absolute(),))
    return StoredJoin(parts, parts, rows, k, isinstance(plan, ProbingPlan), units.sources is not None)
