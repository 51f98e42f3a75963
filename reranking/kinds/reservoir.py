"""A reservoir keeps, of any number of scored pairs, as many as fit, each with the same chance."""

import numpy as np
import pyarrow as pa

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.catalog.catalog import Catalog
from reranking.kinds.pair_sample import PairSample

MOST_PAIRS = 20_000  # scored pairs that are kept


class Reservoir:
    """It draws at most `most` pairs of products of a catalogue, of those with scores from `floor` on; which ones depends on their
    order and `seed` alone."""

    def __init__(self, catalog: Catalog, floor: float, *, seed: int, most: int = MOST_PAIRS) -> None:
        self._catalog, self._floor, self._most = catalog, floor, most
        self._random = np.random.default_rng(seed)
        self._keys = np.zeros(0)
        self._drawn: PairSample | None = None

    def add(self, left: Ints1d, right: Ints1d, features: Floats2d, scores: Floats1d, categories: pa.Array) -> None:
        """Offer pairs (p,) of positions with features (p, f) float32, scores and evaluation categories."""
        rows, before = np.flatnonzero(np.asarray(scores, dtype=np.float64) >= self._floor), len(self._keys)
        keys = np.concatenate([self._keys, self._random.random(len(rows))])
        kept = np.sort(np.argsort(keys, kind="stable")[: self._most])
        rows = rows[kept[kept >= before] - before]
        offered = PairSample(
            features[rows],
            scores[rows],
            categories.take(pa.array(rows)),
            sources_of(self._catalog, left[rows]),
            sources_of(self._catalog, right[rows]),
            left[rows],
            right[rows],
        )
        held = None if self._drawn is None else self._drawn.take(kept[kept < before])
        self._drawn = offered if held is None else held.followed_by(offered)
        self._keys = keys[kept]

    @property
    def sample(self) -> PairSample:
        """Return the pairs that were drawn, in the order in which they were offered. Raises ValueError before any was."""
        if self._drawn is None:
            raise ValueError("no pairs were offered")
        return self._drawn


def sources_of(catalog: Catalog, positions: Ints1d) -> pa.Array:
    """Return the name of each product's source (p,), null where it has none."""
    return catalog.table["source"].take(pa.array(positions)).combine_chunks().cast(pa.large_string())
