"""An updated index keeps its products in layers: rows of the build, some of them dead, and beside them a delta's."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.vectors.vectors import SHARD_ROWS, Vectors

STORED_FILE = "stored.npy"


@dataclass(frozen=True)
class Layers:
    """`stored` (n,) says where each product's row is: below `main` it is a row of the build, else of the delta.

    `main` and `delta` say how many rows each has; the delta's are counted on from `main`. In each of the two layers
    rows stand in the order of positions.
    """

    stored: Ints1d
    main: int
    delta: int

    def __len__(self) -> int:
        return len(self.stored)

    @cached_property
    def position(self) -> Ints1d:
        """Return the position of each row (main + delta,), -1 where its product was deleted or changed."""
        positions = np.full(self.main + self.delta, -1, dtype=np.int64)
        positions[self.stored] = np.arange(len(self.stored))
        return positions

    @cached_property
    def dead(self) -> int:
        """Return how many rows of the build nobody uses any more."""
        return int((self.position[: self.main] < 0).sum())

    @property
    def share(self) -> float:
        """Return how much of the index is delta or dead: what compacting would mend."""
        return (self.delta + self.dead) / max(len(self), 1)

    def save(self, folder: Path) -> None:
        """Write `stored`; the manifest keeps the sizes."""
        folder.mkdir(exist_ok=True)
        np.save(folder / STORED_FILE, self.stored)


def open_layers(folder: Path, main: int, delta: int, size: int) -> Layers:
    """Open what `save` wrote, memory-mapped. Raises InputError when it is damaged or of another catalogue."""
    try:
        stored = np.load(folder / STORED_FILE, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{folder}: the update cannot be read ({error}): build the index again") from error
    if len(stored) != size:
        raise InputError(f"{folder}: places of {len(stored)} products, the catalogue has {size}: build the index again")
    return Layers(stored, main, delta)


def unlayered(size: int) -> Layers:
    """Return the layers of an index that was never updated."""
    return Layers(np.arange(size, dtype=np.int64), size, 0)


@dataclass(frozen=True)
class LayeredRows:
    """Layered rows give rows (n, d) by position. `delta` is None when the update only took products away."""

    main: Vectors
    delta: Vectors | None
    layers: Layers

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def dim(self) -> int:
        return self.main.dim

    def blocks(self) -> Iterator[tuple[int, Floats2d]]:
        """Yield the position of each block's first row, and the block."""
        for start in range(0, len(self), SHARD_ROWS):
            yield start, self.take(np.arange(start, min(start + SHARD_ROWS, len(self))))

    def take(self, positions: Ints1d) -> Floats2d:
        """Return the rows at these positions, (p, d), in their order."""
        stored = self.layers.stored[positions]
        added = stored >= self.layers.main
        if self.delta is None or not added.any():
            return self.main.take(stored)
        rows = np.empty((len(stored), self.dim), dtype=np.float32)
        rows[~added] = self.main.take(stored[~added])
        rows[added] = self.delta.take(stored[added] - self.layers.main)
        return rows

    def seen(self) -> Bools1d:
        """Return which products (n,) have anything to see."""
        parts = [self.main.seen(), *([] if self.delta is None else [self.delta.seen()])]
        return np.concatenate(parts)[self.layers.stored]

    def forget(self) -> None:
        """Give the pages of the build's and of the delta's files back."""
        self.main.forget()
        if self.delta is not None:
            self.delta.forget()
