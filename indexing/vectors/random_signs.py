"""Random signs give every n-gram, known or not, a direction of its own, which takes no memory: it is hashed.

Projections on random signs keep inner products, the more so the more dimensions there are: Achlioptas, "Database-friendly
random projections", Journal of Computer and System Sciences 66 (2003).
"""

import numpy as np

from indexing.arrays import Floats2d, Ints1d

_STEP, _OTHER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_MIXES = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))


def random_signs(columns: Ints1d, dim: int) -> Floats2d:
    """Return -1 or 1 for each column and dimension (c, dim) float32: the same for a column in every run."""
    words = np.arange(1, dim // 64 + 2, dtype=np.uint64)
    mixed = columns.astype(np.uint64)[:, None] * _STEP ^ words[None, :] * _OTHER
    for shift, factor in _MIXES:
        mixed ^= mixed >> shift
        mixed *= factor
    mixed ^= mixed >> np.uint64(31)
    bits = np.unpackbits(mixed.view(np.uint8), axis=1)[:, :dim]
    return bits.astype(np.float32) * 2 - 1
