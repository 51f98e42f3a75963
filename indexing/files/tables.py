"""Files as shops deliver them are read as blocks of rows, so that memory does not grow with the file."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from indexing.errors import InputError
from indexing.files.blocks import BLOCK_ROWS, Aside, Block, Naming, Opened, TableReader, refusing
from indexing.files.columnar.readers import open_arrow, open_parquet
from indexing.files.content.sources import PACKED_SUFFIXES, UNREADABLE, Source, find_source
from indexing.files.delimited.open_delimited import open_delimited
from indexing.files.options import FileOptions
from indexing.files.records.keys import GATHERED
from indexing.files.records.open_records import open_json
from indexing.files.sheets import open_sheet

COUNTED_BYTES = 1 << 20
SUFFIXES = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".xml": "xml",
    ".yml": "xml",
    ".xlsx": "xlsx",
}
TEXT_FORMATS = ("csv", "json")
HEAD_BYTES = 1024
OTHER_CONTENT = (
    ("an HTML page", (b"<!doctype html", b"<html"), "save the file that it links to, or asks to log in for"),
    ("a PDF", (b"%pdf-",), "give the table that it was made of"),
    ("a zip or a spreadsheet", (b"pk\x03\x04",), "name it .zip or .xlsx"),
)


def _open_xml(source: Source, how: FileOptions) -> Opened:
    from indexing.files.markup.open_xml import open_xml  # late: lxml

    return open_xml(source, how)


_OPEN: dict[str, Callable[[Source, FileOptions], Opened]] = {
    "parquet": open_parquet,
    "arrow": open_arrow,
    "csv": open_delimited,
    "json": open_json,
    "xml": _open_xml,
    "xlsx": open_sheet,
}


@dataclass(frozen=True)
class TableFile:
    """A table file says where it is, its format, its column names and, where that is free to know, its rows.

    `how` is how it is read, as told and as found out; `notes` say for people what is not as it stands in the file, and
    `namings` which columns are not called as its header says; `first_row` is the number of its first row, as a Block has them.
    The keys `rare` of a file of records stand together in the column
    GATHERED, as JSON objects, until one is asked for by name (see `keeping`).
    """

    path: Path
    format: str
    names: tuple[str, ...]
    rows: int | None
    how: FileOptions
    notes: tuple[str, ...]
    reader: TableReader
    source: Source
    rare: tuple[str, ...] = ()
    namings: tuple[Naming, ...] = ()
    first_row: int = 1

    @property
    def folder(self) -> Path:
        """Return the folder that it lies in, which its relative pictures are seen from."""
        return self.source.folder

    def blocks(
        self, rows: int = BLOCK_ROWS, columns: Sequence[str] | None = None, *, aside: Aside | None = None
    ) -> Iterator[pa.Table]:
        """Yield blocks of at most `rows` rows in file order. Text formats give columns of text (see `as_integers`).

        What cannot be read is handed to `aside`; without one it is refused. Raises InputError for that, when the
        file ends early, and for what cannot be read on.
        """
        yield from (block.table for block in self.numbered_blocks(rows, columns, aside=aside))

    def numbered_blocks(
        self, rows: int = BLOCK_ROWS, columns: Sequence[str] | None = None, *, aside: Aside | None = None
    ) -> Generator[Block, None, None]:
        """Yield the same blocks with the numbers that their rows have in the file, whatever was set aside."""
        names = self.names if columns is None else tuple(columns)
        try:
            yield from self.reader.read(rows, names, aside or refusing(self.path))
        except UNREADABLE as error:
            raise self._unreadable(error) from error

    def keeping(self, names: Iterable[str]) -> "TableFile":
        """Return the file with those of the rare keys that are named as columns of their own."""
        kept = tuple(name for name in names if name in self.rare)
        rare = tuple(name for name in self.rare if name not in kept)
        own = [name for name in self.names if rare or name != GATHERED]
        return replace(self, names=(*own, *kept), rare=rare)

    def about_rows(self) -> int:
        """Return how many rows there are, or how many lines, which rows of text are but for long cells."""
        if self.rows is not None:
            return self.rows
        try:
            with self.source.open() as stream:
                lines = sum(part.count(b"\n") for part in iter(lambda: stream.read(COUNTED_BYTES), b""))
        except UNREADABLE as error:
            raise self._unreadable(error) from error
        return max(lines - self.how.header - (self.how.above or 0), 1)

    def _unreadable(self, error: BaseException) -> InputError:
        return InputError(f"{self.path}: cannot be read to its end ({_first_line(error)}): write the file again")

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the whole file as one table."""
        blocks = list(self.blocks(columns=columns))
        return (
            pa.concat_tables(blocks, promote_options="permissive")
            if blocks
            else pa.table({n: pa.nulls(0) for n in self.names})
        )


def open_table(path: Path | str, how: FileOptions | None = None) -> TableFile:
    """Look up a file's format and its columns: a path, a URL, or a file in a zip (`shop.zip/offers.csv`).

    What `how` does not tell is found out. Raises InputError for what is missing or unreadable.
    """
    path, how = Path(path), how or FileOptions()
    kind = how.format or "table"
    try:
        source = find_source(path)
        kind = how.format or _format(source)
        if kind in TEXT_FORMATS:
            _refuse_other_content(source)
        found = _OPEN[kind](source, how)
    except UNREADABLE as error:
        raise InputError(f"{path}: cannot be read as {kind} ({_first_line(error)}): is it complete?") from error
    return TableFile(
        path,
        kind,
        found.names,
        found.rows,
        found.how,
        found.notes,
        found.reader,
        source,
        found.rare,
        found.namings,
        found.first_row,
    )


def _refuse_other_content(source: Source) -> None:
    """Raise InputError for what is no text of a table, whatever its name says."""
    begins = source.head(HEAD_BYTES).lstrip().lower()
    for what, marks, remedy in OTHER_CONTENT:
        if begins.startswith(marks):
            raise InputError(f"{source.path}: is {what}, not a table: {remedy}")


def _format(source: Source) -> str:
    known = SUFFIXES.get(source.suffix)
    if known is None:
        raise InputError(
            f"{source.path}: unknown kind of file {source.suffix!r}: give one of {', '.join(sorted(SUFFIXES))}, "
            f"also with {', '.join(PACKED_SUFFIXES)}"
        )
    return known


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
