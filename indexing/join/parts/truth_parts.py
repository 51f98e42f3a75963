"""The true neighbours of a sample are searched for in parts: each task compares the sample with a range of all rows, and the best
of all ranges are the best."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexing.arrays import Floats2d, Ints1d
from indexing.running.parts import PartFolder, parts_for, put_array, read_array
from indexing.running.stages import Stage, even_ranges, step_for
from indexing.running.tasks import Counts, Recipe, Runner, Task
from indexing.search.best_lists import neighbours_of
from indexing.search.recall import BLOCK_ROWS, Truth, best_among
from indexing.storage.artefact import fingerprint_of
from indexing.vectors.rows import Rows
from indexing.vectors.vectors import SHARD_ROWS

SAMPLE, SOURCES = "sample.npy", "product_sources.npy"


@dataclass(frozen=True)
class OpenSample:
    """It is a sample that a worker has opened, the rows that it is compared with, and the sources of products where neighbours are
    of another one."""

    rows: Rows
    sample: Ints1d
    queries: Floats2d
    sources: Ints1d | None
    k: int
    parts: PartFolder


@dataclass(frozen=True)
class SampleRecipe:
    """It opens the rows, and the sample that is kept with the parts."""

    rows: Recipe[Rows]
    k: int
    across: bool
    parts: PartFolder

    def open(self) -> OpenSample:
        rows, sample = self.rows.open(), np.asarray(read_array(self.parts, SAMPLE), dtype=np.int64)
        sources: Any = read_array(self.parts, SOURCES) if self.across else None
        return OpenSample(rows, sample, rows.take(sample), sources, self.k, self.parts)


def compare_range(task: Task, view: OpenSample) -> Counts:
    """Compare the sample with a range of rows, and keep the best of each product of it."""

    def blocks() -> Any:
        for start in range(task.first, task.last, BLOCK_ROWS):
            yield start, view.rows.take(np.arange(start, min(start + BLOCK_ROWS, task.last)))
            view.rows.forget()

    put_array(
        view.parts, _best_name(task.number), best_among(blocks(), view.queries, view.sample, view.k, view.sources)
    )
    return {"rows": task.last - task.first}


@dataclass(frozen=True)
class TruthParts:
    """It finds the true neighbours of samples of `size` products by a runner\'s workers, which open the rows by `again`."""

    again: Recipe[Rows]
    size: int
    runner: Runner
    beside: Path

    def find(self, sample: Ints1d, k: int, sources: Ints1d | None, made: object) -> Truth:
        """Return what `true_neighbours` returns; `made` is all that the rows depend on."""
        tasks = even_ranges(self.size, step_for(self.size, SHARD_ROWS), "products")
        named = fingerprint_of(made, sample.tolist(), k, sources is not None, len(tasks))
        parts = parts_for(self.beside, named)
        parts.make()
        for name, array in ((SAMPLE, sample), (SOURCES, sources)):
            if array is not None and not parts.has(name):
                put_array(parts, name, array)
        Stage(parts, compare_range, tasks, _best_name).made(
            self.runner, SampleRecipe(self.again, k, sources is not None, parts)
        )
        best = np.zeros((len(sample), 0), dtype=np.int64)
        for task in tasks:
            found = np.asarray(read_array(parts, _best_name(task.number)), dtype=np.int64)
            best = np.sort(np.concatenate([best, found], axis=1), axis=1)[:, :k]
        parts.clear()
        return Truth(sample, neighbours_of(best))


def _best_name(number: int) -> str:
    return f"best_{number:05d}.npy"
