"""Lexical neighbours: exact top-k cosines over sparse character n-grams, through sparse_dot_topn.

Dense vectors blur model codes; rare n-grams keep them. N-grams that stand in many products are left out: they cost
most and tell least (a cap on the document frequency, chosen on validation matches, docs/benchmarks.md).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sparse_dot_topn import sp_matmul_topn

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.artefact import write_json
from indexing.catalog import TEXT_FIELDS, Catalog
from indexing.errors import InputError
from indexing.neighbours import Neighbours, best, in_order, no_neighbours
from indexing.ngrams import NgramOptions, count_blocks, document_counts, inverse_document_frequency, weigh
from indexing.threads import thread_count

OPTIONS_FILE = "lexical.json"
TIE_MARGIN = 16  # neighbours fetched beyond k: equal titles tie often, and asking again costs more than this
ARRAYS = ("data", "indices", "indptr", "columns", "idf")


@dataclass(frozen=True)
class LexicalOptions:
    """N-grams inside words from `shortest` to `longest` characters, each in 2 to `most_products` products."""

    fields: tuple[str, ...] = TEXT_FIELDS
    shortest: int = 3
    longest: int = 4
    most_products: int = 1000

    def ngrams(self) -> NgramOptions:
        return NgramOptions("char_wb", self.shortest, self.longest, buckets=1 << 22)


@dataclass(frozen=True)
class LexicalIndex:
    """Unit TF-IDF rows of all products (n, f) over the n-grams kept; `columns` (f,) are their hash buckets."""

    options: LexicalOptions
    matrix: sp.csr_matrix
    columns: Ints1d
    idf: Floats1d
    threads: int = field(default_factory=thread_count)

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    @cached_property
    def by_ngram(self) -> sp.csr_matrix:
        """The transposed matrix (f, n): the products of each n-gram."""
        return self.matrix.T.tocsr()

    def rows(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Unit TF-IDF rows (t, f) of texts; an n-gram that the catalogue lacks is ignored."""
        blocks = [_weighed(counts, self.columns, self.idf) for counts in count_blocks(texts, self.options.ngrams())]
        return sp.vstack(blocks, format="csr")

    def cosines(self, left: Ints1d, right: Ints1d) -> Floats1d:
        """Cosines (p,) of pairs of positions, float32."""
        products = self.matrix[left].multiply(self.matrix[right])
        return np.asarray(products.sum(axis=1), dtype=np.float32).ravel()

    def search(self, queries: sp.csr_matrix, k: int, *, allowed: Bools1d | None = None) -> Neighbours:
        """Only products that share an n-gram with the query are neighbours."""
        if not len(self) or not queries.shape[0]:
            return no_neighbours(queries.shape[0], k)
        places = None if allowed is None else np.flatnonzero(allowed)
        by_ngram = self.by_ngram if places is None else self.matrix[places].T.tocsr()

        def fetch(rows: Ints1d, ask: int) -> Neighbours:
            chosen = queries if len(rows) == queries.shape[0] else queries[rows]
            found = _top(chosen, by_ngram, ask, self.threads)
            positions = found.positions
            if places is not None and places.size:
                positions = np.where(positions < 0, -1, places[positions])
            return in_order(positions, found.cosines)

        return best(fetch, queries.shape[0], k, by_ngram.shape[1], margin=TIE_MARGIN)

    def save(self, folder: Path) -> None:
        """One .npy file an array, so that opening maps them into memory."""
        write_json(folder / OPTIONS_FILE, {"options": asdict(self.options), "ngrams": len(self.columns)})
        arrays = (self.matrix.data, self.matrix.indices, self.matrix.indptr, self.columns, self.idf)
        for name, array in zip(ARRAYS, arrays, strict=True):
            np.save(folder / f"{name}.npy", array)


def fit_lexical(catalog: Catalog, options: LexicalOptions | None = None, *, threads: int | None = None) -> LexicalIndex:
    """Count and weigh the n-grams of every product, a block at a time: only those that are kept are held of each."""
    options = options or LexicalOptions()
    texts = catalog.texts(options.fields)
    ngrams = options.ngrams()
    documents = np.zeros(ngrams.buckets, dtype=np.int64)
    blocks = []
    for counts in count_blocks(texts, ngrams):
        documents += document_counts(counts)
        blocks.append(_small(counts))
    columns = np.flatnonzero((documents >= 2) & (documents <= options.most_products)).astype(np.int64)
    idf = inverse_document_frequency(documents[columns], len(texts))
    for number, counts in enumerate(blocks):
        blocks[number] = _weighed(counts.astype(np.float32), columns, idf)
    matrix = sp.vstack(blocks, format="csr") if blocks else sp.csr_matrix((0, len(columns)), dtype=np.float32)
    return LexicalIndex(options, matrix, columns, idf, threads or thread_count())


def _small(counts: sp.csr_matrix) -> sp.csr_matrix:
    """The same counts in a quarter of the memory: what is more often in one text than 255 times counts as that."""
    return sp.csr_matrix((np.minimum(counts.data, 255).astype(np.uint8), counts.indices, counts.indptr), counts.shape)


def load_lexical(folder: Path, size: int, *, threads: int | None = None) -> LexicalIndex:
    """What `save` wrote. Raises InputError when it is damaged or of another catalogue."""
    try:
        head = json.loads((folder / OPTIONS_FILE).read_text(encoding="utf-8"))
        options = LexicalOptions(**{**head["options"], "fields": tuple(head["options"]["fields"])})
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="c", allow_pickle=False) for name in ARRAYS}
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise InputError(f"{folder}: the lexical view cannot be read ({error}): build the index again") from error
    if len(arrays["indptr"]) != size + 1:
        rows = len(arrays["indptr"]) - 1
        raise InputError(f"{folder}: the lexical view has {rows} rows, the catalogue {size}: build the index again")
    matrix = sp.csr_matrix((size, head["ngrams"]), dtype=np.float32)
    matrix.data, matrix.indices, matrix.indptr = arrays["data"], arrays["indices"], arrays["indptr"]
    return LexicalIndex(options, matrix, arrays["columns"], arrays["idf"], threads or thread_count())


def _weighed(counts: sp.csr_matrix, columns: Ints1d, idf: Floats1d) -> sp.csr_matrix:
    return weigh(counts[:, columns], idf)


def _top(queries: sp.csr_matrix, by_ngram: sp.csr_matrix, ask: int, threads: int) -> Neighbours:
    """The `ask` largest products of each query row, in any order, as rows padded with -1."""
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
