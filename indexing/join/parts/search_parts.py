"""The join of a view by its index in parts: each worker searches for a range of its products."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexing.arrays import Ints1d
from indexing.join.neighbour_files import NeighbourFiles
from indexing.join.parts.neighbour_parts import NeighbourParts, put_neighbours
from indexing.join.self_join import BLOCK_ROWS, QueryRows, SelfJoin, SparseRows
from indexing.machine.progress import Progress
from indexing.running.parts import PartFolder, parts_for, put_array, read_array
from indexing.running.tasks import Counts, Recipe, Runner, Task
from indexing.search.faiss_index import load_faiss
from indexing.search.index import Index
from indexing.search.lexical_index import load_lexical
from indexing.search.neighbours import Neighbours
from indexing.search.tuned_index import tuned
from indexing.storage.artefact import fingerprint_of
from indexing.vectors.rows import Rows

TASK_BLOCKS = 4  # blocks of a join that one task searches for
SOURCES = "sources.npy"
Searched = tuple[Index[Any], Rows | QueryRows]


@dataclass(frozen=True)
class OpenSearch:
    """It is a join that a worker has opened, and where its parts are."""

    join: SelfJoin
    parts: PartFolder


@dataclass(frozen=True)
class LexicalRecipe:
    """It opens the lexical index of `size` products in a folder."""

    lexical: Path
    size: int

    def open(self) -> Searched:
        index = load_lexical(self.lexical, self.size)
        return index, SparseRows(index)


@dataclass(frozen=True)
class EngineRecipe:
    """It opens the FAISS index of `size` products in a file, mapped where FAISS can, to be searched as hard as was tuned."""

    engine: Path
    size: int
    effort: int | None
    rows: Recipe[Rows]

    def open(self) -> Searched:
        rows = self.rows.open()
        return tuned(load_faiss(self.engine, self.size), rows, self.effort), rows


@dataclass(frozen=True)
class SearchRecipe:
    """It opens what is searched, to be joined with itself."""

    searched: Recipe[Searched]
    k: int
    across: bool
    parts: PartFolder

    def open(self) -> OpenSearch:
        index, rows = self.searched.open()
        sources = np.asarray(read_array(self.parts, SOURCES), dtype=np.int64) if self.across else None
        return OpenSearch(SelfJoin(index, rows, self.k, sources), self.parts)


def search_range(task: Task, search: OpenSearch) -> Counts:
    """Find the neighbours of a range of products, in blocks of as many as one process would search for at once, and keep them."""
    order = search.join.near(np.arange(task.first, task.last))
    blocks = [search.join.lists_of(order[start : start + BLOCK_ROWS]) for start in range(0, len(order), BLOCK_ROWS)]
    found = Neighbours(*(np.concatenate([getattr(b, name) for b in blocks]) for name in ("positions", "cosines")))
    put_neighbours(search.parts, task.number, order, found)
    return {"products": task.last - task.first}


def search_in_parts(
    searched: Recipe[Searched],
    files: NeighbourFiles,
    sources: Ints1d | None,
    runner: Runner,
    *,
    stage: str,
    progress: Progress,
) -> None:
    """Write the neighbours of all products into files, by a runner's workers, who open what is searched."""
    tasks = search_tasks(files.size)
    parts = parts_for(files.folder, fingerprint_of(dict(files.made), len(tasks), files.k))
    recipe = SearchRecipe(searched, files.k, sources is not None, parts)

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
