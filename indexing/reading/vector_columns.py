"""A column of the user's file may hold ready-made vectors: flat lists, or nested ones with several rows a product."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Ints1d
from indexing.errors import InputError

_NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null)


@dataclass
class VectorColumn:
    """A vector column is read block by block and remembers the length of its vectors. With `optional`, a null or
    empty cell is a row of zeros; otherwise every product needs a whole vector."""

    name: str
    optional: bool = False
    length: int | None = field(default=None)

    def look(self, columns: Iterable[pa.ChunkedArray]) -> None:
        """Learn the length from the first vector there is, 1 where every cell is empty, before any of it is read."""
        for column in columns:
            inside = column
            while pa.types.is_nested(inside.type) and pa.types.is_nested(inside.type.value_type):
                inside = pc.list_flatten(inside)
            lengths = pc.list_value_length(inside).to_pylist() if pa.types.is_nested(inside.type) else []
            self.length = next((length for length in lengths if length), None)
            if self.length is not None:
                return
        self.length = 1

    def read(self, column: pa.Array, path: Path, rows: Ints1d) -> pa.FixedSizeListArray:
        """Return float32 lists of one length; a nested cell (n, d) becomes the mean of its rows. `rows` (b,) are the
        numbers of the cells' rows in the file.

        Raises InputError, naming the row and the value, for nulls, empty cells, other lengths, NaN and infinity.
        """
        if self.optional and pa.types.is_null(column.type):
            column = column.cast(pa.large_list(pa.float32()))
        cells, counts = self._cells(column, path, rows)
        if pa.types.is_nested(cells.type):
            owner = np.repeat(np.arange(len(column)), counts)
            values = self._means(self._vectors(cells, path, rows[owner]), owner, counts)
        else:
            values = self._flat(column, counts, path, rows)
        return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])

    def _cells(self, column: pa.Array, path: Path, rows: Ints1d) -> tuple[pa.Array, Ints1d]:
        """Return what stands in the lists, one after another, and how much in each (n,)."""
        kind = column.type
        if pa.types.is_fixed_size_list(kind):
            column = column.cast(pa.large_list(kind.value_type))
        elif not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
            raise InputError(f"{path}: column '{self.name}' is {kind}: a list of numbers is needed")
        counts = np.asarray(pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False), np.int64)
        if not self.optional and not counts.all():
            row = int(np.flatnonzero(counts == 0)[0])
            raise self._fault(path, int(rows[row]), "is null" if column[row].as_py() is None else "is empty")
        return column.flatten(), counts

    def _flat(self, column: pa.Array, counts: Ints1d, path: Path, rows: Ints1d) -> np.ndarray:
        if counts.all():
            return self._vectors(column, path, rows)
        there = np.flatnonzero(counts)
        found = self._vectors(column.take(pa.array(there)), path, rows[there])
        values = np.zeros((len(counts), found.shape[1]), dtype=np.float32)
        values[there] = found
        return values

    def _vectors(self, column: pa.Array, path: Path, rows: Ints1d) -> np.ndarray:
        flat, counts = self._cells(column, path, rows)
        if self.length is None and counts.size:
            self.length = int(counts[0])
        length = self.length or 0
        if (counts != length).any():
            row = int(np.flatnonzero(counts != length)[0])
            raise self._fault(path, int(rows[row]), f"has {counts[row]} numbers, the first vector has {length}")
        if not any(is_kind(flat.type) for is_kind in _NUMBERS):
            raise InputError(f"{path}: column '{self.name}' is {column.type} inside: lists of numbers are needed")
        values = np.asarray(pc.fill_null(flat.cast(pa.float32()), np.nan).to_numpy(zero_copy_only=False), np.float32)
        if not np.isfinite(values).all():
            place = int(np.flatnonzero(~np.isfinite(values))[0])
            raise self._fault(path, int(rows[place // length]), f"holds {values[place]} at place {place % length}")
        return values.reshape(-1, length)

    def _means(self, vectors: np.ndarray, owner: Ints1d, counts: Ints1d) -> np.ndarray:
        sums = np.zeros((len(counts), self.length or 0), dtype=np.float32)
        np.add.at(sums, owner, vectors)
        return sums / np.maximum(counts, 1)[:, None].astype(np.float32)

    def _fault(self, path: Path, row: int, what: str) -> InputError:
        return InputError(
            f"{path}: row {row}, column '{self.name}' {what}: every product needs a whole vector, "
            "or give 'none' for this encoder"
        )
