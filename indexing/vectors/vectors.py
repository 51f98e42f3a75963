"""The vectors of one view are unit rows on disk in shards, one a block of the catalogue, written as they are made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.machine.memory import forget

SHARD_ROWS = 65_536
UNIT_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Vectors:
    """Vectors keep the unit rows (n, d) float32 of one view, in memory-mapped shards of one length (the last may be
    shorter).

    A row of zeros means that the product has nothing to see in this view.
    """

    shards: tuple[Floats2d, ...]

    def __post_init__(self) -> None:
        if not self.shards:
            raise InputError("vectors need at least one shard")
        if len({shard.shape[1] for shard in self.shards}) > 1:
            raise InputError("the shards of one view differ in dimension: encode again")

    def __len__(self) -> int:
        return sum(len(shard) for shard in self.shards)

    @property
    def dim(self) -> int:
        """Return d, the length of a row."""
        return int(self.shards[0].shape[1])

    def blocks(self) -> Iterator[tuple[int, Floats2d]]:
        """Yield the position of each shard's first row, and the shard."""
        start = 0
        for shard in self.shards:
            yield start, shard
            start += len(shard)

    def take(self, positions: Ints1d) -> Floats2d:
        """Return the rows at these positions, (p, d), in their order."""
        if len(self.shards) == 1:
            return np.asarray(self.shards[0][positions])
        if len(positions) and (positions.min() < 0 or positions.max() >= len(self)):
            raise IndexError(f"positions {positions.min()} to {positions.max()} of {len(self)} rows")
        rows = np.empty((len(positions), self.dim), dtype=np.float32)
        size = len(self.shards[0])
        ascending = bool((positions[1:] >= positions[:-1]).all())
        order = None if ascending else np.argsort(positions // size, kind="stable")
        of_shards = positions if order is None else positions[order]
        ends = np.searchsorted(of_shards // size, np.arange(len(self.shards)), side="right")
        for number, (start, end) in enumerate(pairwise([0, *ends.tolist()])):
            within = of_shards[start:end] - number * size
            if order is None:  # clip, though nothing is to be clipped: another mode copies twice
                np.take(self.shards[number], within, axis=0, out=rows[start:end], mode="clip")
            else:
                rows[order[start:end]] = self.shards[number][within]
        return rows

    def seen(self) -> Bools1d:
        """Return which products (n,) have anything to see."""
        return np.concatenate([np.any(shard, axis=1) for shard in self.shards])

    def forget(self) -> None:
        """Give the pages of the mapped shards back."""
        for shard in self.shards:
            forget(shard)


def unit_rows(rows: Floats2d) -> Floats2d:
    """Scale the rows to length 1, float32; rows of zeros stay."""
    rows = np.asarray(rows, dtype=np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))[:, None]  # float32 squares may overflow
    return np.asarray(np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0), dtype=np.float32)


def from_arrays(rows: Floats2d, shard_rows: int = SHARD_ROWS) -> Vectors:
    """Make vectors in memory. Raises InputError when a row is neither of length 1 nor all zeros."""
    lengths = np.linalg.norm(rows, axis=1)
    wrong = np.flatnonzero((np.abs(lengths - 1) > UNIT_TOLERANCE) & (lengths != 0))
    if wrong.size:
        raise InputError(
            f"the vector at position {wrong[0]} has length {lengths[wrong[0]]:.4f}: vectors are unit rows or rows of zeros"
        )
    starts: Sequence[int] = range(0, max(len(rows), 1), shard_rows)
    return Vectors(tuple(np.asarray(rows[s : s + shard_rows], dtype=np.float32) for s in starts))


def open_vectors(folder: Path) -> Vectors:
    """Open the shards of a view, memory-mapped. Raises InputError when there are none or one is damaged."""
    files = sorted(Path(folder).glob("vectors_*.npy"))
    try:
        return Vectors(tuple(np.load(file, mmap_mode="r", allow_pickle=False) for file in files))
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{folder}: the vectors cannot be read ({error}): build the index again") from error
