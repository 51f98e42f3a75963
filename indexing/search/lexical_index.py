"""A lexical index finds the exact top-k cosines over sparse character n-grams, through sparse_dot_topn.

Dense vectors blur model codes; rare n-grams keep them. N-grams that stand in many products are left out: they cost most
and tell least (a cap on how many different texts have them, chosen on validation matches, docs/benchmarks.md).
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.contents import first_of, text_contents
from indexing.machine.progress import Progress, silent
from indexing.machine.threads import thread_count
from indexing.search.equal_rows import EqualRows, TurnedRows, first_of_rows, near_order, rows_of
from indexing.search.neighbours import Neighbours, best, in_order, no_neighbours
from indexing.storage.artefact import write_json
from indexing.vectors.ngram_options import TODAYS_LEXICAL, LexicalOptions
from indexing.vectors.ngrams import count_blocks, count_documents, inverse_document_frequency, of_counts, weigh
from indexing.vectors.sparse_rows import ARRAYS, open_lexical_rows, unreadable
from indexing.words.quantities import quantities_alike
from indexing.words.reading import NORMAL
from indexing.words.spellings import Spellings, SpellingsCount, load_spellings

OPTIONS_FILE = "lexical.json"
STAGE = "weigh n-grams"
TIE_MARGIN = 16  # neighbours fetched beyond k: equal titles tie often, and asking again costs more than this
OF_NGRAMS = ("columns", "idf")
FIRST_FILE = "first.npy"


@dataclass(frozen=True)
class LexicalIndex:
    """It holds unit TF-IDF rows of all products (n, f) over the n-grams kept; `columns` (f,) are their hash buckets.

    `first` (n,) is for each product the first one that has its row: equal rows are searched once. By the `spellings`
    words in other scripts are read in Latin letters too. Both are None of an index of before, which counted an n-gram in
    products, not in texts.
    """

    options: LexicalOptions
    matrix: sp.csr_matrix
    columns: Ints1d
    idf: Floats1d
    threads: int = field(default_factory=thread_count)
    first: Ints1d | None = None
    spellings: Spellings | None = None
    _among: list[tuple[Bools1d, TurnedRows]] = field(default_factory=list, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    @cached_property
    def turned(self) -> TurnedRows:
        """Return what is searched of all products."""
        return TurnedRows.of(self.matrix, *self._near)

    def near_places(self) -> Ints1d:
        """Return a place (n,) for each product, so that those with equal rows have one, and those alike have places near one
        another: searched in that order, they look at memory that is at hand still."""
        rows, order = self._near
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        places = np.empty(len(self), dtype=np.int64)
        places[rows.products] = np.repeat(rank, rows.counts)
        return places

    @cached_property
    def _near(self) -> tuple[EqualRows, Ints1d]:
        return self._near_rows(None)

    def _near_rows(self, places: Ints1d | None) -> tuple[EqualRows, Ints1d]:
        """Return the different rows of the products at these places (None: all), and their near order."""
        rows = EqualRows.of(np.arange(len(self)) if self.first is None else self.first, places)
        return rows, near_order(rows_of(self.matrix, rows))

    def _turned_among(self, allowed: Bools1d) -> TurnedRows:
        """Return what is searched of some products, that of the last ones again: a join asks for the same many times."""
        for before, turned in self._among[:1]:
            if np.array_equal(before, allowed):
                return turned
        self._among.clear()  # before the next is made: of many products two would be too much
        turned = TurnedRows.of(self.matrix, *self._near_rows(np.flatnonzero(allowed)))
        self._among[:] = [(allowed, turned)]
        return turned

    def take(self, positions: Ints1d) -> "LexicalIndex":
        """Return the index of the products at these positions, in this order."""
        return self.of_rows(self.matrix[positions])

    def of_rows(self, matrix: sp.csr_matrix) -> "LexicalIndex":
        """Return the index of products with these rows."""
        return replace(self, matrix=matrix, first=None if self.first is None else first_of_rows(matrix))

    def rows(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Return unit TF-IDF rows (t, f) of texts; an n-gram that the catalogue lacks is ignored."""
        read, ngrams = texts_as_counted(texts, self.options, self.spellings), self.options.ngrams()
        rows = of_counts(read, ngrams, lambda counts: weighed(counts, self.columns, self.idf))
        return sp.vstack(list(rows), format="csr")

    def cosines(self, left: Ints1d, right: Ints1d) -> Floats1d:
        """Return the cosines (p,) of pairs of positions, float32; NaN where no n-gram of a product was kept."""
        products = self.matrix[left].multiply(self.matrix[right])
        cosines = np.asarray(products.sum(axis=1), dtype=np.float32).ravel()
        if self.first is not None:
            sizes = np.diff(self.matrix.indptr)
            cosines[(sizes[left] == 0) | (sizes[right] == 0)] = np.nan
        return cosines

    def search(self, queries: sp.csr_matrix, k: int, *, allowed: Bools1d | None = None) -> Neighbours:
        """Return the k neighbours of each query: only products that share an n-gram with it can be."""
        searched = self.turned if allowed is None else self._turned_among(allowed)
        if not len(searched.order) or not queries.shape[0]:
            return no_neighbours(queries.shape[0], k)

        def fetch(rows: Ints1d, ask: int) -> Neighbours:
            chosen = queries if len(rows) == queries.shape[0] else queries[rows]
            found = _top(chosen, searched.by_ngram, ask, self.threads)
            return in_order(searched.row_of(found.positions), found.cosines)

        found = best(fetch, queries.shape[0], k, len(searched.order), margin=TIE_MARGIN)
        return searched.rows.read(found, k)

    def everybody(self, row: sp.csr_matrix) -> tuple[Ints1d, Floats1d]:
        """Return every product (m,) that shares an n-gram with a row (1, f), and its cosine."""
        found = (row @ self.turned.by_ngram).tocsr()
        return self.turned.rows.read_all(self.turned.row_of(found.indices), found.data)

    def save(self, folder: Path) -> None:
        """Write one .npy file an array, so that opening maps them into memory."""
        write_head(folder, self.options, len(self.columns))
        arrays = (self.matrix.data, self.matrix.indices, self.matrix.indptr, self.columns, self.idf)
        for name, array in zip((*ARRAYS, *OF_NGRAMS), arrays, strict=True):
            np.save(folder / f"{name}.npy", array)
        if self.first is not None:
            np.save(folder / FIRST_FILE, self.first)
        if self.spellings is not None:
            self.spellings.save(folder)


def fit_lexical(
    catalog: Catalog,
    options: LexicalOptions | None = None,
    *,
    scratch: Path | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> LexicalIndex:
    """Count and weigh the n-grams of every product, a block at a time. With a folder `scratch` the counts of n-grams
    that may not be kept wait there, not in memory."""
    options = options or TODAYS_LEXICAL
    ngrams, counted = options.ngrams(), _Counted(scratch)

    def say(done: int) -> None:  # every text is looked through, counted and weighed
        progress(STAGE, done // 3, len(catalog))

    (new, spellings), row = _look_through(catalog, options, say), 0
    documents, of_texts = np.zeros((2, ngrams.buckets), dtype=np.int64)
    for texts in catalog.text_blocks(options.fields):
        for counts in count_blocks(texts_as_counted(texts, options, spellings), ngrams):
            count_documents(documents, counts)
            count_documents(of_texts, counts[np.flatnonzero(new[row : row + counts.shape[0]])])
            counted.add(counts)
            row += counts.shape[0]
            say(len(catalog) + row)
    columns = kept_ngrams(documents, of_texts, options)
    idf = inverse_document_frequency(documents[columns], len(catalog))
    matrix = _stacked(counted.take(), len(catalog), columns, idf, int(documents[columns].sum()))
    say(3 * len(catalog))
    return LexicalIndex(options, matrix, columns, idf, threads or thread_count(), first_of_rows(matrix), spellings)


def texts_as_counted(texts: Sequence[str], options: LexicalOptions, spellings: Spellings | None) -> Sequence[str]:
    """Return texts as their n-grams are counted."""
    measured = quantities_alike(texts, options.quantity_letters)
    return measured if spellings is None else spellings.added_to(measured)


def kept_ngrams(documents: Ints1d, of_texts: Ints1d, options: LexicalOptions) -> Ints1d:
    """Return the buckets (f,) that are kept, of those (b,) in so many products and in so many different texts."""
    return np.flatnonzero((documents >= 2) & (of_texts <= options.most_products)).astype(np.int64)


def _look_through(
    catalog: Catalog, options: LexicalOptions, say: Callable[[int], None]
) -> tuple[Bools1d, Spellings | None]:
    """Return which products (n,) have a text that none before them has, and the spellings of all texts; None for texts
    that are read as they are written."""
    contents, count = [], SpellingsCount() if catalog.reading.form == NORMAL else None
    done = 0
    for texts in catalog.text_blocks(options.fields):
        say(done)
        contents.append(text_contents(texts))
        if count is not None:
            count.add(texts)
        done += len(texts)
        say(done)
    first = first_of(np.concatenate(contents))
    return np.asarray(first == np.arange(len(first))), None if count is None else count.spellings()


def in_bytes(counts: sp.csr_matrix) -> sp.csr_matrix:
    """Return counts in a quarter of their memory: what is more often in one text than 255 times counts as that."""
    return sp.csr_matrix((np.minimum(counts.data, 255).astype(np.uint8), counts.indices, counts.indptr), counts.shape)


class _Counted:
    """It keeps blocks of counts, in bytes."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.blocks: list[sp.csr_matrix | Path] = []

    def add(self, counts: sp.csr_matrix) -> None:
        small = in_bytes(counts)
        if self.folder is None:
            self.blocks.append(small)
            return
        path = self.folder / f"counts_{len(self.blocks):05d}.npz"
        sp.save_npz(path, small, compressed=False)
        self.blocks.append(path)

    def take(self) -> Iterator[sp.csr_matrix]:
        """Yield each block once."""
        for number, block in enumerate(self.blocks):
            self.blocks[number] = sp.csr_matrix((0, 0))
            if isinstance(block, Path):
                yield sp.load_npz(block)
                block.unlink()
            else:
                yield block


def _stacked(blocks: Iterable[sp.csr_matrix], rows: int, columns: Ints1d, idf: Floats1d, entries: int) -> sp.csr_matrix:
    """Weigh the blocks into one matrix of so many entries: stacking them would hold all twice."""
    data, indices = np.empty(entries, dtype=np.float32), np.empty(entries, dtype=np.int32)
    ends, row, at = np.zeros(rows + 1, dtype=np.int32 if entries < 2**31 else np.int64), 0, 0
    for counts in blocks:
        block = weighed(counts.astype(np.float32), columns, idf)
        data[at : at + block.nnz], indices[at : at + block.nnz] = block.data, block.indices
        ends[row + 1 : row + 1 + block.shape[0]] = at + block.indptr[1:]
        row, at = row + block.shape[0], at + block.nnz
    return sp.csr_matrix((data, indices, ends), (rows, len(columns)))


def write_head(folder: Path, options: LexicalOptions, ngrams: int) -> None:
    """Write what says how the arrays in a folder are to be read."""
    write_json(folder / OPTIONS_FILE, {"options": asdict(options), "ngrams": ngrams})


def load_lexical(folder: Path, size: int, *, threads: int | None = None) -> LexicalIndex:
    """Open what `save` wrote. Raises InputError when it is damaged or of another catalogue."""
    stored = open_lexical_rows(folder, size)
    try:
        head = json.loads((folder / OPTIONS_FILE).read_text(encoding="utf-8"))
        options = LexicalOptions(**{**head["options"], "fields": tuple(head["options"]["fields"])})
        columns, idf = (np.load(folder / f"{name}.npy", mmap_mode="c", allow_pickle=False) for name in OF_NGRAMS)
        there = (folder / FIRST_FILE).is_file()
        first = np.load(folder / FIRST_FILE, mmap_mode="c", allow_pickle=False) if there else None
        spellings = load_spellings(folder)
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise unreadable(folder, error) from error
    matrix = sp.csr_matrix((size, head["ngrams"]), dtype=np.float32)
    matrix.data, matrix.indices, matrix.indptr = stored.data, stored.indices, stored.indptr
    return LexicalIndex(options, matrix, columns, idf, threads or thread_count(), first, spellings)


def weighed(counts: sp.csr_matrix, columns: Ints1d, idf: Floats1d) -> sp.csr_matrix:
    """Return the unit rows of counts over the n-grams kept."""
    return weigh(counts[:, columns], idf)


def _top(queries: sp.csr_matrix, by_ngram: sp.csr_matrix, ask: int, threads: int) -> Neighbours:
    """Return the `ask` largest products of each query row, in any order, as rows padded with -1."""
    from sparse_dot_topn import sp_matmul_topn  # late: cosines of pairs do without it

    found = sp_matmul_topn(queries, by_ngram, top_n=ask, n_threads=threads)
    if found.nnz == queries.shape[0] * ask:
        return Neighbours(found.indices.reshape(-1, ask).astype(np.int64), found.data.reshape(-1, ask))
    counts = np.diff(found.indptr)
    padded = no_neighbours(queries.shape[0], ask)
    row = np.repeat(np.arange(len(counts)), counts)
    column = np.arange(len(row)) - np.repeat(found.indptr[:-1].astype(np.int64), counts)
    padded.positions[row, column] = found.indices
    padded.cosines[row, column] = found.data
    return padded
