"""Keys of attributes that sellers call by different names are read as one where they were found to mean the same."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Buckets = npt.NDArray[np.int32]


def _none() -> Buckets:
    return np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, eq=False)
class KeySynonyms:
    """They hold the buckets `keys` (s,), sorted, of keys that are read as the keys `meant` (s,); all others are read as they
    are."""

    keys: Buckets = field(default_factory=_none)
    meant: Buckets = field(default_factory=_none)

    def __len__(self) -> int:
        return len(self.keys)

    def read(self, buckets: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
        """Return what each of these keys is read as, in the same type."""
        if not len(self):
            return buckets
        at = np.minimum(np.searchsorted(self.keys, buckets), len(self) - 1)
        return np.where(self.keys[at] == buckets, self.meant[at], buckets).astype(buckets.dtype)

    def meaning(self, bucket: int) -> int:
        """Return what one key is read as."""
        return int(self.read(np.array([bucket]))[0])

    def stored(self) -> npt.NDArray[np.int32]:
        """Return both in two columns (s, 2)."""
        return np.column_stack([self.keys, self.meant]).astype(np.int32)
