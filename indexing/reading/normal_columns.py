"""Raw columns of a block become the catalogue's: one a field, with what was set aside of their cells."""

from collections.abc import Callable, Mapping

import pyarrow as pa

from indexing.reading.cells.cell_reader import CellReader
from indexing.reading.inputs import InputFile
from indexing.reading.schema.expression import AllOf, Expression
from indexing.reading.schema.raw_columns import TEXT, RawBlock, joined_lists, raw_column, text_column

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

    pictures = raw("image") if block.pictures is None else block.pictures
    normal = {field: text(field) for field in TEXTS}
    return normal | {
        "attributes": _attributes(cells, block, schema.attributes, extra),
        "colors": cells.strings(raw("color"), file.label("color")),
        **cells.prices(raw("price"), file.label("price"), raw_column(block, schema.prices.in_column())),
        **cells.categories(raw("category"), file.label("category")),
        "images": cells.images(pictures, file.label("image"), keep, prefix),
    }


def _attributes(
    cells: CellReader, block: RawBlock, expression: Expression | None, extra: Mapping[str, pa.Array]
) -> pa.Array:
    """Return the attributes that the schema names, those of several columns one after another, then extra columns."""
    parts = expression.each(block.names) if isinstance(expression, AllOf) else [expression]
    found = [(raw_column(block, part), "" if part is None else str(part.form())) for part in parts]
    there = [(column, name) for column, name in found if column is not None]
    there = there or [(pa.nulls(len(block), TEXT), "attributes")]
    last = len(there) - 1
    return joined_lists(
        [
            cells.attributes(column, name, dict(extra) if place == last else {})
            for place, (column, name) in enumerate(there)
        ]
    )
