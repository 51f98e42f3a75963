"""Sparse rows are read by NumPy alone: SciPy, which joins and searches them, takes longer to load than one query takes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError

ARRAYS = ("data", "indices", "indptr")


@dataclass(frozen=True)
class CsrRows:
    """They are n rows with few entries each: the arrays of a CSR matrix, the entries of row i from `indptr[i]` to
    `indptr[i + 1]`, each column once in a row."""

    data: Floats1d
    indices: Ints1d
    indptr: Ints1d

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def nnz(self) -> int:
        """Return how many entries there are, by the name that SciPy has for it."""
        return len(self.data)

    def row(self, position: int) -> "CsrRows":
        """Return one of them."""
        start, stop = self.indptr[position], self.indptr[position + 1]
        return CsrRows(self.data[start:stop], self.indices[start:stop], np.array([0, stop - start]))

    def cosines(self, row: Any, positions: Ints1d) -> tuple[Floats1d, Bools1d]:
        """Return the products (m,), float32, of a row, SciPy's or ours, with the rows at these positions, and which of them hold
        anything."""
        starts = self.indptr[positions].astype(np.int64)
        counts = self.indptr[positions + 1] - starts
        where = np.repeat(starts - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        order = np.argsort(row.indices)
        known, weights = row.indices[order], row.data[order]
        place = np.minimum(np.searchsorted(known, self.indices[where]), len(known) - 1)
        products = np.where(known[place] == self.indices[where], weights[place], 0) * self.data[where]
        owner = np.repeat(np.arange(len(positions)), counts)
        cosines = np.bincount(owner, weights=products, minlength=len(positions)).astype(np.float32)
        return cosines, np.asarray(counts > 0, dtype=bool)


def open_lexical_rows(folder: Path, size: int) -> CsrRows:
    """Open the rows of the lexical view in a folder, one .npy file an array, memory-mapped. Raises InputError when they are damaged or of
    another catalogue."""
    try:
        rows = CsrRows(*(np.load(folder / f"{name}.npy", mmap_mode="c", allow_pickle=False) for name in ARRAYS))
    except (OSError, ValueError, EOFError) as error:
        raise unreadable(folder, error) from error
    if len(rows) != size:
        raise InputError(
            f"{folder}: the lexical view has {len(rows)} rows, the catalogue {size}: build the index again"
        )
    return rows


def unreadable(folder: Path, error: Exception) -> InputError:
    """Return what a user is told of a lexical view that is damaged."""
    return InputError(f"{folder}: the lexical view cannot be read ({error}): build the index again")
