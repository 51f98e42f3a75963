"""What a first look says of two products is kept: many offers meet the same ones."""

from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import numpy.typing as npt

from indexing.arrays import Bools1d, Floats1d, Ints1d

KEPT_LOOKS = 1 << 20  # pairs of products whose looks are kept at most: 12 MiB
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class KeptLooks:
    """It keeps log-odds of pairs by their keys, not below zero: a pair has one place, and takes it from whoever had it."""

    keys: Ints1d = field(default_factory=lambda: np.full(KEPT_LOOKS, -1, dtype=np.int64))
    log_odds: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(KEPT_LOOKS, dtype=np.float32))
    lock: Lock = field(default_factory=Lock, repr=False)

    def find(self, keys: Ints1d) -> tuple[Floats1d, Bools1d]:
        """Return the log-odds (p,) of these pairs, and which of them are known."""
        places = _places(keys, len(self.keys))
        with self.lock:
            return self.log_odds[places], np.asarray(self.keys[places] == keys, dtype=bool)

    def keep(self, keys: Ints1d, log_odds: Floats1d) -> None:
        """Keep the log-odds (p,) of these pairs."""
        places, which = np.unique(_places(keys, len(self.keys)), return_index=True)
        with self.lock:
            self.keys[places], self.log_odds[places] = keys[which], log_odds[which]


def _places(keys: Ints1d, size: int) -> Ints1d:
    mixed = keys.astype(np.uint64) * _FACTOR
    return np.asarray((mixed >> np.uint64(20)) % np.uint64(size), dtype=np.int64)
