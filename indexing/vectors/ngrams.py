"""N-grams are hashed and counted: no vocabulary is kept, so any number of texts can be counted block by block."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import scipy.sparse as sp

from indexing.arrays import Floats1d, Ints1d
from indexing.machine.threads import in_turn, thread_count
from indexing.vectors.character_ngrams import SHORTEST_WORD, character_counts
from indexing.vectors.ngram_options import MOST_COUNTING, NgramOptions

BLOCK_TEXTS = 16_384

Result = TypeVar("Result")


def count_blocks(texts: Sequence[str], options: NgramOptions) -> Iterator[sp.csr_matrix]:
    """Yield counts (block, buckets) of the texts in order, a block at a time."""
    return of_counts(texts, options, lambda counts: counts)


def of_counts(
    texts: Sequence[str], options: NgramOptions, work: Callable[[sp.csr_matrix], Result], size: int | None = None
) -> Iterator[Result]:
    """Yield what `work` makes of the counts (block, buckets) of each block of so many texts (None: BLOCK_TEXTS), in order; threads count
    the next ones meanwhile."""
    size = size or BLOCK_TEXTS

    def worked(block: Sequence[str]) -> Result:
        return work(_counts(block, options))

    blocks = [texts[start : start + size] for start in range(0, len(texts), size)]
    threads = min(thread_count(), MOST_COUNTING, len(blocks))
    if threads <= 1:
        yield from map(worked, blocks)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from (made for _, made in in_turn(pool, worked, blocks, threads))


def _counts(texts: Sequence[str], options: NgramOptions) -> sp.csr_matrix:
    if options.analyzer == "char_wb" and options.shortest <= SHORTEST_WORD:
        return character_counts(texts, options.shortest, options.longest, options.buckets)
    return options.vectorizer().transform(texts)


def count_documents(documents: Ints1d, block: sp.csr_matrix) -> None:
    """Add to `documents` (buckets,) in how many texts of a block each bucket occurs: of so many buckets few do."""
    np.add.at(documents, block.indices, 1)


def document_counts(block: sp.csr_matrix) -> Ints1d:
    """Count in how many texts of a block each bucket occurs, (buckets,)."""
    documents = np.zeros(block.shape[1], dtype=np.int64)
    count_documents(documents, block)
    return documents


def inverse_document_frequency(documents: Ints1d, texts: int) -> Floats1d:
    """Return the smoothed ln((1 + texts) / (1 + documents)) + 1, float32 (buckets,)."""
    return np.asarray(np.log((1.0 + texts) / (1.0 + documents)) + 1.0, dtype=np.float32)


def weigh(counts: sp.csr_matrix, idf: Floats1d) -> sp.csr_matrix:
    """Return unit rows of (1 + ln count)·idf; an n-gram of weight 0 is left out."""
    weighed = counts.copy()
    weighed.data = ((1.0 + np.log(weighed.data)) * idf[weighed.indices]).astype(np.float32)
    weighed.eliminate_zeros()
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    weighed.data *= np.repeat(scale, np.diff(weighed.indptr)).astype(np.float32)
    return weighed
