"""Cosines of neighbours that depend on nothing but the two vectors.

An engine multiplies whole blocks of rows, and sums in an order that depends on where in its block a row stands: the
same two products differ in the last bits when the catalogue is permuted, or another processor is used. A tree's split
can fall between.
"""

import numpy as np

from indexing.arrays import Floats2d, Ints1d
from indexing.index import Rows
from indexing.neighbours import Neighbours, in_order

SPARE = 4  # neighbours fetched beyond k: which of those a hair apart is the k-th is settled here, not by the engine
BLOCK_VALUES = 1 << 22  # float32 numbers gathered at once


def settled(found: Neighbours, rows: Rows, own: Ints1d, k: int) -> Neighbours:
    """The k best of the neighbours found for the products `own` (q,), each cosine summed by itself over `rows`."""
    cosines = np.empty(found.cosines.shape, dtype=np.float32)
    step = max(1, BLOCK_VALUES // max(1, found.k * rows.dim))
    for start in range(0, len(own), step):
        part = slice(start, start + step)
        cosines[part] = _each(rows, own[part], found.positions[part])
    return in_order(found.positions, cosines).first(k)


def _each(rows: Rows, own: Ints1d, positions: np.ndarray) -> Floats2d:
    others = rows.take(np.maximum(positions, 0).ravel()).reshape(*positions.shape, rows.dim)
    return np.asarray(np.einsum("ij,ikj->ik", rows.take(own), others, dtype=np.float32), dtype=np.float32)
