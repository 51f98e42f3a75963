"""A spreadsheet is a table of text: whole numbers without a point, dates as ISO 8601 writes them."""

import datetime
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from indexing.errors import InputError
from indexing.files.blocks import Aside, Block, Opened
from indexing.files.content.sources import Source
from indexing.files.delimited.header import find_header
from indexing.files.options import FileOptions

LOOKED_AT = 200  # rows, for the header
_MIDNIGHT = datetime.time()


@dataclass(frozen=True)
class SheetReader:
    """It reads a sheet, by its name; so many rows stand `above` those of the table, the header among them."""

    source: Source
    sheet: str
    names: tuple[str, ...]
    above: int

    def read(self, rows: int, names: tuple[str, ...], aside: Aside) -> Iterator[Block]:
        """Yield blocks of at most `rows` rows of large_string columns; empty cells are null."""
        below = enumerate(_rows(_open(self.source), self.sheet, self.above), start=self.above + 1)
        filled = ((number, row) for number, row in below if any(cell != "" for cell in row))
        places = [self.names.index(name) for name in names]
        while held := list(islice(filled, rows)):
            yield _block(held, places, names)


def open_sheet(source: Source, how: FileOptions) -> Opened:
    """Open a spreadsheet: the sheet that is told, else the first. Raises InputError for one that is not there."""
    book = _open(source)
    sheets = book.sheet_names
    sheet = how.sheet or sheets[0]
    if sheet not in sheets:
        raise InputError(f"{source.path}: has no sheet '{sheet}', but {', '.join(map(repr, sheets))}")
    header = find_header([_texts(row) for row in islice(_rows(book, sheet), LOOKED_AT)], how)
    if header is None:
        raise InputError(f"{source.path}: sheet '{sheet}' is empty: a line of names is needed")
    found = replace(how, format="xlsx", sheet=sheet, above=header.above)
    above = header.above + how.header
    header = header.widened(_beyond(book, sheet, above, len(header.names)))
    reader = SheetReader(source, sheet, header.names, above)
    return Opened(header.names, None, found, (), reader, namings=header.namings, first_row=above + 1)


def _beyond(book: Any, sheet: str, above: int, width: int) -> list[int]:
    """Return the columns, from 1, to the right of the `width` named ones in which a cell of the table is filled."""
    last = book.get_sheet_by_name(sheet).end  # row and column from 0; total_width is one too few
    if last is None or last[1] < width:  # as nearly always, which spares a look at all rows
        return []
    beyond = (enumerate(row[width:], start=width + 1) for row in _rows(book, sheet, above))
    return sorted({place for cells in beyond for place, cell in cells if str(cell).strip()})


def _open(source: Source) -> Any:
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as error:
        raise InputError(f"{source.path}: spreadsheets need python-calamine: pip install 'heroic[xlsx]'") from error
    try:
        if source.url or source.member:
            with source.open() as stream:
                return CalamineWorkbook.from_filelike(io.BytesIO(stream.read()))
        return CalamineWorkbook.from_path(str(source.path))
    except CalamineError as error:
        raise InputError(f"{source.path}: cannot be read as xlsx ({error}): is it complete?") from error


def _rows(book: Any, sheet: str, above: int = 0) -> Iterator[Sequence[Any]]:
    """Yield the rows of a sheet below the first ones, blank ones too."""
    yield from islice(book.get_sheet_by_name(sheet).iter_rows(), above, None)


def _texts(row: Sequence[Any]) -> list[str]:
    """Return a row as text as far as its last filled cell."""
    width = max((place for place, cell in enumerate(row, start=1) if cell != ""), default=0)
    return [_text(cell) or "" for cell in row[:width]]


def _block(rows: list[tuple[int, Sequence[Any]]], places: list[int], names: tuple[str, ...]) -> Block:
    columns = [
        pa.array([_text(row[place]) if place < len(row) else None for _, row in rows], pa.large_string())
        for place in places
    ]
    return Block(np.array([number for number, _ in rows], dtype=np.int64), pa.table(columns, names=list(names)))


def _text(cell: Any) -> str | None:
    """Return a cell as text, None for an empty one."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == _MIDNIGHT else cell.isoformat()
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)
