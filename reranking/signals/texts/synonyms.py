"""Keys and values of attributes that sellers call by different names are read as one where they were found to mean the same."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Buckets = npt.NDArray[np.int32]
_VALUE = -1  # less what a value is read as, beside its bucket in what is stored


def _none() -> Buckets:
    return np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, eq=False)
class Names:
    """They hold the buckets `names` (s,), sorted, of what is read as the buckets `meant` (s,); all others are read as they are."""

    names: Buckets = field(default_factory=_none)
    meant: Buckets = field(default_factory=_none)

    def __len__(self) -> int:
        return len(self.names)

    def read(self, buckets: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
        """Return what each of these is read as, in the same type."""
        if not len(self):
            return buckets
        at = np.minimum(np.searchsorted(self.names, buckets), len(self) - 1)
        return np.where(self.names[at] == buckets, self.meant[at], buckets).astype(buckets.dtype)

    def meaning(self, bucket: int) -> int:
        """Return what one is read as."""
        return int(self.read(np.array([bucket]))[0])


@dataclass(frozen=True, eq=False)
class Synonyms:
    """They say what keys of attributes are read as, and what values, under whichever key."""

    keys: Names = field(default_factory=Names)
    values: Names = field(default_factory=Names)

    def __len__(self) -> int:
        return len(self.keys) + len(self.values)

    def stored(self) -> npt.NDArray[np.int32]:
        """Return the names and what they are read as in two columns (s, 2), the second below 0 for values."""
        keys = np.column_stack([self.keys.names, self.keys.meant])
        values = np.column_stack([self.values.names, _VALUE - self.values.meant])
        return np.concatenate([keys, values]).astype(np.int32)

    @classmethod
    def read(cls, stored: npt.NDArray[np.int32]) -> "Synonyms":
        """Read what `stored` returned."""
        of_values = stored[:, 1] < 0
        keys, values = stored[~of_values], stored[of_values]
        return cls(Names(keys[:, 0], keys[:, 1]), Names(values[:, 0], _VALUE - values[:, 1]))
