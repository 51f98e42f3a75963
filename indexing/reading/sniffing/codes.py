"""Columns of barcodes are known by their check digits, those of part numbers by their names where nothing objects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from indexing.reading.schema.expression import AllOf, AttributeValue, Cell, Expression, columns_in
from indexing.reading.schema.schema import CODES, InputSchema
from indexing.reading.sniffing.content import Content

LEAST_RIGHT = 0.5  # of the entries of a column that is called so: of other numbers, a tenth end with the right digit
SURELY_RIGHT, LEAST_ENTRIES = 0.9, 20  # of a column whose name says nothing
MOST_WORDS = 3  # of a part number, on average


@dataclass(frozen=True)
class CodeColumns:
    """They say where the barcodes and part numbers of a file stand, and why; `refused` are columns that are called so
    but hold none, with the reason."""

    schema: InputSchema
    reasons: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


def with_codes(
    schema: InputSchema,
    named: Mapping[str, Sequence[str]],
    contents: Mapping[str, Content],
    keys: Mapping[str, Mapping[str, Content]],
) -> CodeColumns:
    """Return the schema with the columns of codes, by their names (`named`, of each field) and what they hold, and with
    the `keys` of attributes that are called so, of each field.

    Barcodes are also found in columns that are called otherwise, and may be the ids.
    """
    refused = dict(_refused(schema, named, contents, keys))
    kept = {name: [one for one in named.get(name, ()) if one in contents and one not in refused] for name in CODES}
    under = {name: [key for key in keys[name] if key not in refused] for name in CODES}
    used = schema.named_columns(tuple(contents)) - {*columns_in(schema.id)}
    if not kept["gtin"] and not under["gtin"]:
        kept["gtin"] = [name for name, one in contents.items() if _surely(one) and name not in used]
    gtin, mpn = (_expression(schema, name, named.get(name, ()), kept[name], under[name]) for name in CODES)
    seen = [*(contents[name] for name in kept["gtin"]), *(keys["gtin"][key] for key in under["gtin"])]
    reasons = {"gtin": _reason(seen, bool(named.get("gtin") or under["gtin"])), "mpn": "known by its name"}
    reasons = {name: reason for name, reason in reasons.items() if kept[name] or under[name]}
    return CodeColumns(replace(schema, gtin=gtin, mpn=mpn), reasons, refused)


def _refused(
    schema: InputSchema,
    named: Mapping[str, Sequence[str]],
    contents: Mapping[str, Content],
    keys: Mapping[str, Mapping[str, Content]],
) -> Iterator[tuple[str, str]]:
    ids = [contents[name].examples for name in columns_in(schema.id) if name in contents]
    called = {field: {name: contents[name] for name in named.get(field, ()) if name in contents} for field in CODES}
    for name, content in (called["gtin"] | dict(keys["gtin"])).items():
        if content.codes and content.right < LEAST_RIGHT:
            right = round(content.right * content.codes)
            yield name, f"only {right} of {content.codes} entries end with the check digit of a barcode"
    for name, content in (called["mpn"] | dict(keys["mpn"])).items():
        if content.filled and (content.examples in ids or content.words > MOST_WORDS):
            yield name, "as the ids" if content.examples in ids else "text of several words"


def _surely(content: Content) -> bool:
    return content.codes >= LEAST_ENTRIES and content.right >= SURELY_RIGHT and content.codes >= content.filled / 2


def _reason(contents: Sequence[Content], named: bool) -> str:
    codes = sum(content.codes for content in contents)
    if not codes:
        return "known by its name"
    right = sum(content.codes * content.right for content in contents) / codes
    known = "known by its name; " if named else ""
    return f"{known}{right:.0%} of {codes} entries end with the check digit of a barcode"


def _expression(
    schema: InputSchema, field: str, named: Sequence[str], columns: Sequence[str], keys: Sequence[str]
) -> Expression | None:
    """Return the columns and keys together; where there are none, what the schema says, for files that follow, unless all
    those `named` were refused."""
    said = schema.expression(field)
    if not columns and not keys:
        return None if named else said
    if not keys and len(columns) == len(named) and {*columns} <= {*columns_in(said, columns)}:
        return said
    parts: tuple[Expression, ...] = (*map(Cell, columns), *map(AttributeValue, keys))
    return parts[0] if len(parts) == 1 else AllOf(parts)
