"""Judged pairs are weighed so that their mix is that of the pairs met: another share of matches, or another mix of known categories
and sources, is no other kind."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Floats1d, Ints1d
from reranking.kinds.pair_sample import PairSample

LEAST_PAIRS = 3  # judged pairs of a category, or of two sources, from which its share is made that of the pairs met
MOST_TIMES = 20.0  # by which the mix of categories and sources makes a pair count more, or less
MOST_SHARE = 30.0  # by which the share of matches does
ROUNDS = 20

Shares = Mapping[str, tuple[float, float]]


def mix_weights(judged: PairSample, met: PairSample, shares: Shares) -> Floats1d:
    """Return weights (n,) of judged pairs, of mean 1, with which their mix is that of the pairs met.

    `shares` names, by category, the share of matches among validation pairs and among the scored ones. Categories, and the two
    sources of a pair, are then raked: the weights are scaled to the shares of one margin and of the other in turn (Deming and
    Stephan, 1940). What was judged too rarely to be weighed keeps its own.
    """
    start = _by_share(judged, shares)
    margins = [
        _Margin.of(own, other)
        for own, other in ((judged.categories, met.categories), (judged.source_pairs(), met.source_pairs()))
    ]
    weights = start
    for _ in range(ROUNDS):
        for margin in margins:
            weights = margin.scaled(weights)
        weights = start * np.clip(weights / start, 1 / MOST_TIMES, MOST_TIMES)
    return np.asarray(weights / weights.mean(), dtype=np.float64)


def _by_share(judged: PairSample, shares: Shares) -> Floats1d:
    """Return what each judged pair (n,) stands for where matches have another share."""
    if judged.targets is None:
        raise ValueError("judged pairs have targets")
    weights = np.ones(len(judged))
    for name, (before, after) in shares.items():
        inside = judged.of_category(name)
        as_match, as_other = after / before, (1 - after) / (1 - before)
        weights[inside] = np.where(judged.targets[inside] == 1, as_match, as_other)
    middle = np.sqrt(weights.min() * weights.max())
    return np.clip(weights, middle / MOST_SHARE, middle * MOST_SHARE)


class _Margin:
    """It has the place of each judged pair (n,) among the names that are weighed, -1 for none, and the share of each name (c,)
    among pairs met that have one of them."""

    def __init__(self, places: Ints1d, wanted: Floats1d) -> None:
        self.places, self.wanted = places, wanted

    @classmethod
    def of(cls, judged: pa.Array, met: pa.Array) -> "_Margin":
        counts = pc.value_counts(judged).to_pylist()
        names = pa.array([row["values"] for row in counts if row["counts"] >= LEAST_PAIRS], pa.large_string())
        own, other = (_places(column, names) for column in (judged, met))
        found = np.bincount(other[other >= 0], minlength=len(names)).astype(np.float64)
        return cls(own, found / max(found.sum(), 1.0))

    def scaled(self, weights: Floats1d) -> Floats1d:
        """Return weights (n,) whose sums by name are as wanted; together the names weigh what they did."""
        inside = self.places >= 0
        if not inside.any() or not self.wanted.any():
            return weights
        places = self.places[inside]
        sums = np.bincount(places, weights[inside], minlength=len(self.wanted))
        factors = self.wanted * sums.sum() / sums
        scaled = weights.copy()
        scaled[inside] *= np.maximum(factors[places], 1e-9)
        return scaled


def _places(column: pa.Array, names: pa.Array) -> Ints1d:
    found = pc.fill_null(pc.index_in(column, names), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)
