"""A dense view is brought up to date in parts: the command says who is in which cell, workers do the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from indexing.arrays import Ints1d
from indexing.join.neighbour_files import NeighbourFiles
from indexing.join.parts.neighbour_parts import NeighbourParts
from indexing.join.parts.window_parts import WINDOW_ROWS, WINDOWS
from indexing.join.plan import stripes_of
from indexing.join.self_join import BLOCK_ROWS
from indexing.machine.progress import Progress, silent
from indexing.running.parts import PartFolder, put_array, read_array
from indexing.running.stages import Stage, even_ranges, put_joined, step_for
from indexing.running.tasks import Runner, Task
from indexing.update.joining.by_tiles import DeltaTiles, searched_batches
from indexing.update.joining.partners import Cells
from indexing.update.joining.parts.open_tiles import (
    BOUNDS,
    CELL_CODES,
    CENTRES,
    FLOORS,
    ORDER,
    TileRecipe,
    carried_name,
    compared_name,
    floors_name,
    looked_name,
)
from indexing.update.joining.parts.tile_tasks import carry_range, compare_cells, finish_range, look_batch

RANGE_PLACES = 1 << 14  # at least, of a range of cells that is compared at once


@dataclass(frozen=True)
class TileParts:
    """It does what `join` does by a runner's workers, which open the view by the recipe."""

    join: DeltaTiles
    recipe: TileRecipe
    runner: Runner

    def write(self, files: NeighbourFiles, stage: str, progress: Progress = silent) -> int:
        """Write all neighbours; return how many products were searched for. Parts that are there are not made again."""
        size = files.size
        tasks = even_ranges(size, step_for(size, BLOCK_ROWS), "products")
        Stage(self._parts, carry_range, tasks, carried_name).made(self.runner, self.recipe)
        put_joined(self._parts, FLOORS, [floors_name(task.number) for task in tasks])
        search = np.concatenate([self._array(carried_name(task.number)) for task in tasks])
        batches = searched_batches(search, self.join.cells, size)
        self._put_cells(self.join.cells, batches)
        recipe = self._of_cells(self.join.cells, len(batches))
        asked = [Task(number, 0, len(batch), f"batch {number} of new products") for number, batch in enumerate(batches)]
        Stage(self._parts, look_batch, asked, looked_name).made(self.runner, recipe)
        compared, places = 0, len(self.join.cells.order) * len(batches)
        comparing = Stage(self._parts, compare_cells, list(_comparing(recipe)), compared_name)
        for done in comparing.run(self.runner, recipe):
            compared += done.counts["places"]
            progress(stage, size * compared // places, size)
        NeighbourParts(self._parts, tasks, finish_range, recipe).write(files, self.runner, stage, silent)
        progress(stage, size, size)
        return len(search)

    @property
    def _parts(self) -> PartFolder:
        return self.recipe.lists.parts

    def _array(self, name: str) -> Ints1d:
        return np.asarray(read_array(self._parts, name), dtype=np.int64)

    def _put_cells(self, cells: Cells, batches: Sequence[Ints1d]) -> None:
        """Keep the cells, and who is searched for at once, for workers to open."""
        arrays: dict[str, npt.NDArray[np.generic]] = {ORDER: cells.order, BOUNDS: cells.bounds}
        if cells.looking is not None:
            arrays |= {CELL_CODES: cells.looking.codes, CENTRES: cells.looking.centres}
        for number, batch in enumerate(batches):
            arrays |= {f"asked_{number:05d}.npy": batch, f"asked_codes_{number:05d}.npy": cells.codes_of(batch)}
        for name in self._parts.missing(arrays):
            put_array(self._parts, name, arrays[name])

    def _of_cells(self, cells: Cells, batches: int) -> TileRecipe:
        looking = cells.looking
        probes, grouped = (0, False) if looking is None else (looking.probes, looking.grouped)
        return replace(self.recipe, edges=_edges(cells), batches=batches, probes=probes, grouped=grouped)


def _edges(cells: Cells) -> tuple[int, ...]:
    """Return places that divide the cells into about equal ranges of whole stripes; how many goes with the products alone."""
    ends = np.array([stop for _, _, stop in stripes_of(cells.bounds)], dtype=np.int64)
    windows = max(min(WINDOWS, len(cells.order) // RANGE_PLACES), -(-len(cells.order) // WINDOW_ROWS), 1)
    wanted = len(cells.order) * np.arange(1, windows + 1) // windows
    return (0, *np.unique(ends[np.searchsorted(ends, wanted)]).tolist()) if len(ends) else (0,)


def _comparing(recipe: TileRecipe) -> Iterator[Task]:
    """Yield a task for every range of the cells and every batch."""
    ranges = list(pairwise(recipe.edges))
    for batch in range(recipe.batches):
        for number, (first, last) in enumerate(ranges):
            about = f"places {first:,} to {last - 1:,} of the view, batch {batch} of new products"
            yield Task(batch * len(ranges) + number, first, last, about)
