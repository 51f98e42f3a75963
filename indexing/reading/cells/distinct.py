"""Only the cells that are odd are taken into Python, and each of them once however often it stands there."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Ints1d


@dataclass(frozen=True)
class Distinct:
    """It holds the distinct values of some cells, and for each of these cells its `row` in the column and its `place`
    among the values."""

    values: list[Any]
    rows: Ints1d
    places: Ints1d

    @classmethod
    def of_column(cls, column: pa.Array, odd: pa.Array | None = None) -> "Distinct":
        """Take the cells that are `odd` (None: all), without nulls."""
        chosen = column.is_valid() if odd is None else pc.and_(pc.fill_null(odd, False), column.is_valid())
        rows = np.flatnonzero(chosen.to_numpy(zero_copy_only=False))
        if not rows.size:
            return cls([], rows, rows)
        encoded = column.take(pa.array(rows)).dictionary_encode()
        return cls(encoded.dictionary.to_pylist(), rows, encoded.indices.to_numpy().astype(np.int64))

    @cached_property
    def _by_place(self) -> list[Ints1d]:
        order = np.argsort(self.places, kind="stable")
        ends = np.cumsum(np.bincount(self.places, minlength=len(self.values)))
        return np.split(self.rows[order], ends[:-1])

    def rows_of(self, place: int) -> Ints1d:
        """Return the rows in which the value at a place stands."""
        return self._by_place[place]


def mended(column: pa.Array, odd: pa.Array, mend: Callable[[str], str | None]) -> pa.Array:
    """Return a column of text with its odd cells mended; what is mended to None is null."""
    found = Distinct.of_column(column, odd)
    if not found.rows.size:
        return column
    texts = pa.array([mend(value) for value in found.values], column.type).take(pa.array(found.places))
    there = np.zeros(len(column), dtype=np.bool_)
    there[found.rows] = True
    return pc.replace_with_mask(column, pa.array(there), texts)
