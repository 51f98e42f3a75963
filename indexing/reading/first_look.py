"""Files are read once for their ids and for how their cells are written, before everything is read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from indexing.files.blocks import BLOCK_ROWS
from indexing.machine.threads import ahead
from indexing.reading.cells.categories.columns import CategoryFormat
from indexing.reading.cells.identifiers.entries import CodeEntries
from indexing.reading.cells.looks import CellFormats, CellLooks
from indexing.reading.cells.prices.look import PriceLook
from indexing.reading.cells.texts import as_plain
from indexing.reading.inputs import InputFile
from indexing.reading.product_ids import IdCollector, IdScan
from indexing.reading.schema.expression import columns_in
from indexing.reading.schema.raw_columns import RawBlock, raw_block, raw_column
from indexing.reading.schema.row_parents import RowParents
from indexing.reading.schema.schema import CategoryForm, InputSchema, Schema
from indexing.storage.stores import file_name


@dataclass(frozen=True)
class FirstPass:
    """It says what the ids of all files are, how the prices, categories and barcodes of each are written, and what a user should
    hear of that; it holds the rows that others name as their `parents`, by input."""

    ids: IdScan
    formats: Mapping[Path, CellFormats]
    parents: Mapping[InputSchema, RowParents]
    notes: tuple[str, ...]


def look_first(files: Sequence[InputFile]) -> FirstPass:
    """Read the columns of ids, groups, prices, categories and barcodes of all files, in order, and where rows name parents all
    columns."""
    collector = IdCollector()
    parents = {file.schema: RowParents(file.schema) for file in files if file.schema.parent is not None}
    formats: dict[Path, CellFormats] = {}
    notes: list[str] = []
    for file in files:
        collector.next_file()
        looks = _looks(file.schema)
        for block in raw_blocks(file, columns=_looked_at(file)):
            collector.add(block, file)
            _look(looks, block, file)
            if file.schema in parents:
                parents[file.schema].look(block)
        formats[file.table.path] = _formats(looks, file.schema)
        notes += [f"{file.table.path}: {told}" for told in looks.warnings(file.label("price"))]
    for file in files:
        if file.schema in parents:
            columns = file.schema.used_columns(file.table.names)
            parents[file.schema].keep(raw_blocks(file, columns=columns))
    return FirstPass(collector.scan(), formats, parents, tuple(notes))


def _formats(looks: CellLooks, schema: InputSchema) -> CellFormats:
    """Return how cells are written: as the schema states, else as they show."""
    form = schema.categories
    stated = None if form.paths is None else CategoryFormat(form.separator, form.paths)
    shown = looks.formats
    return CellFormats(
        shown.prices, stated or shown.categories, shown.isbn10 if schema.isbn10 is None else schema.isbn10
    )


def as_found(schema: Schema, files: Sequence[InputFile], formats: Mapping[Path, CellFormats]) -> Schema:
    """Return the schema with what the cells showed of how they are written, where all files of an input agree: so that
    other files are read in the same way, however few products are in them."""
    return replace(schema, inputs=tuple(_input_as_found(one, files, formats) for one in schema.inputs))


def _input_as_found(
    schema: InputSchema, files: Sequence[InputFile], formats: Mapping[Path, CellFormats]
) -> InputSchema:
    found = [formats[file.table.path] for file in files if file.schema == schema]
    decimals, categories = {form.prices.decimal for form in found}, {form.categories for form in found}
    if len(decimals) == 1 and schema.prices.decimal is None and (decimal := decimals.pop()):
        schema = replace(schema, prices=replace(schema.prices, decimal=decimal))
    if len(categories) == 1 and (form := categories.pop()) != CategoryFormat():
        schema = replace(schema, categories=CategoryForm(form.paths, form.separator))
    isbns = {form.isbn10 for form in found} - {None}
    if len(isbns) == 1 and schema.isbn10 is None:
        schema = replace(schema, isbn10=isbns.pop())
    return schema


def _looks(schema: InputSchema) -> CellLooks:
    currency = None if schema.prices.in_column() else schema.prices.currency
    return CellLooks(PriceLook(decimal=schema.prices.decimal, currency=currency))


def _look(looks: CellLooks, block: RawBlock, file: InputFile) -> None:
    schema = file.schema
    price, category = raw_column(block, schema.price), raw_column(block, schema.category)
    if price is not None:
        looks.prices.look(price)
    if category is not None:
        looks.categories.look(category)
    codes = raw_column(block, schema.gtin)
    if codes is not None:
        where = f"{file.table.path}: column '{file.label('gtin')}'"
        looks.isbns.look(CodeEntries.of_column(as_plain(codes), where))


def _looked_at(file: InputFile) -> list[str]:
    """Return the columns that the first look reads."""
    names, schema = file.table.names, file.schema
    keys = (schema.id, schema.price, schema.category, schema.gtin, *schema.keys())
    wanted = {column for key in keys for column in columns_in(key, names)} | {*schema.own_columns(names)}
    return [name for name in names if name in wanted] or [*names[:1]]


def raw_blocks(file: InputFile, *, rows: int = BLOCK_ROWS, columns: Sequence[str] | None = None) -> Iterator[RawBlock]:
    """Yield the blocks of a file as its schema sees them."""
    for block in ahead(file.table.numbered_blocks(rows, columns)):
        yield raw_block(block.table, file.schema, file_name(file.table.path), block.numbers, file.table.first_row)
