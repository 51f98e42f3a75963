"""The rows of a join in its order: in memory where they fit, else in a file that tiles are read from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats2d, Ints1d
from indexing.machine.memory import forget
from indexing.search.index import Rows

COPY_ROWS = 16_384


class PlacedRows(Protocol):
    """Rows by their place in a join's order."""

    def read(self, start: int, stop: int) -> Floats2d:
        """The rows at places start to stop."""

    def gather(self, places: npt.NDArray[np.integer]) -> Floats2d:
        """The rows at these places, in their order."""


@dataclass(frozen=True)
class JoinRows:
    """Rows (u, dim) float32 by place: an array, or the path of a file of nothing else."""

    dim: int
    array: Floats2d | None = None
    path: Path | None = None

    def read(self, start: int, stop: int) -> Floats2d:
        """The rows at places start to stop. From a file they are read, not mapped: mapped pages would stay."""
        if self.array is not None:
            return self.array[start:stop]
        count = (stop - start) * self.dim
        assert self.path is not None
        rows = np.fromfile(self.path, dtype=np.float32, count=count, offset=start * self.dim * 4)
        return rows.reshape(stop - start, self.dim)

    def gather(self, places: npt.NDArray[np.integer]) -> Floats2d:
        """The rows at these places, in their order."""
        if self.array is not None:
            return np.asarray(self.array[places])
        mapped = np.memmap(str(self.path), dtype=np.float32, mode="r").reshape(-1, self.dim)
        return np.asarray(mapped[places])  # the map goes with this call, and its pages with it


def copy_rows(rows: Rows, positions: Ints1d, *, path: Path | None = None) -> JoinRows:
    """The rows of these products, in their order; in memory, or in a file at `path`."""
    if path is None:
        array = np.empty((len(positions), rows.dim), dtype=np.float32)
        for start in range(0, len(positions), COPY_ROWS):
            array[start : start + COPY_ROWS] = rows.take(positions[start : start + COPY_ROWS])
            forget(rows)
        return JoinRows(rows.dim, array=array)
    with path.open("wb") as file:
        for start in range(0, len(positions), COPY_ROWS):
            np.ascontiguousarray(rows.take(positions[start : start + COPY_ROWS]), dtype=np.float32).tofile(file)
            forget(rows)
    return JoinRows(rows.dim, path=path)
