"""Raw columns of a block become the catalogue's: one a field, with what was set aside of their cells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.catalog.rejects import Reject
from indexing.reading.cells.attributes.lifted import values_under, without_keys
from indexing.reading.cells.cell_reader import CellReader
from indexing.reading.inputs import InputFile
from indexing.reading.schema.column_names import named_pairs, unit_columns
from indexing.reading.schema.expression import AllOf, Expression, FirstOf, attribute_keys, columns_in
from indexing.reading.schema.raw_columns import (
    TEXT,
    RawBlock,
    as_text,
    is_empty,
    joined_lists,
    pairs_of,
    raw_column,
    text_column,
    text_lists,
)
from indexing.reading.schema.schema import FIELDS

TEXTS = ("title", "description", "brand", "source")


def normal_columns(
    cells: CellReader,
    file: InputFile,
    block: RawBlock,
    *,
    extra: Mapping[str, pa.Array],
    keep: Callable[[bytes], str],
    prefix: str,
) -> dict[str, pa.Array]:
    """Return the columns of FIELDS, each (b,). `extra` are the columns that are attributes, `keep` takes pictures given
    as bytes, `prefix` leads to relative ones."""
    schema = file.schema

    def raw(field: str) -> pa.Array:
        made = raw_column(block, schema.expression(field))
        return pa.nulls(len(block), TEXT) if made is None else made

    def text(field: str) -> pa.Array:
        made = text_column(block, schema.expression(field))
        texts = pa.nulls(len(block), TEXT) if made is None else made
        return cells.text(texts, file.label(field), breaks="\n" if field == "description" else " ")

    def codes(field: str) -> tuple[pa.Array, str]:
        keys = [*attribute_keys(schema.expression(field))]
        column, name = raw(field), _columns_of(schema.expression(field), block)
        if not keys:
            return column, name or field
        lists = [column] if pa.types.is_large_list(column.type) else [text_lists([column], len(block))]
        named = ", ".join(filter(None, [name, *(f"attribute {key}" for key in keys)]))
        return joined_lists([*lists, values_under(attributes, keys)]), named

    attributes = _attributes(cells, block, schema.attributes, extra)
    pictures = raw("image") if block.pictures is None else block.pictures
    normal = {field: text(field) for field in TEXTS}
    normal["brand"], others = _brands(normal["brand"], attributes, [*attribute_keys(schema.brand)])
    return normal | {
        "attributes": without_keys(others, [*attribute_keys(schema.gtin)]),
        "colors": cells.strings(raw("color"), file.label("color")),
        **cells.prices(raw("price"), file.label("price"), raw_column(block, schema.prices.in_column())),
        **cells.categories(raw("category"), file.label("category")),
        "images": cells.images(pictures, file.label("image"), keep, prefix),
        "gtin": cells.barcodes(*codes("gtin")),
        "mpn": cells.part_numbers(*codes("mpn")),
    }


def _brands(brands: pa.Array, attributes: pa.Array, keys: Sequence[str]) -> tuple[pa.Array, pa.Array]:
    """Return brands (b,), where a row has none the first value under these keys of its attributes, and the attributes
    without those that became brands."""
    if not keys:
        return brands, attributes
    named = values_under(attributes, keys)
    taken = pc.and_(brands.is_null(), named.is_valid())
    brands = pc.replace_with_mask(brands, taken, pc.list_element(named.filter(taken), 0))
    return brands, pc.if_else(taken, without_keys(attributes, keys), attributes)


def _columns_of(expression: Expression | None, block: RawBlock) -> str:
    """Return the columns that are there of those that a field is made of, in one text."""
    return ", ".join(name for name in columns_in(expression, block.names) if name in block.columns)


def in_their_columns(rejects: Sequence[Reject], file: InputFile, block: RawBlock) -> list[Reject]:
    """Return the rejects of a block with the rows of the file, those of a field that is the first of several columns
    with the column that the cell came from."""
    made = {file.label(field): file.schema.expression(field) for field in FIELDS}
    return [
        replace(
            reject,
            row=int(block.rows[reject.row]),
            column=_column_of(made.get(reject.column), block, reject.row) or reject.column,
        )
        for reject in rejects
    ]


def _column_of(expression: Expression | None, block: RawBlock, row: int) -> str | None:
    """Return the column of the first choice that is there in a row, None for what is no choice of columns."""
    if not isinstance(expression, FirstOf):
        return None
    named = {name: block.columns[name] for name in columns_in(expression, block.names) if name in block.columns}
    one = replace(block, columns=named).take(np.array([row]))
    for choice in expression.choices:
        made = raw_column(one, choice)
        if made is not None and not is_empty(made)[0].as_py():
            return " or ".join(columns_in(choice, block.names))
    return None


def _with_units(extra: Mapping[str, pa.Array]) -> Mapping[str, pa.Array]:
    """Return the columns (b,) with their units behind them, which then stand there no more. Lists and objects have none,
    and what begins with a digit is no unit: 12 `case units` are a number of their own."""
    units = unit_columns([name for name, column in extra.items() if not pa.types.is_nested(column.type)])
    found = dict(extra)
    for name, of_it in units.items():
        value, unit = as_text(extra[name]), as_text(extra[of_it])
        number, nested = pc.match_substring_regex(unit, r"^[+-]?[.,]?\d"), pc.match_substring_regex(value, r"^[\[{]")
        alone = pc.or_(number, pc.fill_null(nested, False))
        joined = pc.binary_join_element_wise(value, pc.if_else(alone, None, unit), pa.scalar(" ", TEXT))
        found[name] = pc.coalesce(joined, value)
        found[of_it] = pc.if_else(alone, unit, None)
    return found


def _attributes(
    cells: CellReader, block: RawBlock, expression: Expression | None, extra: Mapping[str, pa.Array]
) -> pa.Array:
    """Return the attributes that the schema names, those of several columns one after another, then extra columns, of
    which those of names and values by number are taken together."""
    parts = expression.each(block.names) if isinstance(expression, AllOf) else [expression]
    found = [(raw_column(block, part), "" if part is None else str(part.form())) for part in parts]
    there = [(column, name) for column, name in found if column is not None]
    extra = _with_units(extra)
    if pairs := named_pairs([name for name, column in extra.items() if not pa.types.is_nested(column.type)]):
        there.append((pairs_of(replace(block, columns=dict(extra)), pairs, nameless=True), "attributes"))
        extra = {name: column for name, column in extra.items() if not any(name in pair for pair in pairs)}
    there = there or [(pa.nulls(len(block), TEXT), "attributes")]
    last = len(there) - 1
    return joined_lists(
        [cells.attributes(column, name, extra if place == last else {}) for place, (column, name) in enumerate(there)]
    )
