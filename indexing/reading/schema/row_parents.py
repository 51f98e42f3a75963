"""Rows that name another row as their parent take from it what they lack, wherever it stands."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d
from indexing.reading.schema.raw_columns import TEXT, RawBlock, as_text, is_empty, raw_column
from indexing.reading.schema.schema import InputSchema


class RowParents:
    """They are the rows of an input that others name, in memory: as many bytes as these rows have."""

    def __init__(self, schema: InputSchema) -> None:
        self.schema = schema
        self._wanted: set[str] = set()
        self._rows: RawBlock | None = None
        self._names = pa.array([], TEXT)

    def look(self, block: RawBlock) -> None:
        """Learn which parents are named in a block that has the columns of `keys`."""
        assert self.schema.parent is not None
        named = raw_column(block, self.schema.parent.column)
        if named is not None:
            self._wanted |= set(as_text(named).unique().drop_null().to_pylist())

    def keep(self, blocks: Iterable[RawBlock]) -> None:
        """Keep the rows that were named, the first of each name."""
        assert self.schema.parent is not None
        if not self._wanted:
            return
        for block in blocks:
            if not self._wanted:
                return
            made = raw_column(block, self.schema.parent.names)
            if made is None:
                continue
            names = as_text(made)
            places = [place for place, name in enumerate(names.to_pylist()) if name in self._wanted]
            self._wanted.difference_update(names.take(pa.array(places, pa.int64())).to_pylist())
            if places:
                self._add(block.take(np.array(places)), names.take(pa.array(places)))

    def _add(self, rows: RawBlock, names: pa.Array) -> None:
        self._rows = rows if self._rows is None else joined_blocks(self._rows, rows)
        self._names = pa.concat_arrays([self._names, names])

    def named(self, block: RawBlock) -> Bools1d:
        """Return which rows (b,) others name as their parent."""
        assert self.schema.parent is not None
        names = raw_column(block, self.schema.parent.names)
        if names is None:
            return np.zeros(len(block), dtype=bool)
        return np.asarray(pc.is_in(as_text(names), value_set=self._names, skip_nulls=True), dtype=bool)

    def fill(self, block: RawBlock) -> RawBlock:
        """Return the block with the empty cells of rows filled in from their parents, but for columns that are a row's
        own."""
        assert self.schema.parent is not None
        named = raw_column(block, self.schema.parent.column)
        if self._rows is None or named is None:
            return block
        place = pc.index_in(as_text(named), value_set=self._names)
        if place.null_count == len(place):
            return block
        own = set(self.schema.own_columns(block.names))
        columns = {
            name: column if name in own or name not in self._rows.columns else _filled(column, self._rows, name, place)
            for name, column in block.columns.items()
        }
        return replace(block, columns=columns)


def _filled(column: pa.Array, parents: RawBlock, name: str, place: pa.Array) -> pa.Array:
    theirs = parents.columns[name]
    if theirs.type != column.type:
        theirs, column = as_text(theirs), as_text(column)
    lacking = pc.and_(is_empty(column), place.is_valid())
    rows = pc.if_else(lacking, pc.add(place.cast(pa.int64()), len(column)), pa.array(np.arange(len(column))))
    return pa.concat_arrays([column, theirs]).take(rows)


def joined_blocks(first: RawBlock, second: RawBlock) -> RawBlock:
    """Return the rows of two blocks of a file one after another."""
    columns = {}
    for name in first.columns:
        parts = [first.columns[name], second.columns[name]]
        if parts[0].type != parts[1].type:
            parts = [as_text(part) for part in parts]
        columns[name] = pa.concat_arrays(parts)
    return replace(first, columns=columns, rows=np.concatenate([first.rows, second.rows]))
