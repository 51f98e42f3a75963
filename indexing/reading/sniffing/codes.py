"""Columns of barcodes are known by their check digits, those of part numbers by their names where nothing objects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from indexing.reading.schema.expression import AllOf, Cell, Expression, columns_in
from indexing.reading.schema.schema import CODES, InputSchema
from indexing.reading.sniffing.content import Content

LEAST_RIGHT = (
    0.5  # of the entries of a column that is called so: of numbers by chance, a tenth end with the right digit
)
SURELY_RIGHT, LEAST_ENTRIES = 0.9, 20  # of a column whose name says nothing
MOST_WORDS = 3  # of a part number, on average


@dataclass(frozen=True)
class CodeColumns:
    """They say where the barcodes and part numbers of a file stand, and why; `refused` are columns that are called so
    but hold none, with the reason."""

    schema: InputSchema
    reasons: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


def with_codes(schema: InputSchema, named: Mapping[str, Sequence[str]], contents: Mapping[str, Content]) -> CodeColumns:
    """Return the schema with the columns of codes, by their names (`named`, of each field) and what they hold.

    Barcodes are also found in columns that are called otherwise, and may be the ids.
    """
    refused = dict(_refused(schema, named, contents))
    barcodes = [name for name in named.get("gtin", ()) if name in contents and name not in refused]
    used = schema.named_columns(tuple(contents)) - {*columns_in(schema.id)}
    unnamed = [] if barcodes else [name for name, one in contents.items() if _surely(one) and name not in used]
    parts = [name for name in named.get("mpn", ()) if name in contents and name not in refused]
    found = {"gtin": barcodes or unnamed, "mpn": parts}
    reasons = {"gtin": _reason(found["gtin"], contents, bool(barcodes)), "mpn": "known by its name"}
    gtin, mpn = (_expression(schema, name, named.get(name, ()), found[name]) for name in CODES)
    reasons = {name: reason for name, reason in reasons.items() if found[name]}
    return CodeColumns(replace(schema, gtin=gtin, mpn=mpn), reasons, refused)


def _refused(
    schema: InputSchema, named: Mapping[str, Sequence[str]], contents: Mapping[str, Content]
) -> Iterator[tuple[str, str]]:
    ids = [contents[name].examples for name in columns_in(schema.id) if name in contents]
    for name in named.get("gtin", ()):
        content = contents.get(name)
        if content and content.codes and content.right < LEAST_RIGHT:
            right = round(content.right * content.codes)
            yield name, f"only {right} of {content.codes} entries end with the check digit of a barcode"
    for name in named.get("mpn", ()):
        content = contents.get(name)
        if content and content.filled and (content.examples in ids or content.words > MOST_WORDS):
            yield name, "as the ids" if content.examples in ids else "text of several words"


def _surely(content: Content) -> bool:
    return content.codes >= LEAST_ENTRIES and content.right >= SURELY_RIGHT and content.codes >= content.filled / 2


def _reason(columns: Sequence[str], contents: Mapping[str, Content], named: bool) -> str:
    codes = sum(contents[name].codes for name in columns)
    if not codes:
        return "known by its name"
    right = sum(contents[name].codes * contents[name].right for name in columns) / codes
    known = "known by its name; " if named else ""
    return f"{known}{right:.0%} of {codes} entries end with the check digit of a barcode"


def _expression(schema: InputSchema, field: str, named: Sequence[str], columns: Sequence[str]) -> Expression | None:
    """Return the columns together; where there are none, what the schema says, for files that follow, unless all those
    `named` were refused."""
    said = schema.expression(field)
    if not columns:
        return None if named else said
    if len(columns) == len(named) and {*columns} <= {*columns_in(said, columns)}:
        return said
    return Cell(columns[0]) if len(columns) == 1 else AllOf(tuple(map(Cell, columns)))
