"""Latent semantic analysis projects character n-gram TF-IDF on its leading singular vectors.

Deerwester et al., "Indexing by latent semantic analysis", JASIS 41 (1990); the randomised decomposition is
Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53 (2011), through scikit-learn.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.catalog.catalog import TEXT_FIELDS, Catalog
from indexing.encoders.encoder import Encoded
from indexing.errors import InputError
from indexing.storage.artefact import write_json
from indexing.vectors.ngrams import NgramOptions, count_blocks, document_counts, inverse_document_frequency, weigh
from indexing.vectors.vectors import unit_rows

OPTIONS_FILE, ARRAYS_FILE = "lsa.json", "lsa.npz"
SMALLEST_VALUE = 1e-4  # of a singular value, as a share of the largest: below, a dimension is noise


@dataclass(frozen=True)
class LsaOptions:
    """These options ask for `dim` singular vectors over the `most_ngrams` commonest n-grams of `most_texts` texts at
    most.

    Each dimension is divided by its singular value to the power `whitening`. Character bigrams and 0.5 had the best
    recall@10 of those tried on validation matches (docs/benchmarks.md): fewer n-grams leave more of each in the
    vector, and whitening gives the rarer ones, which tell products apart, more of it.
    """

    dim: int = 256
    fields: tuple[str, ...] = TEXT_FIELDS
    shortest: int = 2
    longest: int = 2
    whitening: float = 0.5
    most_ngrams: int = 60_000
    most_texts: int = 60_000
    iterations: int = 4
    seed: int = 0

    def ngrams(self) -> NgramOptions:
        return NgramOptions("char_wb", self.shortest, self.longest)


@dataclass(frozen=True)
class LsaEncoder:
    """It holds what was fitted on one catalogue: the n-grams kept (f,), their idf (f,), and the projection (f, d)."""

    options: LsaOptions
    kept: Ints1d
    idf: Floats1d
    projection: Floats2d

    @property
    def spec(self) -> str:
        return "lsa"

    @property
    def dim(self) -> int:
        return int(self.projection.shape[1])

    def encode(self, catalog: Catalog) -> Encoded:
        """Return a row a product; texts without any kept n-gram have a row of zeros."""
        return Encoded(self.encode_texts(catalog.texts(self.options.fields)))

    def encode_texts(self, texts: Sequence[str]) -> Floats2d:
        """Return the unit rows (n, d) of texts."""
        blocks = [
            unit_rows(_weighed(counts, self.kept, self.idf) @ self.projection)
            for counts in count_blocks(texts, self.options.ngrams())
        ]
        return np.concatenate(blocks) if blocks else np.zeros((0, self.dim), dtype=np.float32)

    def save(self, folder: Path) -> None:
        write_json(folder / OPTIONS_FILE, asdict(self.options))
        np.savez(folder / ARRAYS_FILE, kept=self.kept, idf=self.idf, projection=self.projection)


def load_lsa(folder: Path) -> LsaEncoder:
    """Read the encoder that `save` wrote. Raises InputError when the folder does not hold a whole one."""
    try:
        options = json.loads((folder / OPTIONS_FILE).read_text(encoding="utf-8"))
        options["fields"] = tuple(options["fields"])
        with (folder / ARRAYS_FILE).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return LsaEncoder(LsaOptions(**options), arrays["kept"], arrays["idf"], arrays["projection"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise InputError(f"{folder}: the lsa encoder cannot be read ({error}): build the index again") from error


def fit_lsa(catalog: Catalog, options: LsaOptions | None = None) -> LsaEncoder:
    """Fit an encoder on a catalogue, or on a sample of its texts chosen by content, so that row order does not matter.

    Raises InputError when no product has any text.
    """
    options = options or LsaOptions()
    texts = _sample(catalog.text_blocks(options.fields), options.most_texts)
    if not texts:
        raise InputError("no product has any text: give --text-encoder none, or name the title column in a schema file")
    counts = sp.vstack(list(count_blocks(texts, options.ngrams())), format="csr")
    documents = document_counts(counts)
    kept = _commonest(documents, options.most_ngrams)
    idf = inverse_document_frequency(documents[kept], len(texts))
    weighed = _weighed(counts, kept, idf)
    return LsaEncoder(options, kept, idf, _projection(weighed, options))


def _sample(blocks: Iterable[Sequence[str]], most: int) -> list[str]:
    """Return the texts that are not empty; of more than `most` those with the smallest hashes.

    They are sorted: then float sums over texts, and so the fit, are the same to the last bit in any catalogue order.
    """
    texts, hashes = np.zeros(0, dtype=object), np.zeros(0, dtype=np.uint64)
    for block in blocks:
        there = np.array([text for text in block if text.strip()], dtype=object)
        texts = np.concatenate([texts, there])
        hashes = np.concatenate([hashes, pd.util.hash_array(there, categorize=False)])
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


def _projection(weighed: sp.csr_matrix, options: LsaOptions) -> Floats2d:
    """Return the leading right singular vectors, whitened (f, d).

    The random start is drawn over n-grams, never over rows: permuting the catalogue does not change the result.
    """
    dim = min(options.dim, min(weighed.shape) - 1)
    if dim < 1:
        return np.ones((weighed.shape[1], 1), dtype=np.float32)
    # Most of the work is products of the sparse matrix, which take one thread; on a busy machine BLAS threads of the
    # small rest wait for one another far longer than they work.
    with threadpool_limits(1, user_api="blas"):
        _, values, vectors = randomized_svd(
            weighed,
            dim,
            n_iter=options.iterations,
            power_iteration_normalizer="QR",
            transpose=False,
            random_state=options.seed,
        )
    scale = np.maximum(values, values[0] * SMALLEST_VALUE) ** options.whitening
    return np.ascontiguousarray(vectors.T / scale, dtype=np.float32)
