"""The lexical view is weighed in parts: the command says which n-grams are kept, and puts the rows one behind the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from indexing.arrays import Ints1d
from indexing.build.parts.content_tasks import FIRST, put_firsts_of, recipe_of
from indexing.build.parts.ngram_tasks import (
    COLUMNS,
    IDF,
    TextContents,
    TextRecipe,
    count_range,
    count_words,
    counted_name,
    first_rows,
    first_rows_name,
    group_rows,
    weigh_range,
    words_name,
)
from indexing.catalog.catalog import Catalog
from indexing.machine.progress import Progress
from indexing.running.equal_keys import buckets_for, firsts_name, keyed_name
from indexing.running.parts import PartFolder, parts_for, put_array, read_array
from indexing.running.stages import COPIED_ROWS, Stage, even_ranges, step_for, write_rows_of
from indexing.running.tasks import Runner, Task
from indexing.search.lexical_index import FIRST_FILE, STAGE, kept_ngrams, write_head
from indexing.storage.artefact import fingerprint_of
from indexing.vectors.ngram_options import LexicalOptions
from indexing.vectors.ngrams import BLOCK_TEXTS, inverse_document_frequency
from indexing.words.reading import NORMAL
from indexing.words.spellings import SpellingsCount

MOST_BLOCKS = 8  # that a task counts: it holds what stands in them, a few kilobytes a product


@dataclass(frozen=True)
class NgramParts:
    """It makes the lexical view of a catalogue in a folder as `fit_lexical` does, by a runner's workers; `made` is all that it
    depends on."""

    catalog: Catalog
    options: LexicalOptions
    folder: Path
    made: object
    runner: Runner
    progress: Progress

    def fit(self) -> None:
        """Write the files that `LexicalIndex.save` writes. Parts that are there are not made again."""
        for parts in (self.parts, self.rows):
            parts.make()
        size = len(self.catalog)
        if not self.parts.has(FIRST):
            contents = TextContents(self.options.fields)
            put_firsts_of(self.catalog, contents, self.parts, self.runner, lambda done: self._tell(done))
        if self.catalog.reading.form == NORMAL:
            self._spell()
        for stage, done in self._stages():
            self._tell(stage * size + done)
        for parts in (self.parts, self.rows):
            parts.clear()

    @cached_property
    def parts(self) -> PartFolder:
        """Return the folder of what is counted and weighed."""
        return parts_for(self.folder.absolute(), fingerprint_of("n-grams", self.made, len(self.tasks)))

    @cached_property
    def rows(self) -> PartFolder:
        """Return the folder of hashes of rows."""
        return parts_for(self.folder.absolute(), fingerprint_of("rows", self.made, len(self.tasks)))

    @cached_property
    def tasks(self) -> list[Task]:
        """Return ranges of products."""
        step = min(step_for(len(self.catalog), BLOCK_TEXTS), MOST_BLOCKS * BLOCK_TEXTS)
        return even_ranges(len(self.catalog), step, "texts of products")

    @cached_property
    def recipe(self) -> TextRecipe:
        """Return how workers open the texts."""
        buckets = buckets_for(self.rows, len(self.catalog), len(self.tasks))
        return TextRecipe(recipe_of(self.catalog), self.options, self.folder.absolute(), self.parts, buckets)

    def _tell(self, done: int) -> None:
        self.progress(STAGE, done // 3, len(self.catalog))  # every text is looked through, counted and weighed

    def _spell(self) -> None:
        """Have words counted, and keep the spellings of all texts."""
        Stage(self.parts, count_words, self.tasks, words_name).made(self.runner, self.recipe)
        count = SpellingsCount()
        for task in self.tasks:
            with pa.memory_map(str(self.parts.local(words_name(task.number)))) as file:
                count.add_counted(pa.ipc.open_file(file).read_all())
        count.spellings().save(self.folder)

    def _stages(self) -> Iterator[tuple[int, int]]:
        """Yield the number of a stage, and how many products it has gone through."""
        done = 0
        for outcome in Stage(self.parts, count_range, self.tasks, counted_name).run(self.runner, self.recipe):
            done += outcome.counts["products"]
            yield 1, done
        self._choose()
        done = 0
        weighing = Stage(self.rows, weigh_range, self.tasks, keyed_name)
        for outcome in weighing.run(self.runner, self.recipe):
            done += outcome.counts["products"]
            yield 2, done
        self._put_rows()
        Stage(self.rows, group_rows, self.recipe.buckets.tasks(), firsts_name).made(self.runner, self.recipe)
        Stage(self.rows, first_rows, self.tasks, first_rows_name).made(self.runner, self.recipe)
        self._write(FIRST_FILE, np.int64, len(self.catalog), self._some(self.rows, "first"))
        yield 3, 0

    def _choose(self) -> None:
        """Keep which n-grams are kept, and what they weigh."""
        documents = np.zeros((2, self.options.ngrams().buckets), dtype=np.int64)
        for task in self.tasks:
            there, *counts = np.asarray(read_array(self.parts, f"ngrams_{task.number:05d}.npy"))
            documents[:, there] += np.stack(counts)
        columns = kept_ngrams(documents[0], documents[1], self.options)
        put_array(self.parts, COLUMNS, columns)
        put_array(self.parts, IDF, inverse_document_frequency(documents[0][columns], len(self.catalog)))

    def _put_rows(self) -> None:
        """Write the rows of all ranges, one behind the other, and what says how they are to be read."""
        columns, idf = (np.asarray(read_array(self.parts, name)) for name in (COLUMNS, IDF))
        np.save(self.folder / "columns.npy", columns)
        np.save(self.folder / "idf.npy", idf)
        entries = sum(len(read_array(self.parts, f"data_{task.number:05d}.npy")) for task in self.tasks)
        self._write("data.npy", np.float32, entries, self._some(self.parts, "data"))
        self._write("indices.npy", np.int32, entries, self._some(self.parts, "indices"))
        kind = np.int32 if entries < 2**31 else np.int64
        self._write("indptr.npy", kind, len(self.catalog) + 1, self._ends())
        write_head(self.folder, self.options, len(columns))

    def _ends(self) -> Iterator[Ints1d]:
        """Yield where rows end, from the first one's beginning on."""
        yield np.zeros(1, dtype=np.int64)
        before = 0
        for task in self.tasks:
            ends = np.asarray(read_array(self.parts, f"data_ends_{task.number:05d}.npy"), dtype=np.int64)
            yield ends[1:] + before
            before += int(ends[-1])

    def _some(self, parts: PartFolder, name: str) -> Iterator[npt.NDArray[np.generic]]:
        for task in self.tasks:
            whole = read_array(parts, f"{name}_{task.number:05d}.npy")
            for start in range(0, len(whole), COPIED_ROWS):
                yield np.asarray(whole[start : start + COPIED_ROWS])

    def _write(self, name: str, kind: npt.DTypeLike, rows: int, some: Iterator[Any]) -> None:
        with (self.folder / name).open("wb") as file:
            write_rows_of(file, rows, np.dtype(kind), some)
