"""The join of a lexical index in parts: each worker searches for a range of its products."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexing.arrays import Ints1d
from indexing.join.neighbour_files import NeighbourFiles
from indexing.join.parts.neighbour_parts import NeighbourParts, put_neighbours
from indexing.join.self_join import BLOCK_ROWS, SelfJoin, SparseRows
from indexing.machine.progress import Progress
from indexing.running.parts import PartFolder, parts_for, put_array, read_array
from indexing.running.tasks import Counts, Runner, Task
from indexing.search.lexical_index import load_lexical
from indexing.search.neighbours import Neighbours
from indexing.storage.artefact import fingerprint_of

TASK_BLOCKS = 4  # blocks of a join that one task searches for
SOURCES = "sources.npy"


@dataclass(frozen=True)
class OpenSearch:
    """It is a join that a worker has opened, and where its parts are."""

    join: SelfJoin
    parts: PartFolder


@dataclass(frozen=True)
class SearchRecipe:
    """It opens the lexical index of `size` products in a folder, to be joined with itself."""

    lexical: Path
    size: int
    k: int
    across: bool
    parts: PartFolder

    def open(self) -> OpenSearch:
        index = load_lexical(self.lexical, self.size)
        sources = np.asarray(read_array(self.parts, SOURCES), dtype=np.int64) if self.across else None
        return OpenSearch(SelfJoin(index, SparseRows(index), self.k, sources), self.parts)


def search_range(task: Task, search: OpenSearch) -> Counts:
    """Find the neighbours of a range of products, in the blocks that one process would search in, and keep them."""
    blocks = [
        search.join.neighbours_of(np.arange(start, min(start + BLOCK_ROWS, task.last)))
        for start in range(task.first, task.last, BLOCK_ROWS)
    ]
    found = Neighbours(*(np.concatenate([getattr(b, name) for b in blocks]) for name in ("positions", "cosines")))
    put_neighbours(search.parts, task.number, np.arange(task.first, task.last), found)
    return {"products": task.last - task.first}


def search_in_parts(
    lexical: Path, files: NeighbourFiles, sources: Ints1d | None, runner: Runner, *, stage: str, progress: Progress
) -> None:
    """Write the neighbours of all products of the lexical index in a folder into files, by a runner's workers."""
    tasks = search_tasks(files.size)
    parts = parts_for(files.folder, fingerprint_of(dict(files.made), len(tasks), files.k))
    recipe = SearchRecipe(lexical.absolute(), files.size, files.k, sources is not None, parts)

    def prepare() -> None:
        if sources is not None:
            put_array(parts, SOURCES, sources)

    NeighbourParts(parts, tasks, search_range, recipe, prepare).write(files, runner, stage, progress)
    parts.clear()


def search_tasks(size: int) -> list[Task]:
    """Return ranges of whole blocks of so many products."""
    step = TASK_BLOCKS * BLOCK_ROWS
    return [
        Task(number, start, min(start + step, size), f"products {start:,} to {min(start + step, size) - 1:,}")
        for number, start in enumerate(range(0, size, step))
    ]
