"""Settled cosines depend on nothing but the two vectors.

An engine multiplies whole blocks of rows, and sums in an order that depends on where in its block a row stands: the
same two products differ in the last bits when the catalogue is permuted, or another processor is used. A tree's split
can fall between.
"""

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats2d, Ints1d, Ints2d
from indexing.search.neighbours import Neighbours, in_order
from indexing.vectors.rows import Rows

SPARE = 4  # neighbours fetched beyond k: which of those a hair apart is the k-th is settled here, not by the engine
BLOCK_VALUES = 1 << 22  # float32 numbers gathered at once


def settled(found: Neighbours, rows: Rows, own: Ints1d, k: int) -> Neighbours:
    """Return the k best of the neighbours found for the products `own` (q,), each cosine summed by itself over
    `rows`."""
    there = found.positions >= 0
    few = 2 * int(there.sum()) < there.size
    cosines = (_of_pairs if few else _of_lists)(found.positions, rows, own)
    return in_order(found.positions, cosines).first(k)


def _of_lists(positions: Ints2d, rows: Rows, own: Ints1d) -> Floats2d:
    """Return the cosines (q, n) of lists whose places are full, most of them."""
    cosines = np.empty(positions.shape, dtype=np.float32)
    step = max(1, BLOCK_VALUES // max(1, positions.shape[1] * rows.dim))
    for start in range(0, len(own), step):
        part = positions[start : start + step]
        others = rows.take(np.maximum(part, 0).ravel()).reshape(*part.shape, rows.dim)
        cosines[start : start + step] = _sums(rows.take(own[start : start + step]), others)
    return cosines


def _of_pairs(positions: Ints2d, rows: Rows, own: Ints1d) -> Floats2d:
    """Return the cosines (q, n) of lists with many a place empty, which gets NaN."""
    cosines = np.full(positions.shape, np.nan, dtype=np.float32)
    row, column = np.nonzero(positions >= 0)
    step = max(1, BLOCK_VALUES // max(1, 2 * rows.dim))
    for start in range(0, len(row), step):
        at, place = row[start : start + step], column[start : start + step]
        cosines[at, place] = _sums(rows.take(own[at]), rows.take(positions[at, place])[:, None])[:, 0]
    return cosines


def _sums(own: Floats2d, others: npt.NDArray[np.float32]) -> Floats2d:
    """Return the cosines (q, n) of rows (q, d) and those of others (q, n, d), summed the same way whatever q and n
    are."""
    return np.asarray(np.einsum("ij,ikj->ik", own, others, dtype=np.float32), dtype=np.float32)
