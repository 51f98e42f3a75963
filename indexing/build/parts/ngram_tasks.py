"""The tasks by which the n-grams of the lexical view are weighed: words and n-grams are counted by ranges of products, these
weighed, and equal rows found by buckets of hashes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.build.parts.content_tasks import FIRST, CatalogRecipe
from indexing.catalog.catalog import Catalog
from indexing.catalog.contents import Contents, text_contents
from indexing.running.equal_keys import Buckets, firsts_of_range, heads_of, put_firsts
from indexing.running.parts import PartFolder, put_array, put_bytes, read_array
from indexing.running.tasks import Counts, Task
from indexing.search.equal_rows import row_hashes, same_rows
from indexing.search.lexical_index import in_bytes, load_lexical, texts_as_counted, weighed
from indexing.vectors.ngram_options import LexicalOptions
from indexing.vectors.ngrams import BLOCK_TEXTS, count_blocks, count_documents
from indexing.words.spellings import Spellings, SpellingsCount, load_spellings

COLUMNS, IDF = "columns.npy", "idf.npy"


@dataclass(frozen=True)
class TextContents:
    """It says the contents of products: of their texts in some fields."""

    fields: tuple[str, ...]

    def __call__(self, catalog: Catalog) -> Contents:
        return text_contents(catalog.texts(self.fields))


@dataclass(frozen=True)
class OpenTexts:
    """They are texts that a worker has opened. `parts` hold what is counted, `buckets` the hashes of rows, and `folder` gets the
    lexical view."""

    catalog: Catalog
    options: LexicalOptions
    spellings: Spellings | None
    folder: Path
    parts: PartFolder
    buckets: Buckets

    def blocks(self, task: Task) -> Iterator[tuple[int, list[str]]]:
        """Yield where each block of a range of products begins, and its texts."""
        for start in range(task.first, task.last, BLOCK_TEXTS):
            part = self.catalog.slice(start, min(start + BLOCK_TEXTS, task.last))
            yield start, part.texts(self.options.fields)

    def new(self, start: int, rows: int) -> Bools1d:
        """Return which of so many products have a text that none before them has."""
        first = np.asarray(read_array(self.parts, FIRST)[start : start + rows])
        return np.asarray(first == np.arange(start, start + rows))

    def counted(self, number: int) -> Iterator[sp.csr_matrix]:
        """Yield the counts of a range, the same blocks of products as were counted."""
        data, indices, ends = (
            read_array(self.parts, f"{name}_{number:05d}.npy") for name in ("counted", "counted_ngrams", "counted_ends")
        )
        for start in range(0, len(ends) - 1, BLOCK_TEXTS):
            own = np.asarray(ends[start : start + BLOCK_TEXTS + 1])
            part = slice(int(own[0]), int(own[-1]))
            shape = (len(own) - 1, self.options.ngrams().buckets)
            yield sp.csr_matrix((np.array(data[part]), np.array(indices[part]), own - own[0]), shape)


@dataclass(frozen=True)
class TextRecipe:
    """It opens the texts of a catalogue. Words in other scripts are read with the spellings that lie in the `folder` of the
    lexical view, if any do."""

    catalog: CatalogRecipe
    options: LexicalOptions
    folder: Path
    parts: PartFolder
    buckets: Buckets

    def open(self) -> OpenTexts:
        spellings = load_spellings(self.folder)
        return OpenTexts(self.catalog.open(), self.options, spellings, self.folder, self.parts, self.buckets)


def count_words(task: Task, view: OpenTexts) -> Counts:
    """Count the words that a range of products writes in Latin letters."""
    count = SpellingsCount()
    for _, texts in view.blocks(task):
        count.add(texts)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, count.counts[0].schema) as writer:
        writer.write_table(count.counts[0])
    put_bytes(view.parts, words_name(task.number), sink.getvalue().to_pybytes())
    return {"products": task.last - task.first}


def count_range(task: Task, view: OpenTexts) -> Counts:
    """Count the n-grams of a range of products, and in how many products and different texts each is."""
    ngrams = view.options.ngrams()
    documents = np.zeros((2, ngrams.buckets), dtype=np.int64)
    blocks = []
    for start, texts in view.blocks(task):
        for counts in count_blocks(texts_as_counted(texts, view.options, view.spellings), ngrams):
            count_documents(documents[0], counts)
            count_documents(documents[1], counts[np.flatnonzero(view.new(start, len(texts)))])
            blocks.append(in_bytes(counts))
    there = np.flatnonzero(documents[0])
    put_array(view.parts, f"ngrams_{task.number:05d}.npy", np.stack([there, *documents[:, there]]))
    _put_rows(view.parts, ("counted", "counted_ngrams"), task.number, blocks)
    return {"products": task.last - task.first}


def weigh_range(task: Task, view: OpenTexts) -> Counts:
    """Weigh what was counted of a range of products over the n-grams that are kept, and deal hashes of its rows to buckets."""
    columns: Ints1d = np.array(read_array(view.parts, COLUMNS), dtype=np.int64)
    idf: Floats1d = np.array(read_array(view.parts, IDF), dtype=np.float32)
    blocks = [weighed(counts.astype(np.float32), columns, idf) for counts in view.counted(task.number)]
    _put_rows(view.parts, ("data", "indices"), task.number, blocks)
    hashes = np.concatenate([row_hashes(block) for block in blocks]).view(np.uint64)
    view.buckets.put(task.number, hashes[:, None], np.arange(task.first, task.last))
    return {"products": task.last - task.first}


def group_rows(task: Task, view: OpenTexts) -> Counts:
    """Find for the rows of a bucket the first one that is equal."""
    keys, products = view.buckets.take(task.number)
    heads = heads_of(keys)
    first = products[heads][np.cumsum(heads) - 1]
    matrix = load_lexical(view.folder, len(view.catalog)).matrix
    put_firsts(view.buckets.parts, task.number, products, np.where(same_rows(matrix, products, first), first, products))
    return {"products": len(products)}


def first_rows(task: Task, view: OpenTexts) -> Counts:
    """Say for a range of products the first one of each one's row."""
    parts = view.buckets.parts
    put_array(parts, first_rows_name(task.number), firsts_of_range(parts, view.buckets.count, task.first, task.last))
    return {"products": task.last - task.first}


def words_name(number: int) -> str:
    """Return the name of the words of a range."""
    return f"words_{number:05d}.arrow"


def counted_name(number: int) -> str:
    """Return the name of where the counts of a range's products end: the last part of it."""
    return f"counted_ends_{number:05d}.npy"


def first_rows_name(number: int) -> str:
    """Return the name of the first products of a range's rows."""
    return f"first_{number:05d}.npy"


def _put_rows(parts: PartFolder, names: tuple[str, str], number: int, blocks: list[sp.csr_matrix]) -> None:
    """Keep rows of blocks: what stands in them, under which n-grams, and where each row ends."""
    ends = np.concatenate([[0], np.cumsum(np.concatenate([np.diff(block.indptr) for block in blocks]))])
    put_array(parts, f"{names[0]}_{number:05d}.npy", np.concatenate([block.data for block in blocks]))
    put_array(parts, f"{names[1]}_{number:05d}.npy", np.concatenate([block.indices for block in blocks]))
    put_array(parts, f"{names[0]}_ends_{number:05d}.npy", ends.astype(np.int64))
