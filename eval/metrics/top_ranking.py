"""The metric without weights takes a short way, many times faster: only the top of a ranking can matter to it, so only
that is sorted.

Scores are counted in buckets first. Within a bucket precision is at most what it would be with the bucket's matches
first; behind the last bucket of a category for which that reaches the level lies nothing that counts. What is left is
sorted as whole numbers that hold the score's bits and, in the lowest, the target.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats1d, Ints1d, Ints2d

BUCKETS = 256
FLOAT32_SPANS = (1e-30, 1e38)  # between these, neither the span of scores nor its reciprocal overflows float32
MOST_CATEGORIES = 4096
_SIGN = np.uint32(0x80000000)
Keys = npt.NDArray[np.uint32] | npt.NDArray[np.uint64]


def can_rank_top(scores: Floats1d, targets: Floats1d, codes: Ints1d) -> bool:
    """Say whether `top_areas` takes them: scores that float32 holds exactly, all finite, and small codes from 0."""
    if not len(scores) == len(targets) == len(codes) or not len(scores) or scores.dtype.kind != "f":
        return False
    if codes.min() < 0 or codes.max() >= MOST_CATEGORIES:
        return False
    with np.errstate(over="ignore"):  # what overflows is not taken
        if not np.isfinite(scores.sum(dtype=np.float64)):
            return False
        return scores.dtype == np.float32 or bool((scores.astype(np.float32) == scores).all())


def top_areas(scores: Floats1d, targets: Floats1d, codes: Ints1d, level: float) -> tuple[Floats1d, Floats1d]:
    """Return each category's `weighted` value and pairs, both (c,), by rising code; a code without pairs has 0 of
    both."""
    places = _buckets(scores, codes)
    matches = np.flatnonzero(targets > 0)
    shape = (int(codes.max()) + 1, BUCKETS)
    called = np.bincount(places, minlength=shape[0] * BUCKETS).reshape(shape)
    found = np.bincount(places[matches], minlength=shape[0] * BUCKETS).reshape(shape)
    rows = np.flatnonzero(_can_count(called, found, level).ravel()[places])
    keys, starts = _sorted_keys(scores[rows], targets[rows], codes[rows], shape[0])
    return _areas(keys, starts, found.sum(axis=1), level), called.sum(axis=1).astype(np.float64)


def _buckets(scores: Floats1d, codes: Ints1d) -> npt.NDArray[np.int32]:
    """Return each pair's bucket (p,): a category's run from the highest scores to the lowest; rounding keeps order."""
    low, high = float(scores.min()), float(scores.max())
    span = high - low
    width = (BUCKETS - 2) / span if span else 0.0
    exact = np.float32 if FLOAT32_SPANS[0] <= span <= FLOAT32_SPANS[1] else np.float64
    fractions: Floats1d = scores.astype(exact)
    fractions -= exact(high)
    fractions *= exact(-width)
    places = codes.astype(np.int32)
    places *= BUCKETS
    places += fractions.astype(np.int16)  # small types: most of the time here goes to memory
    return places


def _can_count(called: Ints2d, found: Ints2d, level: float) -> npt.NDArray[np.bool_]:
    """Say which buckets (c, b) come no later than the last in which a point may have the precision."""
    before, earlier = np.cumsum(called, axis=1) - called, np.cumsum(found, axis=1) - found
    best = (earlier + found) / np.maximum(before + found, 1)
    may = (best >= level - 1e-9) & (called > 0)
    return np.asarray(np.cumsum(may[:, ::-1], axis=1)[:, ::-1] > 0)


def _sorted_keys(scores: Floats1d, targets: Floats1d, codes: Ints1d, count: int) -> tuple[Keys, Ints1d]:
    """Return a number a pair, category after category, score falling within, and `starts` (c + 1,), where each category
    begins. The lowest bit of a number is the target; the others are equal where scores are."""
    bits = np.ascontiguousarray(scores + np.float32(0), dtype=np.float32).view(np.uint32)  # -0 becomes 0
    falling = ~bits & ~_SIGN  # floats as whole numbers, the highest score lowest
    keys: Keys
    if (bits & _SIGN).any():
        falling = np.where(bits & _SIGN, bits, falling)
        keys = falling.astype(np.uint64) << np.uint64(1)
    else:  # without a sign there is room for the target
        keys = falling << np.uint32(1)
    keys |= targets.astype(keys.dtype)
    small = codes.astype(np.uint8 if count <= 256 else np.uint16)
    keys = keys[np.argsort(small, kind="stable")]
    starts = np.append(0, np.cumsum(np.bincount(codes, minlength=count)))
    for start, end in pairwise(starts):
        keys[start:end].sort()
    return keys, starts


def _areas(keys: Keys, starts: Ints1d, positives: Ints1d, level: float) -> Floats1d:
    """Return the trapezoids of each category (c,) up to the last point that has the precision."""
    running = np.append(0, np.cumsum((keys & keys.dtype.type(1)).astype(np.int64)))
    areas = np.zeros(len(positives))
    ties = keys >> keys.dtype.type(1)
    for code, (start, end) in enumerate(pairwise(starts)):
        if start == end or not positives[code]:
            continue
        own = ties[start:end]
        ends = np.append(np.flatnonzero(own[1:] != own[:-1]), end - start - 1)
        found = running[start + ends + 1] - running[start]
        precision = found / (ends + 1)
        held = np.flatnonzero(precision >= level)
        if held.size:
            last = int(held[-1]) + 1
            recall = found[:last] / positives[code]
            heights = precision[:last] + np.append(1.0, precision[: last - 1])
            areas[code] = float(np.diff(recall, prepend=0.0) @ heights) / 2
    return areas
