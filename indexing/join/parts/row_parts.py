"""Rows by place lie in several files, one for each group of places that a task has put in order."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats2d, Ints1d


@dataclass(frozen=True)
class RowParts:
    """They hold rows (u, dim) float32: those of places `edges[g]` to `edges[g + 1]` in the file `paths[g]`, which holds nothing
    else. What is read of a file is not kept in memory."""

    dim: int
    edges: Ints1d
    paths: tuple[Path, ...]

    def read(self, start: int, stop: int) -> Floats2d:
        """Return the rows at places start to stop."""
        first, last = np.searchsorted(self.edges, [start, max(stop - 1, start)], side="right") - 1
        pieces = [
            self._file(group, max(start, int(self.edges[group])), min(stop, int(self.edges[group + 1])))
            for group in range(first, last + 1)
        ]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def gather(self, places: npt.NDArray[np.integer]) -> Floats2d:
        """Return the rows at these places, in their order."""
        rows = np.empty((len(places), self.dim), dtype=np.float32)
        groups = np.searchsorted(self.edges, places, side="right") - 1
        order = np.argsort(groups, kind="stable")
        ends = np.searchsorted(groups[order], np.arange(len(self.paths) + 1))
        for group in np.flatnonzero(np.diff(ends)).tolist():
            own = order[ends[group] : ends[group + 1]]
            mapped = np.memmap(str(self.paths[group]), dtype=np.float32, mode="r").reshape(-1, self.dim)
            rows[own] = mapped[places[own] - self.edges[group]]  # the map goes with this round, and its pages with it
        return rows

    def _file(self, group: int, start: int, stop: int) -> Floats2d:
        count, offset = (stop - start) * self.dim, (start - int(self.edges[group])) * self.dim * 4
        rows = np.fromfile(self.paths[group], dtype=np.float32, count=count, offset=offset)
        return rows.reshape(stop - start, self.dim)
