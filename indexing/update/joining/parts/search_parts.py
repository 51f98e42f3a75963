"""The lexical view is brought up to date in parts: each worker searches for a range of its products."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexing.join.neighbour_files import NeighbourFiles
from indexing.join.parts.neighbour_parts import NeighbourParts, put_neighbours
from indexing.join.parts.search_parts import search_tasks
from indexing.join.self_join import SelfJoin, SparseRows
from indexing.machine.progress import Progress
from indexing.running.parts import PartFolder, put_array, read_array
from indexing.running.tasks import Counts, Runner, Task
from indexing.search.lexical_index import load_lexical
from indexing.search.neighbours import Neighbours
from indexing.update.joining.by_search import DeltaSearch
from indexing.update.joining.parts.stored_lists import StoredLists


@dataclass(frozen=True)
class OpenDeltaSearch:
    """It is a search that a worker has opened, and where its parts are."""

    search: DeltaSearch
    parts: PartFolder


@dataclass(frozen=True)
class DeltaSearchRecipe:
    """It opens the lexical view of the new version, which is in a folder, and the lists of before."""

    lists: StoredLists
    lexical: Path

    def open(self) -> OpenDeltaSearch:
        opened = self.lists.open()
        index = load_lexical(self.lexical, len(opened.old))
        fresh = index.take(opened.old.again) if opened.old.again.size else None
        join = SelfJoin(index, SparseRows(index), opened.old.k, opened.sources)
        return OpenDeltaSearch(DeltaSearch(opened.old, join, fresh), self.lists.parts)


def search_range(task: Task, view: OpenDeltaSearch) -> Counts:
    """Bring the neighbours of a range of products up to date, and keep them, and who was searched for."""
    blocks = list(view.search.blocks(task.first, task.last))
    found = Neighbours(*(np.concatenate([getattr(b, name) for _, b, _ in blocks]) for name in ("positions", "cosines")))
    searched = np.concatenate([search for _, _, search in blocks])
    put_array(view.parts, searched_name(task.number), np.flatnonzero(searched) + task.first)
    put_neighbours(view.parts, task.number, np.arange(task.first, task.last), found)
    return {"products": len(found)}


def search_in_parts(
    recipe: DeltaSearchRecipe, files: NeighbourFiles, runner: Runner, stage: str, progress: Progress
) -> int:
    """Write all neighbours by a runner's workers; return how many products were searched for."""
    parts, tasks = recipe.lists.parts, search_tasks(files.size)
    NeighbourParts(parts, tasks, search_range, recipe).write(files, runner, stage, progress)
    return sum(len(read_array(parts, searched_name(task.number))) for task in tasks)


def searched_name(number: int) -> str:
    """Return the name of the products of a range that were searched for."""
    return f"searched_{number:05d}.npy"
