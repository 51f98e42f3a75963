"""Barcodes and part numbers may stand among the attributes, under a key that is called so."""

from collections import defaultdict

import numpy as np
import pyarrow as pa

from indexing.files.tables import TableFile
from indexing.reading.cells.attributes.columns import read_attributes
from indexing.reading.schema.column_names import fields_by_name, normal_name
from indexing.reading.schema.expression import AllOf, columns_in, is_there
from indexing.reading.schema.raw_columns import raw_block, raw_column
from indexing.reading.schema.schema import CODES, InputSchema
from indexing.reading.sniffing.content import Content, content_of


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
    expression = schema.attributes
    if expression is None or not is_there(expression, table.names):
        return {}
    named = {*columns_in(expression, table.names)}
    columns = [name for name in table.names if name in named]
    first = next(iter(table.blocks(rows, columns, aside=lambda _: None)), None)
    if first is None:
        return {}
    first = first.slice(0, rows)
    block = raw_block(first, schema, table.path.name, np.arange(len(first)))
    parts = expression.each(block.names) if isinstance(expression, AllOf) else [expression]
    made = [column for part in parts if (column := raw_column(block, part)) is not None]
    found: dict[str, list[pa.Array]] = defaultdict(list)
    for entries in (one for column in made for one in read_attributes(column, lambda row, reason: None)):
        keys = entries.keys.dictionary_encode()
        places = keys.indices.to_numpy(zero_copy_only=False)
        for place, key in enumerate(keys.dictionary.to_pylist()):
            if {*fields_by_name([key])} & {*CODES}:
                found[key].append(entries.values.filter(pa.array(places == place)))
    return found
