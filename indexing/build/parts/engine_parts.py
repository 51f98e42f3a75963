"""An engine of inverted lists is filled in parts: the command trains it, workers add ranges of rows, each to an empty one, and
what they have is put one behind the other in each list."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Ints1d
from indexing.running.parts import PartFolder, put_array, put_bytes, read_array
from indexing.running.stages import Stage, even_ranges, put_joined, step_for
from indexing.running.tasks import Counts, Recipe, Runner, Task
from indexing.search.faiss_index import ADD_ROWS, FaissIndex, add, build_faiss, new_engine, packed, train, unpacked
from indexing.vectors.rows import Rows

TRAINED, SEEN = "trained.faiss", "seen.npy"


@dataclass(frozen=True)
class OpenFilling:
    """They are the rows of a view that a worker has opened, and the engine that some are to be added to."""

    rows: Rows
    factory: str
    parts: PartFolder


@dataclass(frozen=True)
class FillingRecipe:
    """It opens the rows by `again`."""

    again: Recipe[Rows]
    factory: str
    parts: PartFolder

    def open(self) -> OpenFilling:
        return OpenFilling(self.again.open(), self.factory, self.parts)


def see_range(task: Task, view: OpenFilling) -> Counts:
    """Find which rows of a range are not zeros."""
    found = [np.zeros(0, dtype=np.int64)]
    for start in range(task.first, task.last, ADD_ROWS):
        here = np.arange(start, min(start + ADD_ROWS, task.last))
        found.append(here[np.any(view.rows.take(here), axis=1)])
        view.rows.forget()
    seen = np.concatenate(found)
    put_array(view.parts, seen_name(task.number), seen)
    return {"rows": len(seen)}


def fill_range(task: Task, view: OpenFilling) -> Counts:
    """Add a range of the rows that are not zeros to the engine as it was trained."""
    engine = unpacked(view.parts.local(TRAINED))
    positions: Ints1d = np.array(read_array(view.parts, SEEN)[task.first : task.last], dtype=np.int64)
    add(engine, view.rows, positions, view.factory)
    put_bytes(view.parts, filled_name(task.number), packed(engine))
    return {"rows": len(positions)}


def filled_in_parts(
    again: Recipe[Rows], rows: Rows, factory: str, seed: int, parts: PartFolder, runner: Runner
) -> FaissIndex:
    """Return what `build_faiss` returns, by a runner's workers, which open the rows by `again`. Parts that are there are not made
    again."""
    parts.make()
    recipe, size = FillingRecipe(again, factory, parts), len(rows)
    ranges = even_ranges(size, step_for(size, ADD_ROWS), "products")
    Stage(parts, see_range, ranges, seen_name).made(runner, recipe)
    seen = put_joined(parts, SEEN, [seen_name(task.number) for task in ranges])
    if not len(seen):
        return build_faiss(rows, factory, seed=seed)  # which says what is wrong
    if not parts.has(TRAINED):
        engine = new_engine(rows.dim, factory)
        train(engine, rows, np.asarray(seen, dtype=np.int64), factory, seed)
        put_bytes(parts, TRAINED, packed(engine))
    tasks = even_ranges(len(seen), step_for(len(seen), ADD_ROWS), "rows of the engine")
    Stage(parts, fill_range, tasks, filled_name).made(runner, recipe)
    engine = unpacked(parts.local(TRAINED))
    for task in tasks:
        engine.merge_from(unpacked(parts.local(filled_name(task.number))), engine.ntotal)
    return FaissIndex(engine, size, None if len(seen) == size else np.array(seen, dtype=np.int64))


def seen_name(number: int) -> str:
    """Return the name of the rows of a range that are not zeros."""
    return f"seen_{number:05d}.npy"


def filled_name(number: int) -> str:
    """Return the name of an engine with a range of rows."""
    return f"filled_{number:05d}.faiss"
