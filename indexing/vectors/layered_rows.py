"""The rows of one view in an updated index: those of the build and of the delta as if they were one array."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.vectors.layers import Layers
from indexing.vectors.vectors import SHARD_ROWS, Vectors


@dataclass(frozen=True)
class LayeredRows:
    """Rows (n, d) by position. `delta` is None when the update only took products away."""

    main: Vectors
    delta: Vectors | None
    layers: Layers

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def dim(self) -> int:
        return self.main.dim

    def blocks(self) -> Iterator[tuple[int, Floats2d]]:
        """Blocks of rows with the position of the first."""
        for start in range(0, len(self), SHARD_ROWS):
            yield start, self.take(np.arange(start, min(start + SHARD_ROWS, len(self))))

    def take(self, positions: Ints1d) -> Floats2d:
        """The rows at these positions, (p, d), in their order."""
        stored = self.layers.stored[positions]
        added = stored >= self.layers.main
        if self.delta is None or not added.any():
            return self.main.take(stored)
        rows = np.empty((len(stored), self.dim), dtype=np.float32)
        rows[~added] = self.main.take(stored[~added])
        rows[added] = self.delta.take(stored[added] - self.layers.main)
        return rows

    def seen(self) -> Bools1d:
        """Which products have anything to see (n,)."""
        parts = [self.main.seen(), *([] if self.delta is None else [self.delta.seen()])]
        return np.concatenate(parts)[self.layers.stored]
