"""Many texts at once are cut into character 3-grams."""

from collections.abc import Sequence

import numpy as np

from indexing.arrays import Ints1d
from reranking.signals.texts.bags import BUCKET_BITS, Occurrences

_FACTORS = np.array([2_654_435_761, 2_246_822_519, 3_266_489_917], dtype=np.uint64)


def character_grams(texts: Sequence[str]) -> Occurrences:
    """Return the 3-grams of each text with a blank before and after it; a text without characters has none."""
    padded = [f" {text} " if text else "" for text in texts]
    lengths = np.fromiter(map(len, padded), dtype=np.int64, count=len(padded))
    points = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    rows = np.repeat(np.arange(len(padded)), lengths)
    if len(points) < 3:
        return Occurrences(rows[:0], rows[:0])
    within = rows[:-2] == rows[2:]
    return Occurrences(rows[:-2][within], _buckets(points)[within])


def _buckets(points: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> Ints1d:
    first, second, third = (points[i : len(points) - 2 + i] * _FACTORS[i] for i in range(3))
    mixed = first ^ (second << np.uint64(7)) ^ (third << np.uint64(15))
    mixed ^= mixed >> np.uint64(29)
    mixed = (mixed * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - BUCKET_BITS)
    return np.asarray(mixed, dtype=np.int64)
