"""Cells of a catalogue file are brought to the normal form. What cannot be used becomes null and a reject."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from indexing.catalog.rejects import Reject
from indexing.errors import InputError
from indexing.reading.cells.attributes.columns import gathered, read_attributes, read_extra
from indexing.reading.cells.categories.columns import read_categories
from indexing.reading.cells.distinct import mended
from indexing.reading.cells.identifiers.barcodes import Barcodes, read_barcodes
from indexing.reading.cells.identifiers.entries import CodeEntries
from indexing.reading.cells.identifiers.part_numbers import read_part_numbers
from indexing.reading.cells.lists import read_lists
from indexing.reading.cells.looks import CellFormats
from indexing.reading.cells.markup import without_markup, written_breaks
from indexing.reading.cells.prices.columns import (
    PriceColumns,
    price_of_object,
    prices_of_structs,
    read_price_numbers,
    read_price_texts,
)
from indexing.reading.cells.references import read_references
from indexing.reading.cells.texts import TEXT, as_plain, as_text, is_bytes
from indexing.storage.stores import file_name


@dataclass
class CellReader:
    """A cell reader reads the cells of one block, written as `formats` say, and collects rejects with the file and row
    that they stand in. `deeper` counts products with a category below level 4, which no column holds; `coded` are the
    columns of barcodes, by name, with what was read of them."""

    file: Path
    first_row: int
    ids: pa.Array
    formats: CellFormats = field(default_factory=CellFormats)
    rejects: list[Reject] = field(default_factory=list)
    deeper: int = 0
    coded: dict[str, tuple[pa.Array, Barcodes]] = field(default_factory=dict)

    def reject(self, row: int, column: str, value: Any, reason: str) -> None:
        """Set a cell aside, whole."""
        ident = str(self.ids[row].as_py())
        self.rejects.append(Reject(ident, column, str(value), reason, file_name(self.file), self.first_row + row))

    def text(self, column: pa.Array, name: str, breaks: str = " ") -> pa.Array:
        """Return the cells as strings, trimmed and without markup; `breaks` stands where a block of it ended.

        What says nothing is null, numbers become text. Raises InputError for nested columns.
        """
        texts = as_text(column, self._where(name))
        return without_markup(written_breaks(texts) if breaks == "\n" else texts, breaks)

    def prices(self, column: pa.Array, name: str, currency: pa.Array | None = None) -> dict[str, pa.Array]:
        """Return the columns `price`, `price_high` (of ranges) and `currency`; `currency` is a column that states it.

        What is no price, negative, infinite or larger than any is rejected. Raises InputError for a column that holds
        neither numbers nor text.
        """
        plain = as_plain(column)
        if pa.types.is_struct(plain.type):
            plain = prices_of_structs(plain)
        refuse = self._refusing(plain, name)
        stated = None if currency is None else pc.utf8_upper(as_text(currency, self._where("currency")))
        read = self._price_columns(plain, name, refuse, stated)
        return {"price": read.price, "price_high": read.high, "currency": read.currency}

    def _price_columns(
        self, plain: pa.Array, name: str, refuse: Callable[[int, str], None], stated: pa.Array | None
    ) -> PriceColumns:
        kind, form = plain.type, self.formats.prices
        numbers = (pa.types.is_null, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
        if any(is_kind(kind) for is_kind in numbers):
            return read_price_numbers(plain, form, refuse, stated)
        if kind != TEXT and not is_bytes(kind):
            raise InputError(f"{self._where(name)} is {kind}: numbers are needed")
        texts = as_text(plain, self._where(name))
        objects = pc.starts_with(texts, "{")
        return read_price_texts(mended(texts, objects, price_of_object), form, refuse, stated)

    def attributes(self, column: pa.Array, name: str, extra: Mapping[str, pa.Array]) -> pa.Array:
        """Read attributes of any usual shape, and those of each extra column, whose name is the key.

        What cannot be read is rejected, and kept as one value without a key.
        """
        parts = read_attributes(column, self._refusing(column, name))
        parts += [part for key, values in extra.items() for part in read_extra(key, values)]
        return gathered(parts, len(column))

    def categories(self, column: pa.Array, name: str) -> dict[str, pa.Array]:
        """Return one column a level: of a path from the top, of an object's levels "1" to "4", of a name the third."""
        read = read_categories(column, self.formats.categories, self._refusing(column, name))
        self.deeper += read.deeper
        return read.levels

    def strings(self, column: pa.Array, name: str) -> pa.Array:
        """Return lists of text; a plain text is split at commas, semicolons, slashes and bars."""
        return read_lists(column)

    def images(self, column: pa.Array, name: str, keep: Callable[[bytes], str], prefix: str) -> pa.Array:
        """Return picture references, main first. Bytes are handed to `keep`, which returns their reference."""
        return read_references(column, keep, prefix, self._refusing(column, name))

    def barcodes(self, column: pa.Array, name: str) -> pa.Array:
        """Return lists of barcodes with 14 digits; what is none costs the product its barcode alone, and is in `coded`."""
        plain = as_plain(column)
        entries = CodeEntries.of_column(plain, self._where(name))
        read = read_barcodes(entries, len(plain), isbn10=self.formats.isbn10 is not False)
        self.coded[name] = plain, read
        return read.gtins

    def part_numbers(self, column: pa.Array, name: str) -> pa.Array:
        """Return lists of part numbers, as they are written."""
        plain = as_plain(column)
        return read_part_numbers(CodeEntries.of_column(plain, self._where(name)), len(plain))

    def _where(self, name: str) -> str:
        return f"{self.file}: column '{name}'"

    def _refusing(self, column: pa.Array, name: str) -> Callable[[int, str], None]:
        """Return what rejects the cell of a row, with a reason."""
        return lambda row, reason: self.reject(row, name, column[row].as_py(), reason)
