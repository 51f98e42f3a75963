"""A table is read in blocks of rows; a row that cannot be used is set aside and does not stop the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from indexing.arrays import Ints1d
from indexing.errors import InputError
from indexing.files.options import FileOptions

BLOCK_ROWS = 32_768
MOST_SHOWN = 64 * 1024  # characters kept of what is set aside


@dataclass(frozen=True)
class SetAside:
    """It is a row that could not be read, or a cell of one where `column` names it, which is then empty.

    `row` is counted as in a Block, `text` is what stands there, `reason` says what is wrong and what to
    do; `rows` is how many rows are lost by it (0 for a cell).
    """

    row: int
    text: str
    reason: str
    column: str | None = None
    rows: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text[:MOST_SHOWN])


OTHER_WIDTH = "has another number of fields"
UNCLOSED = "has a quote that is not closed"
NO_TEXT = "holds bytes that are no text"
NO_JSON = "is not JSON"
NO_OBJECT = "is no JSON object"
SLIP = "is not quite XML"
"""What reasons of rows and cells that cannot be read begin with, up to a colon."""

Aside = Callable[[SetAside], None]


@dataclass(frozen=True)
class Block:
    """It holds rows of a table, their ascending `numbers` (n,) in the file, and their cells.

    Rows are counted as people see them: in a file of text with a header, and in a spreadsheet, every row from the first
    on, so that the header is most often row 1, in any other the records from 1; of JSON lines, the lines.
    """

    numbers: Ints1d
    table: pa.Table

    def slices(self, rows: int) -> "Iterator[Block]":
        """Yield the rows in blocks of at most so many."""
        for start in range(0, len(self.numbers), rows):
            yield Block(self.numbers[start : start + rows], self.table.slice(start, rows))

    def before(self, number: int) -> "Block":
        """Return the rows before the one with this number."""
        count = int(np.searchsorted(self.numbers, number))
        return Block(self.numbers[:count], self.table.slice(0, count))


class TableReader(Protocol):
    """A reader of one file in one format."""

    def read(self, rows: int, names: tuple[str, ...], aside: Aside) -> Iterator[Block]:
        """Yield blocks of at most `rows` rows of the columns named, in file order."""


@dataclass(frozen=True)
class Naming:
    """It says that a column's `name` is not what the header says: what is `given` there stands in it again, or nothing
    does; `place` is the column's, from 1."""

    name: str
    place: int
    given: str

    @property
    def note(self) -> str:
        """Return what people should know of it."""
        if self.given:
            return f"the column '{self.given}' stands there again: it is read as '{self.name}'"
        return f"column {self.place} has no name: it is read as '{self.name}'"


@dataclass(frozen=True)
class Opened:
    """It holds what opening a file found out: its columns, its rows where that is free to know, how it is to be read,
    notes for people on what is not as it stands in the file, and columns that are not called as its header says. `rare`
    can be asked for as columns too, but stand together in one of `names`; `first_row` is the number of the first row."""

    names: tuple[str, ...]
    rows: int | None
    how: FileOptions
    notes: tuple[str, ...]
    reader: TableReader
    rare: tuple[str, ...] = ()
    namings: tuple[Naming, ...] = ()
    first_row: int = 1


def refusing(path: Path) -> Aside:
    """Return what refuses the file at the first row or cell that cannot be read."""

    def refuse(found: SetAside) -> None:
        where = "" if found.column is None else f", column '{found.column}'"
        shown = found.text if len(found.text) <= 80 else found.text[:80] + "…"
        raise InputError(f"{path}: row {found.row}{where}: {found.reason}: {shown!r}")

    return refuse
