"""A catalogue's tokens are counted in parts, once for all parts of pairs: each of these would read every product otherwise."""

from dataclasses import dataclass

import numpy as np

from indexing.machine.progress import Progress
from indexing.product_index import ProductIndex
from indexing.running.parts import Parts, put_array, read_array, tasks_ahead
from indexing.running.stages import even_ranges, step_for
from indexing.running.tasks import Counts, Runner, Task, finished
from indexing.shared_index import open_same_index, shared_place
from reranking.signals.counted_catalogue import STAGE, CountedCatalogue, counted_tokens
from reranking.signals.kept_counts import keep_counts, known_counts
from reranking.signals.product_rows import BLOCK_PRODUCTS, has_titles_only

COUNTED = "counted.npy"


@dataclass(frozen=True)
class Counting:
    """It is what is counted, opened: the index, of whose products nobody has more than a title where it is `titles_only`, and where
    parts are."""

    index: ProductIndex
    titles_only: bool
    parts: Parts


@dataclass(frozen=True)
class CountingRecipe:
    """It opens the index in a folder, or in a store, if it still has this fingerprint."""

    index: str
    fingerprint: str
    parts: Parts

    def open(self) -> Counting:
        """Raise InputError where this machine does not see the index, or sees another one."""
        index = open_same_index(self.index, self.fingerprint)
        return Counting(index, has_titles_only(index.catalog), self.parts)


def count_range(task: Task, counting: Counting) -> Counts:
    """Count the tokens of a range of products, and keep what was counted."""
    products = counting.index.catalog.slice(task.first, task.last)
    entries = counted_tokens(products, titles_only=counting.titles_only).entries()
    put_array(counting.parts, counted_name(task.number), entries)
    return {"products": len(products)}


def counted_name(number: int) -> str:
    """Return the name of what was counted of a range."""
    return f"counted_{number:05d}.npy"


def count_in_parts(index: ProductIndex, parts: Parts, runner: Runner, progress: Progress) -> None:
    """Have all tokens counted by a runner, unless they are, or were by a command before, and keep the sum with the parts. Raises
    Unfinished for a range that cannot be."""
    if parts.has(COUNTED):
        return
    known = known_counts(index)
    if known is not None:
        put_array(parts, COUNTED, known.tokens.entries())
        return
    size = len(index.catalog)
    tasks = even_ranges(size, step_for(size, BLOCK_PRODUCTS), "words of products")
    ahead = tasks_ahead(parts, tasks, counted_name)
    done = size - sum(task.last - task.first for task in ahead)
    progress(STAGE, done, size)
    recipe = CountingRecipe(shared_place(index.folder), index.fingerprint, parts)
    for outcome in finished(runner.map(count_range, ahead, recipe)) if ahead else ():
        done += outcome.counts["products"]
        progress(STAGE, done, size)
    sums = counted_tokens(index.catalog.slice(0, 0), titles_only=has_titles_only(index.catalog))
    for task in tasks:
        sums.add(np.asarray(read_array(parts, counted_name(task.number)), dtype=np.int32), task.last - task.first)
    put_array(parts, COUNTED, sums.entries())
    keep_counts(index, sums)


def read_counted(index: ProductIndex, parts: Parts) -> CountedCatalogue:
    """Return the catalogue of an index with what `count_in_parts` has kept."""
    return CountedCatalogue.of_entries(index.catalog, np.asarray(read_array(parts, COUNTED), dtype=np.int32))
