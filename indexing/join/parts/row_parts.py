"""Rows by place lie in several files, one for each group of places that a task has put in order."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats2d, Ints1d
from indexing.machine.memory import forget

FORGOTTEN_ROWS = 1 << 18  # rows read between givings back of pages


@dataclass
class _Maps:
    """They are the files that are mapped, by group, and how many rows have been read since their pages were given back."""

    files: dict[int, np.memmap] = field(default_factory=dict)
    read: int = 0

    def forget_after(self, rows: int) -> None:
        """Give back the pages of all files now and then: threads that read meanwhile get theirs again."""
        self.read += rows
        if self.read > FORGOTTEN_ROWS:
            self.read = 0
            for file in list(self.files.values()):
                forget(file)


@dataclass(frozen=True)
class RowParts:
    """They hold rows (u, dim) float32: those of places `edges[g]` to `edges[g + 1]` in the file `paths[g]`, which holds nothing
    else. Files are mapped when they are first read, and what is read of them is not kept in memory."""

    dim: int
    edges: Ints1d
    paths: tuple[Path, ...]
    _maps: _Maps = field(default_factory=_Maps, compare=False, repr=False)

    def read(self, start: int, stop: int) -> Floats2d:
        """Return the rows at places start to stop."""
        first, last = np.searchsorted(self.edges, [start, max(stop - 1, start)], side="right") - 1
        pieces = [
            self._rows(group)[max(start - int(self.edges[group]), 0) : stop - int(self.edges[group])]
            for group in range(first, last + 1)
        ]
        self._maps.forget_after(stop - start)
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def gather(self, places: npt.NDArray[np.integer]) -> Floats2d:
        """Return the rows at these places, in their order."""
        rows = np.empty((len(places), self.dim), dtype=np.float32)
        groups = np.searchsorted(self.edges, places, side="right") - 1
        order = np.argsort(groups, kind="stable")
        ends = np.searchsorted(groups[order], np.arange(len(self.paths) + 1))
        for group in np.flatnonzero(np.diff(ends)).tolist():
            own = order[ends[group] : ends[group + 1]]
            rows[own] = self._rows(group)[places[own] - self.edges[group]]
        self._maps.forget_after(len(places))
        return rows

    def _rows(self, group: int) -> Floats2d:
        """Return the rows of a group."""
        if self.edges[group] == self.edges[group + 1]:
            return np.zeros((0, self.dim), dtype=np.float32)  # nobody can map an empty file
        if group not in self._maps.files:
            self._maps.files[group] = np.memmap(str(self.paths[group]), dtype=np.float32, mode="r")
        return np.asarray(self._maps.files[group]).reshape(-1, self.dim)
