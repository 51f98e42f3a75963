"""Features of pairs of rivals are kept while files are scored: many of the candidates in a file are pairs of rivals too."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats2d, Ints1d

MOST_BYTES = 128 << 20  # of features; those of more pairs are computed again


@dataclass(frozen=True)
class KeptPairs:
    """It holds features (u, f) float32 of pairs by their `keys` (u,), which rise."""

    keys: Ints1d
    features: Floats2d

    @classmethod
    def room(cls, left: Ints1d, right: Ints1d, width: int) -> "KeptPairs":
        """Make room for so many features of the first of these pairs of positions (v,), which are sorted, left before right."""
        count = min(len(left), MOST_BYTES // (4 * width))
        return cls(_keys(left[:count], right[:count]), np.empty((count, width), dtype=np.float32))

    @property
    def width(self) -> int:
        """Return how many features are kept of a pair."""
        return int(self.features.shape[1])

    def put(self, start: int, computed: Floats2d) -> None:
        """Keep what was computed of the pairs from the one at `start` on, as far as there is room."""
        own = self.features[start : start + len(computed)]
        own[:] = computed[: len(own)]

    def rows(self, left: Ints1d, right: Ints1d) -> Ints1d:
        """Return where each of these pairs (p,), left before right, is kept, -1 for nowhere."""
        keys = _keys(left, right)
        places = np.searchsorted(self.keys, keys)
        places[places == len(self.keys)] = 0
        there = self.keys[places] == keys if len(self.keys) else np.zeros(len(keys), dtype=bool)
        return np.where(there, places, -1)


def _keys(left: Ints1d, right: Ints1d) -> Ints1d:
    """Return a number (p,) for each pair of positions, in their order."""
    return np.asarray(left, dtype=np.int64) << 32 | right
