"""Attributes are looked at for their keys: barcodes and part numbers may stand under one, and lists may have none."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.files.tables import TableFile
from indexing.reading.cells.attributes.columns import read_attributes
from indexing.reading.schema.column_names import fields_by_name, normal_name
from indexing.reading.schema.expression import AllOf, Cell, columns_in, is_there
from indexing.reading.schema.raw_columns import as_text, raw_block, raw_column
from indexing.reading.schema.schema import CODES, InputSchema
from indexing.reading.sniffing.content import Content, content_of
from indexing.storage.stores import file_name


def code_keys(table: TableFile, schema: InputSchema, rows: int) -> dict[str, dict[str, Content]]:
    """Return for each field of codes what the first `rows` of a file have under keys that are called so; of keys that differ
    in case alone the first."""
    found: dict[str, dict[str, Content]] = {field: {} for field in CODES}
    for key, values in _values_by_key(table, schema, rows).items():
        field = next(iter(fields_by_name([key])), None)
        alike = {normal_name(other) for other in found.get(field or "", ())}
        if field in found and normal_name(key) not in alike:
            found[field][key] = content_of(pa.concat_arrays(values), key)
    return found


def _values_by_key(table: TableFile, schema: InputSchema, rows: int) -> dict[str, list[pa.Array]]:
    """Return the values that stand under each key that may be one of codes."""
    found: dict[str, list[pa.Array]] = defaultdict(list)
    for column in _first_cells(table, schema, rows):
        for entries in read_attributes(column, _pass):
            keys = entries.keys.dictionary_encode()
            places = keys.indices.to_numpy(zero_copy_only=False)
            for place, key in enumerate(keys.dictionary.to_pylist()):
                if {*fields_by_name([key])} & {*CODES}:
                    found[key].append(entries.values.filter(pa.array(places == place)))
    return found


def nameless_list(table: TableFile, schema: InputSchema, rows: int) -> str | None:
    """Return a cell of the column of attributes as an example where all cells among the first `rows` that hold anything
    are lists of values without a name, None where one is something else."""
    column = next(iter(_first_cells(table, schema, rows)), None) if isinstance(schema.attributes, Cell) else None
    filled = None if column is None else column.drop_null()
    if filled is None or not len(filled):
        return None
    of_lists = pa.types.is_list(filled.type) or pa.types.is_large_list(filled.type)
    texts = filled if of_lists else as_text(filled).drop_null()
    if not len(texts) or not (of_lists or pc.all(pc.starts_with(texts, "[")).as_py()):
        return None
    read = read_attributes(filled, _pass)
    named = any(pc.any(pc.not_equal(entries.keys, "")).as_py() for entries in read)
    there = any(len(entries.keys) for entries in read)
    return str(texts[0].as_py()) if there and not named else None


def _pass(row: int, reason: str) -> None:
    """Let a cell be that cannot be read."""


def _first_cells(table: TableFile, schema: InputSchema, rows: int) -> list[pa.Array]:
    """Return the cells that the attributes of the first `rows` are made of, a column each."""
    expression = schema.attributes
    if expression is None or not is_there(expression, table.names):
        return []
    named = {*columns_in(expression, table.names)}
    columns = [name for name in table.names if name in named]
    first = next(iter(table.blocks(rows, columns, aside=lambda _: None)), None)
    if first is None:
        return []
    first = first.slice(0, rows)
    block = raw_block(first, schema, file_name(table.path), np.arange(len(first)))
    parts = expression.each(block.names) if isinstance(expression, AllOf) else [expression]
    return [column for part in parts if (column := raw_column(block, part)) is not None]
