"""Reliability says whether scores mean what they say: among pairs scored about 0.8, are 80 % matches?"""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d

BINS = 10


@dataclass(frozen=True)
class Reliability:
    """It counts pairs in BINS equal parts of [0, 1] by score; its columns (b,) have the parts that have pairs.

    `error` is the expected calibration error: Σ pairs_b · |mean score_b - share of matches_b| / Σ pairs_b.
    """

    pairs: Floats1d
    mean_score: Floats1d
    share: Floats1d
    error: float


def measure_reliability(scores: Floats1d, targets: Floats1d) -> Reliability | None:
    """Measure pairs (p,); None where there are none, or scores lie outside [0, 1] and so are no probabilities."""
    if not len(scores) or scores.min() < 0 or scores.max() > 1:
        return None
    places = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    pairs = np.bincount(places, minlength=BINS).astype(np.float64)
    there = pairs > 0
    sums = (np.bincount(places, weights=values, minlength=BINS)[there] for values in (scores, targets))
    mean_score, share = (total / pairs[there] for total in sums)
    error = float((pairs[there] * np.abs(mean_score - share)).sum() / pairs.sum())
    return Reliability(pairs[there], mean_score, share, error)
