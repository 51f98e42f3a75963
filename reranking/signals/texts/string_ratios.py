"""Strings are compared pair by pair, by the scorers of RapidFuzz."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from rapidfuzz.process import cpdist

from indexing.arrays import Floats1d, Ints1d

FEW = 256  # pairs that are compared before another thread has begun
WORKERS = 2


def string_ratios(left: Sequence[str], right: Sequence[str], scorer: Any) -> Floats1d:
    """Return what the scorer says of each two strings that stand at one place, (p,) float32."""
    workers = 1 if len(left) < FEW else WORKERS
    return np.asarray(cpdist(left, right, scorer=scorer, dtype=np.float32, workers=workers))


def numbered(texts: Sequence[str]) -> Ints1d:
    """Return a number (n,) for each text, the same for equal ones: numbers are compared in a fraction of the time."""
    indices = pa.array(texts, pa.large_string()).dictionary_encode().indices
    return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)
