"""Extents are what attributes measure, of many products; two that hold a number in common agree, where one is a range."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from indexing.arrays import Floats1d, Ints1d
from reranking.signals.texts.bags import BUCKET_BITS, BUCKETS, Rows, bucket_of
from reranking.signals.texts.ranges import Extent
from reranking.signals.texts.synonyms import Names


@dataclass(frozen=True)
class Extents:
    """It holds the extents (t,) of products: those of product i are `starts[i]` to `starts[i + 1]`; the buckets of their `keys` and
    `units`, where they begin and end."""

    starts: Ints1d
    keys: npt.NDArray[np.int32]
    units: npt.NDArray[np.int32]
    low: Floats1d
    high: Floats1d

    @classmethod
    def of_entries(cls, entries: Sequence[tuple[int, int, Extent]], products: int) -> "Extents":
        """Hold the extents of so many products, each with its product and the bucket of its key, by product."""
        counts = np.bincount(np.array([row for row, _, _ in entries], dtype=np.int64), minlength=products)
        units = {extent.unit: bucket_of(extent.unit) for _, _, extent in entries}
        return cls(
            np.concatenate([[0], np.cumsum(counts)]),
            np.array([key for _, key, _ in entries], dtype=np.int32),
            np.array([units[extent.unit] for _, _, extent in entries], dtype=np.int32),
            np.array([extent.low for _, _, extent in entries], dtype=np.float64),
            np.array([extent.high for _, _, extent in entries], dtype=np.float64),
        )

    @classmethod
    def joined(cls, parts: "Sequence[Extents]") -> "Extents":
        """Return those of one part's products after another's."""
        counts = np.concatenate([np.zeros(0, dtype=np.int64), *(np.diff(part.starts) for part in parts)])
        of_parts = zip(*((part.keys, part.units, part.low, part.high) for part in parts), strict=True)
        return cls(np.concatenate([[0], np.cumsum(counts)]), *(np.concatenate(columns) for columns in of_parts))

    def __len__(self) -> int:
        return len(self.keys)

    def take(self, rows: Ints1d) -> "Extents":
        """Return those of the products at these places, in this order."""
        places, counts = self._places(rows)
        return self._held(np.concatenate([[0], np.cumsum(counts)]), places)

    def against_ranges(self) -> "Extents":
        """Return those of the units in which anything is a range: two numbers are compared by their spelling."""
        return self._kept(np.isin(self.units, self.units[self.low < self.high]))

    def read_by(self, names: Names) -> "Extents":
        """Return the same with keys that mean one read as one."""
        return Extents(self.starts, names.read(self.keys).astype(np.int32), self.units, self.low, self.high)

    def overlapping(self, left: Rows, right: Rows) -> csr_array:
        """Return the keys (p, BUCKETS) under which rows of both sides have extents of one unit with a number in common, one of
        them a range."""
        ranged = np.diff(np.concatenate([[0], np.cumsum(self.low < self.high)])[self.starts]) > 0
        some = np.diff(self.starts) > 0
        pairs = np.flatnonzero((ranged[left] & some[right]) | (some[left] & ranged[right]))
        (ours, of_left), (theirs, of_right) = self._places(left[pairs]), self._places(right[pairs])
        counts = np.repeat(of_right, of_left)  # every extent of the left one beside every one of the right
        pair, one = np.repeat(np.repeat(pairs, of_left), counts), np.repeat(ours, counts)
        first = np.repeat(np.cumsum(of_right) - of_right, of_left)
        other = theirs[np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())]
        alike = (self.keys[one] == self.keys[other]) & (self.units[one] == self.units[other])
        alike &= np.maximum(self.low[one], self.low[other]) <= np.minimum(self.high[one], self.high[other])
        alike &= (self.low[one] < self.high[one]) | (self.low[other] < self.high[other])
        found = np.unique(pair[alike] << BUCKET_BITS | self.keys[one[alike]])
        rows, keys = found >> BUCKET_BITS, (found & (BUCKETS - 1)).astype(np.int32)
        indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(left)))]).astype(np.int32)
        return csr_array((np.ones(len(keys), dtype=np.float32), keys, indptr), shape=(len(left), BUCKETS))

    def _kept(self, kept: npt.NDArray[np.bool_]) -> "Extents":
        return self._held(np.concatenate([[0], np.cumsum(kept)])[self.starts], np.flatnonzero(kept))

    def _held(self, starts: Ints1d, places: Ints1d) -> "Extents":
        return Extents(starts, self.keys[places], self.units[places], self.low[places], self.high[places])

    def _places(self, rows: Rows | Ints1d) -> tuple[Ints1d, Ints1d]:
        """Return where the extents of these products stand, and how many each has."""
        counts = np.diff(self.starts)[rows]
        return np.repeat(self.starts[rows] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum()), counts
