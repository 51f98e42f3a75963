"""A spreadsheet is a table of text: whole numbers without a point, dates as ISO 8601 writes them."""

import datetime
import io
from collections.abc import Iterable, Iterator, Sequence
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
        book = _open(self.source)
        merged = _Merged.of_sheet(book, self.sheet, self.above, len(self.names))
        below = enumerate(merged.rows(_rows(book, self.sheet, self.above)), start=self.above + 1)
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
    notes = _Merged.of_sheet(book, sheet, above, len(header.names)).notes(_rows(book, sheet, above))
    return Opened(header.names, None, found, notes, reader, namings=header.namings, first_row=above + 1)


@dataclass(frozen=True)
class _Merged:
    """It knows the cells of a table that are merged, by the number of their first row from 0. One over several rows
    holds for each of them (`down`: last row, first column); a row that is one over most columns is a heading."""

    first: int
    down: dict[int, list[tuple[int, int]]]
    headings: frozenset[int]

    @classmethod
    def of_sheet(cls, book: Any, sheet: str, above: int, width: int) -> "_Merged":
        """Find the merged cells below the first `above` rows, of a table of so many columns."""
        down: dict[int, list[tuple[int, int]]] = {}
        headings, found = set(), book.get_sheet_by_name(sheet)
        edge = found.start[1] if found.start else 0  # rows begin with the first column that is not empty
        for (top, left), (bottom, right) in found.merged_cell_ranges or ():
            if top >= above and right > left and 2 * (right - left + 1) > width:
                headings.add(top)
            elif top >= above and bottom > top:
                down.setdefault(top, []).append((bottom, left - edge))
        return cls(above, down, frozenset(headings))

    def rows(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        """Yield the rows from `first` on, those that are not blank with what merged cells hold for them; headings as blank
        rows."""
        held: list[tuple[int, int, Any]] = []  # last row, column, cell
        for place, row in enumerate(rows, start=self.first):
            if self._is_heading(place, row):
                row = [""] * len(row)
            elif held and any(cell != "" for cell in row):
                row = list(row)
                for _, column, cell in held:
                    row[column] = cell
            held = [one for one in held if one[0] > place]
            held += [(last, column, row[column]) for last, column in self.down.get(place, ()) if 0 <= column < len(row)]
            yield row

    def notes(self, rows: Iterable[Sequence[Any]]) -> tuple[str, ...]:
        """Return a line on headings among the rows from `first` on, where there are any."""
        places = enumerate(rows, start=self.first) if self.headings else ()
        count = sum(self._is_heading(place, row) for place, row in places)
        told = "1 row is" if count == 1 else f"{count:,} rows are"
        return (f"{told} one cell merged over most columns: passed over as headings",) if count else ()

    def _is_heading(self, place: int, row: Sequence[Any]) -> bool:
        return place in self.headings and sum(cell != "" for cell in row) == 1


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
