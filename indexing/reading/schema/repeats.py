"""A column that stands in a file several times (`image,image,image`) is one field's, each time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from indexing.files.blocks import Naming
from indexing.reading.schema.expression import AllOf, Cell, Expression, FirstOf
from indexing.reading.schema.schema import FIELDS, InputSchema

SEVERAL = (
    "image",
    "category",
    "attributes",
    "color",
    "gtin",
    "mpn",
)  # these have all of the columns, others the first that is filled
Repeats = Mapping[str, Sequence[str]]


def with_repeats(schema: InputSchema, names: Sequence[str], namings: Sequence[Naming]) -> InputSchema:
    """Return the schema in which a column that a field names brings those that stand in the file under its name again,
    unless the schema names them itself."""
    named = schema.named_columns(names)
    repeats: dict[str, list[str]] = {}
    for naming in namings:
        if naming.given in named and naming.name not in named:
            repeats.setdefault(naming.given, []).append(naming.name)
    if not repeats:
        return schema
    made: dict[str, Any] = {
        field: _with(schema.expression(field), repeats, several=field in SEVERAL) for field in FIELDS
    }
    return replace(schema, **made)


def _with(expression: Expression | None, repeats: Repeats, *, several: bool) -> Expression | None:
    match expression:
        case Cell(column) if column in repeats:
            parts = (expression, *map(Cell, repeats[column]))
            return AllOf(parts) if several else FirstOf(parts)
        case AllOf(parts) if several:
            return AllOf(_spread(parts, repeats))
        case FirstOf(choices) if not several:
            return FirstOf(_spread(choices, repeats))
    return expression


def _spread(parts: Sequence[Expression], repeats: Repeats) -> tuple[Expression, ...]:
    found: list[Expression] = []
    for part in parts:
        found += [part, *map(Cell, repeats.get(part.column, ()) if isinstance(part, Cell) else ())]
    return tuple(found)
