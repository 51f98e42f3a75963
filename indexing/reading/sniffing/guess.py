"""A file's schema is guessed: a known export, or columns known by their names where their content does not object."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from indexing.files.tables import TableFile
from indexing.reading.schema.column_names import (
    NUMBERED,
    fields_by_name,
    is_address_name,
    is_barcode_name,
    is_currency_name,
    is_trade_name,
    stem_of,
)
from indexing.reading.schema.expression import AllOf, Cell, Expression, columns_in, is_there
from indexing.reading.schema.known import KnownExport, recognise
from indexing.reading.schema.nearest import nearest
from indexing.reading.schema.repeats import with_repeats
from indexing.reading.schema.schema import CODES, FIELDS, GENERIC, STRAY_COLUMNS, InputSchema, PriceForm
from indexing.reading.sniffing.attribute_keys import code_keys, nameless_list
from indexing.reading.sniffing.codes import with_codes
from indexing.reading.sniffing.content import MOST, Content, content_of

LOOKED_AT = 1000  # rows
GUESSED = "auto"
NO_IDS = ("title", "description", "brand", "attributes", "price", "category", "image", "color")  # other fields
TITLE_WORDS = (2, 40)  # of a text that may be a title, on average
MOST_NAME = 15  # words of a description that is a title, on average
COUNTING = "row numbers"
TITLED = "no column is called a title, and these texts are short and each another"
NAMELESS = "lists whose names may be lost, mere text so; with nothing behind attributes: values of one attribute"
_UNNAMED = re.compile(r"Unnamed: 0(\.\d+)*")  # what pandas calls its index that it reads again


@dataclass(frozen=True)
class SchemaGuess:
    """It is the schema that a file seems to have, why each field is made of what it is made of (`reasons`), why columns
    are left out, what the columns hold, and the known export that the file is; `refused` are columns that are called as
    barcodes or part numbers are but hold none, with the reason; `nameless` is a cell of `attributes` where all are lists
    of values without a name."""

    schema: InputSchema
    reasons: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, Content] = field(default_factory=dict)
    export: KnownExport | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    nameless: str | None = None


def guess_schema(table: TableFile) -> SchemaGuess:
    """SchemaGuess the schema of a file. Its first rows are looked at where names alone do not say all."""
    export = recognise(table.names)
    if export is not None:
        guess = SchemaGuess(export.schema, dict.fromkeys(FIELDS, f"as exports of {export.name} have it"), export=export)
        return _with_codes(guess, table, _codes_of(export.schema, table.names), look_at(table))
    found = fields_by_name(table.names)
    contents = look_at(table)
    if "id" in found and all(columns[0] == name for name, columns in found.items() if name not in CODES):
        guess = SchemaGuess(GENERIC, dict.fromkeys(found, "Heroic's own name"))
    else:
        guess = _by_content(found, table.names, contents)
    guess = _with_codes(_without_counting(guess, table, contents), table, found, contents)
    schema = with_repeats(_with_currency(guess.schema, table.names), table.names, table.namings)
    return _with_named_attributes(replace(guess, schema=schema), table)


def _with_named_attributes(guess: SchemaGuess, table: TableFile) -> SchemaGuess:
    """Return the guess with a column of lists of mere values as one attribute, which is called as the column is; one that
    is called `attributes` is told as `nameless`, since it says that they have names."""
    column, example = guess.schema.attributes, nameless_list(table, guess.schema, LOOKED_AT)
    if example is None or not isinstance(column, Cell):
        return guess
    if column.column == "attributes":
        return replace(guess, nameless=example, reasons={**guess.reasons, "attributes": NAMELESS})
    reasons = {name: reason for name, reason in guess.reasons.items() if name != "attributes"}
    return replace(guess, schema=replace(guess.schema, attributes=None), reasons=reasons)


def _without_counting(guess: SchemaGuess, table: TableFile, contents: Mapping[str, Content]) -> SchemaGuess:
    """Return the guess without columns that pandas writes before all others: the rows' numbers, under no name."""
    nameless = {naming.name for naming in table.namings if not naming.given and naming.place == 1}
    likely = [name for name in table.names if name in nameless or _UNNAMED.fullmatch(name)]
    counting = [name for name in likely if name in contents and contents[name].shares["whole numbers"] == 1]
    if not counting:
        return guess
    left_out = {**guess.left_out, **dict.fromkeys(counting, COUNTING)}
    ignore = (*guess.schema.ignore, *(name for name in counting if name not in guess.schema.ignore))
    return replace(guess, schema=replace(guess.schema, ignore=ignore), left_out=left_out, contents=contents)


def _with_codes(
    guess: SchemaGuess, table: TableFile, found: Mapping[str, Sequence[str]], contents: Mapping[str, Content]
) -> SchemaGuess:
    """Return the guess with the columns, and keys of attributes, of barcodes and part numbers."""
    codes = with_codes(guess.schema, found, contents, code_keys(table, guess.schema, LOOKED_AT))
    coded = {column for name in CODES for column in columns_in(codes.schema.expression(name), tuple(contents))}
    ignore = tuple(name for name in guess.schema.ignore if name not in coded)
    return replace(
        guess,
        schema=replace(codes.schema, ignore=ignore),
        reasons={**guess.reasons, **codes.reasons},
        left_out={name: reason for name, reason in guess.left_out.items() if name not in coded},
        refused=codes.refused,
    )


def _codes_of(schema: InputSchema, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns of a file that an export's schema takes for codes."""
    return {name: [one for one in columns_in(schema.expression(name), names) if one in names] for name in CODES}


def _with_currency(schema: InputSchema, names: Sequence[str]) -> InputSchema:
    """Return the schema with the column beside the price's that says by its name which currency that is in."""
    column = next((name for name in names if is_currency_name(name)), None)
    if column is None or schema.price is None or not is_there(schema.price, names):
        return schema
    ignore = tuple(name for name in schema.ignore if name != column)
    return replace(schema, prices=PriceForm(currency=f"{{{column}}}"), ignore=ignore)


def look_at(table: TableFile, columns: Sequence[str] | None = None) -> dict[str, Content]:
    """Return what the first rows of each column hold, or of some columns."""
    block = next(iter(table.blocks(LOOKED_AT, columns, aside=lambda _: None)), None)
    if block is None:
        return {}
    names = [name for name in block.column_names if not _holds_numbers(block[name].type)]
    return {name: content_of(_first(block[name]), name) for name in names}


def _holds_numbers(kind: pa.DataType) -> bool:
    """Return whether a column's cells are lists of numbers, or of such lists: vectors."""
    while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        kind = kind.value_type
        if pa.types.is_floating(kind) or pa.types.is_integer(kind):
            return True
    return False


def _first(column: pa.ChunkedArray) -> pa.Array:
    """Return the first cells, dictionaries decoded."""
    cells = column.slice(0, LOOKED_AT).combine_chunks()
    return cells.dictionary_decode() if pa.types.is_dictionary(cells.type) else cells


def _by_content(
    found: Mapping[str, Sequence[str]], names: Sequence[str], contents: Mapping[str, Content]
) -> SchemaGuess:
    fields: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for name in (one for one in FIELDS if one not in CODES):
        columns = [column for column in found.get(name, ()) if column in contents]
        if name in names:
            fields[name], reasons[name] = Cell(name), "Heroic's own name"
            continue
        fitting = [column for column in columns if _may_be(name, contents[column])]
        if name == "title":
            fitting.sort(key=lambda column: contents[column].says_little)
        if name == "id" and columns and not fitting:  # repeats are for the reader to tell
            fitting = [max(columns, key=lambda column: contents[column].distinct)]
        if fitting:
            fields[name], reasons[name] = _made_of(name, fitting), "known by its name"
            continue
        taken = {column for columns in found.values() for column in columns}
        taken |= {column for one in fields.values() for column in _cells(one)}
        seen = next((column for column in names if column not in taken and _must_be(name, contents.get(column))), None)
        fields[name], reasons[name] = (None, "") if seen is None else (Cell(seen), _MUST[name])
    if fields["title"] is None and _is_name(fields["description"], contents):
        fields["title"], fields["description"] = fields["description"], None
        reasons["title"] = TITLED
        reasons["description"] = ""
    core = "id" in names and "title" in names  # such a file was always read whole, and is so still
    used = {column for one in fields.values() for column in _cells(one)}
    left_out = {} if core else _left_out(names, used, contents)
    fields["id"] = fields["id"] or Cell("id")
    schema = replace(GENERIC, name=GUESSED, ignore=tuple(left_out), **fields)
    return SchemaGuess(schema, {name: said for name, said in reasons.items() if said}, left_out, contents)


def _is_name(expression: Expression | None, contents: Mapping[str, Content]) -> bool:
    """Return whether a column of descriptions holds what products are called, as in price lists."""
    column = next(iter(_cells(expression)), None)
    content = None if column is None else contents.get(column)
    return content is not None and content.unique and 2 <= content.words <= MOST_NAME and not content.mostly("html")


def _made_of(name: str, fitting: Sequence[str]) -> Expression:
    """Return what a field is made of: the first fitting column, all of pictures, and of a numbered one all that are
    called so: `Bezeichnung 1`, `Bezeichnung 2`."""
    stem = stem_of(fitting[0])
    same = [column for column in fitting if stem is not None and stem_of(column) == stem]
    columns = fitting if name == "image" else same if name in NUMBERED and len(same) > 1 else fitting[:1]
    return AllOf(tuple(map(Cell, columns))) if len(columns) > 1 else Cell(columns[0])


def _cells(expression: Expression | None) -> list[str]:
    match expression:
        case Cell(column):
            return [column]
        case AllOf(parts):
            return [part.column for part in parts if isinstance(part, Cell)]
    return []


def _may_be(name: str, content: Content) -> bool:
    """Return whether a column that is called so may be the field: whether its cells do not say otherwise."""
    objects = name in _MAY and content.filled and not _MAY[name](content)
    return not objects


_MAY: Mapping[str, Callable[[Content], bool]] = {
    "id": lambda content: content.unique,
    "title": lambda content: not (content.mostly("addresses") or content.mostly("barcodes") or content.mostly("codes")),
    "attributes": lambda content: content.mostly("json") or content.mostly("pairs"),
    "price": lambda content: content.shares["prices"] > 0.5 or content.shares["digits"] > 0.5,
    "image": lambda content: content.shares["pictures"] > 0.5 or content.shares["addresses"] > 0.5,
    "source": lambda content: not content.mostly("pictures"),
    "category": lambda content: not content.mostly("addresses"),
}
_MUST = {
    "image": "most cells are addresses of pictures",
    "category": "most cells are paths of categories",
    "description": "most cells are HTML",
}


def _must_be(name: str, content: Content | None) -> bool:
    """Return whether a column is surely the field, whatever it is called."""
    if content is None:
        return False
    kinds = {"image": "pictures", "category": "breadcrumbs", "description": "html"}
    other = name == "category" and (content.mostly("addresses") or content.mostly("html"))
    return name in kinds and content.mostly(kinds[name]) and not other


def _left_out(names: Sequence[str], used: set[str], contents: Mapping[str, Content]) -> dict[str, str]:
    """Return the columns that say nothing of a product, with the reason."""
    out = {}
    for name in names:
        content = contents.get(name)
        if name in used or name in STRAY_COLUMNS or content is None:
            continue
        if _is_trade(name, content):
            out[name] = "stock, tax or dates, which say nothing of what it is"
        elif content.mostly("addresses") or (is_address_name(name) and content.shares["addresses"] > 0.5):
            out[name] = "addresses"
        elif content.mostly("codes"):
            out[name] = "codes without a meaning"
        elif content.mostly("pictures"):
            out[name] = "pictures beside the others"
    return out


def _is_trade(name: str, content: Content) -> bool:
    """Return whether a column says how a product is sold: numbers under such a name with or without a unit, or dates and
    words under the whole name, but no texts of which each is another."""
    if content.mostly("whole numbers") or content.mostly("prices"):
        return is_trade_name(name)
    texts = content.unique and content.words >= 2 and not content.mostly("digits")
    return is_trade_name(name, whole=True) and not texts


def lacks_header(table: TableFile, contents: Mapping[str, Content]) -> bool:
    """Return whether a file's first row is one of products: no name is known, and one is like the cells below it."""
    if table.format not in ("csv", "xlsx") or not table.how.header or fields_by_name(table.names):
        return False
    return any(content.like_name >= MOST for content in contents.values())


def nearest_title(names: Sequence[str], contents: Mapping[str, Content]) -> str | None:
    """Return the column that is most like a title: text of some words, the most different ones; or by its name."""
    fewest, most = TITLE_WORDS
    texts = [
        name
        for name in names
        if (content := contents.get(name)) and fewest <= content.words <= most and not content.mostly("html")
    ]
    distinct = [name for name in texts if contents[name].unique]
    return next(iter([*distinct, *texts]), None) or nearest("title", names) or nearest("name", names)


def likely_ids(names: Sequence[str], contents: Mapping[str, Content]) -> list[str]:
    """Return the columns that could be ids, since every cell looked at is another one: barcodes first, then codes."""
    rows = max((content.filled for content in contents.values()), default=0)
    known = fields_by_name(names)
    other = {one for field in NO_IDS for one in known.get(field, ())}
    unique = [name for name in names if (content := contents.get(name)) and content.unique and content.filled == rows]
    short = [name for name in unique if contents[name].words < 2 and not contents[name].mostly("pictures")]
    short = [name for name in short if name not in other]
    return sorted(short, key=lambda name: (not is_barcode_name(name), contents[name].mostly("addresses")))
