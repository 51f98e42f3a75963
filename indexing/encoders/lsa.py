"""Latent semantic analysis projects character n-gram TF-IDF on its leading singular vectors, and a little of what they
leave over on random signs.

Deerwester et al., "Indexing by latent semantic analysis", JASIS 41 (1990); the randomised decomposition is
Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53 (2011), through scikit-learn.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import scipy.sparse as sp

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.encoders.encoder import Encoded
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.machine.threads import one_blas_thread
from indexing.storage.artefact import write_json
from indexing.vectors.ngram_options import TODAYS_LSA, LsaOptions
from indexing.vectors.ngrams import count_blocks, document_counts, inverse_document_frequency, of_counts, weigh
from indexing.vectors.random_signs import random_signs
from indexing.vectors.vectors import unit_rows
from indexing.words.quantities import quantities_alike
from indexing.words.text_keys import text_keys

OPTIONS_FILE, ARRAYS_FILE = "lsa.json", "lsa.npz"
STAGE, FITTING = "fit text", 2  # counting n-grams is half of it, for all that is known
SMALLEST_VALUE = 1e-4  # of a singular value, as a share of the largest: below, a dimension is noise
# what is left over has singular values of half the least that is kept, on average: 0.46 to 0.56 of it in five catalogues
OF_THE_LEAST = 0.5
FEW_DIMENSIONS = 1 / 32  # of all: a row that is in no more has what is left over of its text with its whole weight
MOST_RESIDUAL = 2.0  # of a row in fewer still
ENCODED_TEXTS = 4096  # by a thread at once: what is made of them on the way takes several times their rows


@dataclass(frozen=True)
class LsaEncoder:
    """It holds what was fitted on one catalogue: the n-grams kept (f,), their idf (f,), and the projection (f, d).

    `leading` (f, d) is the part of the projection on singular vectors alone, and `residual` what the random signs of
    n-grams that were not kept are multiplied by, None and 0 where nothing is left over, or of an index of before.
    """

    options: LsaOptions
    kept: Ints1d
    idf: Floats1d
    projection: Floats2d
    leading: Floats2d | None = None
    residual: float = 0.0
    rarest: float = 0.0  # the idf of an n-gram that no text had

    @property
    def spec(self) -> str:
        return "lsa"

    @property
    def dim(self) -> int:
        return int(self.projection.shape[1])

    def encode(self, catalog: Catalog) -> Encoded:
        """Return a row a product; texts without any n-gram have a row of zeros."""
        return Encoded(self.encode_texts(catalog.texts(self.options.fields)))

    def encode_texts(self, texts: Sequence[str]) -> Floats2d:
        """Return the unit rows (n, d) of texts."""
        read = quantities_alike(texts, self.options.quantity_letters)
        blocks = list(of_counts(read, self.options.ngrams(), self._rows, ENCODED_TEXTS))
        return np.concatenate(blocks) if blocks else np.zeros((0, self.dim), dtype=np.float32)

    def _rows(self, counts: sp.csr_matrix) -> Floats2d:
        if self.leading is None:
            return unit_rows(_weighed(counts, self.kept, self.idf) @ self.projection)
        weighed = weigh(counts, self._idf)
        known = weighed[:, self.kept]
        rows = known @ self.projection
        self._add_unknown(weighed, rows)
        return unit_rows(self._filled(known, rows))

    @cached_property
    def _idf(self) -> Floats1d:
        """Return the idf of every n-gram (buckets,)."""
        idf = np.full(self.options.ngrams().buckets, self.rarest, dtype=np.float32)
        idf[self.kept] = self.idf
        return idf

    @cached_property
    def _unknown(self) -> Bools1d:
        """Return which n-grams (buckets,) were not kept."""
        unknown = np.ones(self.options.ngrams().buckets, dtype=bool)
        unknown[self.kept] = False
        return unknown

    def _add_unknown(self, weighed: sp.csr_matrix, rows: Floats2d) -> None:
        """Add the n-grams that were not kept to the rows (n, d) of their texts."""
        columns = np.unique(weighed.indices[self._unknown[weighed.indices]])
        if columns.size:
            unknown = weighed[:, columns]
            there = np.flatnonzero(np.diff(unknown.indptr))
            rows[there] += unknown[there] @ (random_signs(columns, self.dim) * np.float32(self.residual))

    def _filled(self, known: sp.csr_matrix, rows: Floats2d) -> Floats2d:
        """Return the rows, those of few dimensions with all that is left over of their texts.

        Singular vectors have a direction or two for texts in a script of few products: without the rest they would all
        be one.
        """
        whole = np.minimum((FEW_DIMENSIONS * self.dim / _dimensions(unit_rows(rows))) ** 2, MOST_RESIDUAL)
        few = np.flatnonzero(whole > self.options.residual)
        if few.size:
            added = np.sqrt(whole[few] / self.options.residual) - 1
            leading = known[few] @ self.leading
            rows[few] += (rows[few] - leading) * added[:, None].astype(np.float32)
        return rows

    def save(self, folder: Path) -> None:
        write_json(folder / OPTIONS_FILE, asdict(self.options))
        arrays = {"kept": self.kept, "idf": self.idf, "projection": self.projection}
        if self.leading is not None:
            arrays |= {"leading": self.leading, "residual": np.array([self.residual, self.rarest])}
        np.savez(folder / ARRAYS_FILE, **arrays)  # type: ignore[arg-type]


def _dimensions(rows: Floats2d) -> Floats1d:
    """Return how many dimensions each unit row (n, d) is in: 1 for one along an axis, d for one along none more than
    others; infinity for a row of zeros."""
    fourth = np.einsum("ij,ij->i", rows**2, rows**2, dtype=np.float64)
    return np.asarray(np.divide(1.0, fourth, out=np.full(len(rows), np.inf), where=fourth > 0))


def load_lsa(folder: Path) -> LsaEncoder:
    """Read the encoder that `save` wrote. Raises InputError when the folder does not hold a whole one."""
    try:
        options = json.loads((folder / OPTIONS_FILE).read_text(encoding="utf-8"))
        options["fields"] = tuple(options["fields"])
        with (folder / ARRAYS_FILE).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            more = (arrays["leading"], *arrays["residual"].tolist()) if "leading" in arrays else ()
            return LsaEncoder(LsaOptions(**options), arrays["kept"], arrays["idf"], arrays["projection"], *more)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise InputError(f"{folder}: the lsa encoder cannot be read ({error}): build the index again") from error


def fit_lsa(catalog: Catalog, options: LsaOptions | None = None, progress: Progress = silent) -> LsaEncoder:
    """Fit an encoder on a catalogue, or on a sample of its texts chosen by content, so that row order does not matter.

    Raises InputError when no product has any text.
    """
    options = options or TODAYS_LSA
    texts = _sample(catalog.text_blocks(options.fields), options.most_texts)
    if not texts:
        raise InputError("no product has any text: give --text-encoder none, or name the title column in a schema file")
    read = quantities_alike(texts, options.quantity_letters)
    counts = _counted(read, options, progress)
    documents = document_counts(counts)
    kept = _commonest(documents, options.most_ngrams)
    idf = inverse_document_frequency(documents[kept], len(texts))
    fitted = _fitted(_weighed(counts, kept, idf), kept, options)
    rarest = float(inverse_document_frequency(np.zeros(1, dtype=np.int64), len(texts))[0])
    progress(STAGE, len(texts), len(texts))
    return LsaEncoder(options, kept, idf, *fitted, rarest)


def _counted(texts: Sequence[str], options: LsaOptions, progress: Progress) -> sp.csr_matrix:
    """Return the counts (t, buckets) of the texts."""
    blocks, done = [], 0
    progress(STAGE, done // FITTING, len(texts))
    for block in count_blocks(texts, options.ngrams()):
        blocks.append(block)
        done += block.shape[0]
        progress(STAGE, done // FITTING, len(texts))
    return sp.vstack(blocks, format="csr")


def _sample(blocks: Iterable[Sequence[str]], most: int) -> list[str]:
    """Return the texts that are not empty; of more than `most` those with the smallest hashes.

    They are sorted: then float sums over texts, and so the fit, are the same to the last bit in any catalogue order.
    """
    texts, hashes = np.zeros(0, dtype=object), np.zeros(0, dtype=np.uint64)
    for block in blocks:
        there = np.array([text for text in block if text.strip()], dtype=object)
        texts = np.concatenate([texts, there])
        hashes = np.concatenate([hashes, text_keys(there.tolist())])
        if len(texts) > most:
            smallest = np.argpartition(hashes, most)[:most]
            texts, hashes = texts[smallest], hashes[smallest]
    return sorted(texts)


def _commonest(documents: Ints1d, most: int) -> Ints1d:
    """Return the n-grams that occur in two texts or more (in one, if no others do), of too many the commonest."""
    found = np.flatnonzero(documents >= 2)
    if found.size == 0:
        found = np.flatnonzero(documents)
    if found.size > most:
        order = np.lexsort((found, -documents[found]))[:most]
        found = np.sort(found[order])
    return np.asarray(found, dtype=np.int64)


def _weighed(counts: sp.csr_matrix, kept: Ints1d, idf: Floats1d) -> sp.csr_matrix:
    return weigh(counts[:, kept], idf)


def _fitted(weighed: sp.csr_matrix, kept: Ints1d, options: LsaOptions) -> tuple[Floats2d, Floats2d | None, float]:
    """Return the projection (f, d), its part on the leading right singular vectors, whitened, where there is another,
    and what random signs are multiplied by.

    The random start is drawn over n-grams, never over rows: permuting the catalogue does not change the result.
    """
    from sklearn.utils.extmath import randomized_svd  # which takes longer to load than a query's answer

    dim = min(options.dim, min(weighed.shape) - 1)
    if dim < 1:
        return np.ones((weighed.shape[1], 1), dtype=np.float32), None, 0.0
    # Most of the work is products of the sparse matrix, which take one thread; on a busy machine BLAS threads of the
    # small rest wait for one another far longer than they work.
    with one_blas_thread():
        _, values, vectors = randomized_svd(
            weighed,
            dim,
            n_iter=options.iterations,
            power_iteration_normalizer="QR",
            transpose=False,
            random_state=options.seed,
        )
        least = values[0] * SMALLEST_VALUE
        leading = np.ascontiguousarray(vectors.T / np.maximum(values, least) ** options.whitening, dtype=np.float32)
        if dim < options.dim or not options.residual:  # so small a catalogue leaves nothing over
            return leading, None, 0.0
        residual = np.sqrt(options.residual / dim) / max(values[-1] * OF_THE_LEAST, least) ** options.whitening
        signs = random_signs(kept, dim)
        over = signs - vectors.T @ (vectors @ signs)
    return np.asarray(leading + residual * over, dtype=np.float32), leading, float(residual)
