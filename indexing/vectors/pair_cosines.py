"""Cosines of many pairs of rows are computed a block at a time, so that the gathered rows stay small."""

from collections.abc import Callable

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from indexing.vectors.rows import Rows

COSINE_BLOCK = 16_384


def in_blocks(cosines: Callable[[Ints1d, Ints1d], Floats1d], left: Ints1d, right: Ints1d) -> Floats1d:
    """Return what `cosines` says of pairs of positions (p,), float32, asked for COSINE_BLOCK pairs at a time."""
    out = np.empty(len(left), dtype=np.float32)
    for start in range(0, len(left), COSINE_BLOCK):
        part = slice(start, start + COSINE_BLOCK)
        out[part] = cosines(left[part], right[part])
    return out


def dense_cosines(rows: Rows, left: Ints1d, right: Ints1d) -> Floats1d:
    """Return the cosines (p,) of pairs of positions in dense unit rows, float32."""
    return in_blocks(lambda a, b: np.einsum("ij,ij->i", rows.take(a), rows.take(b)), left, right)
