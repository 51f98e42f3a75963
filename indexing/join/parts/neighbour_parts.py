"""Parts of neighbours are those of disjoint products, sorted, and merge by ranges of rows: copying, nothing is chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic

import numpy as np

from indexing.arrays import Ints1d
from indexing.join.neighbour_files import NeighbourFiles
from indexing.machine.progress import Progress
from indexing.running.parts import PartFolder, put_array, read_array, tasks_ahead
from indexing.running.tasks import Counts, Opened, Recipe, Runner, Task, finished
from indexing.search.neighbours import Neighbours, no_neighbours

MERGED_ROWS = 65_536


def put_neighbours(parts: PartFolder, number: int, products: Ints1d, found: Neighbours) -> None:
    """Keep the neighbours of some products as a part: it is there when its last file is."""
    order = np.argsort(products, kind="stable")
    put_array(parts, f"products_{number:05d}.npy", products[order])
    put_array(parts, f"positions_{number:05d}.npy", found.positions[order])
    put_array(parts, last_name(number), found.cosines[order])


def last_name(number: int) -> str:
    """Return the name of the file of a part that is written last."""
    return f"cosines_{number:05d}.npy"


@dataclass(frozen=True)
class NeighbourParts(Generic[Opened]):
    """It has the parts of `tasks` made by `work`, after `prepare` has put beside them what the recipe opens, and merges them;
    a product that is in none has no neighbours."""

    parts: PartFolder
    tasks: Sequence[Task]
    work: Callable[[Task, Opened], Counts]
    recipe: Recipe[Opened]
    prepare: Callable[[], None] = lambda: None

    def write(self, files: NeighbourFiles, runner: Runner, stage: str, progress: Progress) -> None:
        """Write the files, from where an earlier run was cut short: the parts that are not there first."""
        total = -(-files.size // MERGED_ROWS)
        done = files.open(total, order=f"{self.parts.work.name} by ranges of rows")
        if done < total:
            self.parts.make()
            self._make(files.size, runner, stage, progress)
            self._merge(files, done, total)
        files.mark()

    def _make(self, size: int, runner: Runner, stage: str, progress: Progress) -> None:
        ahead = tasks_ahead(self.parts, self.tasks, last_name)
        if ahead:
            self.prepare()
        done = len(self.tasks) - len(ahead)
        for _ in finished(runner.map(self.work, ahead, self.recipe)):
            done += 1
            progress(stage, size * done // len(self.tasks), size)

    def _merge(self, files: NeighbourFiles, done: int, total: int) -> None:
        names = ("products", "positions", "cosines")
        opened = [
            tuple(read_array(self.parts, f"{name}_{task.number:05d}.npy") for name in names) for task in self.tasks
        ]
        for step in range(done, total):
            start, stop = step * MERGED_ROWS, min((step + 1) * MERGED_ROWS, files.size)
            rows = no_neighbours(stop - start, files.k)
            for products, positions, cosines in opened:
                first, last = np.searchsorted(products, [start, stop])
                there = products[first:last] - start
                rows.positions[there], rows.cosines[there] = positions[first:last], cosines[first:last]
            files.write(slice(start, stop), rows, step + 1)
