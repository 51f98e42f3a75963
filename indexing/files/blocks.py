"""A table is read in blocks of rows; a row that cannot be used is set aside and does not stop the others."""

from collections.abc import Callable, Iterator, Sequence
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

    `row` counts the rows of the file from 0, `text` is what stands there, `reason` says what is wrong and what to
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
    """It holds rows of a table, `numbers` (n,) of them in the file, from 0, and their cells."""

    numbers: Ints1d
    table: pa.Table

    def slices(self, rows: int) -> "Iterator[Block]":
        """Yield the rows in blocks of at most so many."""
        for start in range(0, len(self.numbers), rows):
            yield Block(self.numbers[start : start + rows], self.table.slice(start, rows))

    def without(self, rows: Sequence[int]) -> "Block":
        """Return the block without the rows at these places in it."""
        kept = np.ones(len(self.numbers), dtype=bool)
        kept[list(rows)] = False
        return Block(self.numbers[kept], self.table.filter(pa.array(kept)))


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
    can be asked for as columns too, but stand together in one of `names`."""

    names: tuple[str, ...]
    rows: int | None
    how: FileOptions
    notes: tuple[str, ...]
    reader: TableReader
    rare: tuple[str, ...] = ()
    namings: tuple[Naming, ...] = ()


def refusing(path: Path) -> Aside:
    """Return what refuses the file at the first row or cell that cannot be read."""

    def refuse(found: SetAside) -> None:
        where = "" if found.column is None else f", column '{found.column}'"
        shown = found.text if len(found.text) <= 80 else found.text[:80] + "…"
        raise InputError(f"{path}: row {found.row}{where}: {found.reason}: {shown!r}")

    return refuse
