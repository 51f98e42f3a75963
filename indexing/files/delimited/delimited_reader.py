"""A delimited file is read by Arrow in blocks. Rows of another width, cells that are no text and quotes that are not
closed are set aside with their row."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from indexing.arrays import Ints1d
from indexing.errors import InputError
from indexing.files.blocks import Aside, Block
from indexing.files.content.cell_bytes import in_one
from indexing.files.content.paced_stream import PacedStream, paced
from indexing.files.content.sources import Source
from indexing.files.content.text_stream import MARK, TextStream
from indexing.files.delimited.dialect import Dialect
from indexing.files.delimited.faults import Faults
from indexing.files.delimited.line_by_line import LineRow, LineRows, LongRow
from indexing.files.delimited.unclosed_quotes import RowShape, find_swallowing

FIELD_BYTES = 64 << 20  # a longer field, or row, is refused
BLOCK_BYTES = (4 << 20, 32 << 20, 2 * FIELD_BYTES)  # tried one after another, where a row is longer than a block
_TOO_LONG = "straddl"  # is in what Arrow says of such a row


@dataclass
class _RaggedRows:
    """It keeps the numbers of rows of another width, as people count them, which is as Arrow does, and tells of them when
    asked to: Arrow lets no error out of its own call. The table begins in row `first`."""

    faults: Faults
    first: int
    numbers: list[int] = field(default_factory=list)
    open_row: int | None = None  # the first that has taken in others
    closed: bool = False  # nobody looks any more
    _untold: list[tuple[int, str, int]] = field(default_factory=list)

    def __call__(self, found: pyarrow.csv.InvalidRow) -> str:
        met = bool(self.numbers) and found.number <= self.numbers[-1]  # a file that is read again meets the same rows
        if not (self.closed or met):
            self.numbers.append(found.number)
            self._untold.append((found.number, found.text, found.actual_columns))
            if self.open_row is None and self.faults.shape.rows_inside(found.text):
                self.open_row = found.number
        return "skip"

    def tell(self, before: int | None = None) -> None:
        """Set aside the rows met since, before the one with this number (None: all)."""
        told = [row for row in self._untold if before is None or row[0] < before]
        self._untold = self._untold[len(told) :]
        for number, text, width in told:
            self.faults.ragged(number, text, width)

    def numbers_of(self, first: int, count: int) -> Ints1d:
        """Return the numbers in the file of usable rows, of which `first` came before."""
        rows = np.arange(first, first + count, dtype=np.int64)
        usable_before = np.asarray(self.numbers, dtype=np.int64) - self.first - np.arange(len(self.numbers))
        return rows + self.first + np.searchsorted(usable_before, rows, side="right")


@dataclass(frozen=True)
class DelimitedReader:
    """It reads the columns `names` of a source in one encoding and dialect; so many rows stand `above` those of the
    table, the header among them. Blank lines are rows of nulls with `blank_lines`, and else passed over and not counted."""

    source: Source
    encoding: str
    dialect: Dialect
    names: tuple[str, ...]
    above: int
    blank_lines: bool = False

    @property
    def first_row(self) -> int:
        """Return the number of the first row of the table, as people count them."""
        return self.dialect.skipped + self.above + 1

    def read(self, rows: int, names: tuple[str, ...], aside: Aside) -> Iterator[Block]:
        """Yield blocks of at most `rows` rows of large_string columns; empty fields are null.

        Raises InputError for a row above FIELD_BYTES.
        """
        shape = RowShape(self.dialect.delimiter, self.dialect.quote, len(self.names))
        faults = Faults(self.source.path, self.encoding, shape, self.names, aside)
        ragged = _RaggedRows(faults, self.first_row)
        done, open_row = 0, None
        for size in BLOCK_BYTES:
            try:
                for batch, marked, last_line in self._batches(size, done, names, ragged):
                    block = Block(ragged.numbers_of(done, len(batch)), pa.Table.from_batches([batch]))
                    done += len(batch)
                    open_row = self._first_open(block, ragged.open_row, shape, last_line)
                    kept = block if open_row is None else block.before(open_row)
                    ragged.tell(int(block.numbers[-1]) if open_row is None else open_row)
                    yield from (_without_marked(kept, faults) if marked else kept).slices(rows)
                    if open_row is not None:
                        break
                else:
                    open_row = ragged.open_row
                break
            except pa.ArrowInvalid as error:
                if _TOO_LONG not in str(error):
                    raise
                open_row = int(ragged.numbers_of(done, 1)[0])  # unless larger blocks hold it
        ragged.tell(open_row)
        if open_row is not None:
            yield from self._by_line(open_row, rows, names, faults)

    def _batches(
        self, size: int, skipped: int, names: tuple[str, ...], ragged: _RaggedRows
    ) -> Iterator[tuple[pa.RecordBatch, bool, str | None]]:
        """Yield what Arrow reads after the usable rows `skipped`, whether bytes were marked by then, and with the last of it
        the file's last line."""
        text = TextStream(self.source.open(), self.encoding)
        with paced(text, ragged) as content:
            ragged.closed = False
            reader = self._open(content, size, names or self.names[:1], ragged)
            try:
                batch = next(reader, None)
                while batch is not None:
                    content.used()
                    after = next(reader, None)
                    if skipped < len(batch):
                        last = text.end.decode("utf-8", "replace") if after is None else None
                        yield batch.slice(skipped).select(list(names)), text.marked > 0, last
                    skipped, batch = max(skipped - len(batch), 0), after
            finally:  # a reader that is left before its end hangs Arrow's thread, or aborts the program
                ragged.closed = True
                content.end()
                _drain(reader)
                del reader

    def _first_open(self, block: Block, ragged: int | None, shape: RowShape, last_line: str | None) -> int | None:
        """Return the number of the first row of a block that a quote is not closed in, or of a `ragged` one before the
        block's end; `last_line` is the file's, with the last block."""
        columns = {name: in_one(block.table[name]) for name in block.table.column_names}
        rows = [row for column in columns.values() for row in find_swallowing(column, shape)]
        last = len(block.numbers) - 1
        if last_line is not None and self.names[-1] in columns:
            rows += [last] if shape.is_open(columns[self.names[-1]][last].as_py() or "", last_line) else []
        first = min([int(block.numbers[row]) for row in rows] + ([] if ragged is None else [ragged]), default=None)
        return first if first is not None and first <= int(block.numbers[last]) else None

    def _by_line(self, first: int, rows: int, names: tuple[str, ...], faults: Faults) -> Iterator[Block]:
        """Yield the rows from this one on, told apart where a quote in one is not closed."""
        places = [self.names.index(name) for name in names]
        with closing(TextStream(self.source.open(), self.encoding)) as text:
            every = LineRows(text, self.dialect, faults.shape, self.above, self.blank_lines, most=FIELD_BYTES)
            sound = (row for row in every if row.number >= first and _is_sound(row, faults))
            try:
                while held := list(islice(sound, rows)):
                    yield _without_marked(_block_of(held, names, places), faults)
            except LongRow as error:
                long = f"row {error.number} is longer than {FIELD_BYTES >> 20} MiB, or a quote in it is not closed"
                raise InputError(f"{self.source.path}: {long}: mend that row") from error

    def _open(
        self, content: PacedStream, size: int, names: tuple[str, ...], ragged: _RaggedRows
    ) -> pyarrow.csv.CSVStreamingReader:
        read = pyarrow.csv.ReadOptions(
            column_names=list(self.names),
            skip_rows=self.dialect.skipped,
            skip_rows_after_names=self.above,
            block_size=size,
            use_threads=False,  # the rows have numbers then; one thread reads a gigabyte a second
        )
        parse = pyarrow.csv.ParseOptions(
            delimiter=self.dialect.delimiter,
            quote_char=self.dialect.quote or False,
            double_quote=bool(self.dialect.quote),
            escape_char="\\" if self.dialect.backslash else False,
            newlines_in_values=bool(self.dialect.quote),
            ignore_empty_lines=not self.blank_lines,
            invalid_row_handler=ragged,
        )
        convert = pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()),
            include_columns=list(names),
            strings_can_be_null=True,
            null_values=[""],
            check_utf8=False,  # the stream gives nothing else
        )
        return pyarrow.csv.open_csv(
            pa.PythonFile(content, "r"), read_options=read, parse_options=parse, convert_options=convert
        )


def _drain(reader: pyarrow.csv.CSVStreamingReader) -> None:
    """Take what a reader has left; the last row may be cut."""
    try:
        while next(reader, None) is not None:
            pass
    except pa.ArrowInvalid:
        pass


def _without_marked(block: Block, faults: Faults) -> Block:
    """Empty the cells that hold marked bytes, and set each aside."""
    table = block.table
    for place, name in enumerate(table.column_names):
        column = in_one(table[name])
        found = pc.fill_null(pc.match_substring(column, MARK), False)
        for row in pc.indices_nonzero(found).to_pylist():
            faults.no_text(int(block.numbers[row]), column[row].as_py(), name)
        if pc.any(found).as_py():
            table = table.set_column(place, name, pc.if_else(found, pa.scalar(None, column.type), column))
    return Block(block.numbers, table)


def _is_sound(row: LineRow, faults: Faults) -> bool:
    """Return whether a row is as wide as the table, or blank; if not it is set aside."""
    if row.fields is None:
        faults.unclosed(row.number, row.text, row.lines)
    elif row.fields and len(row.fields) != faults.shape.columns:
        faults.ragged(row.number, row.text.rstrip("\r\n"), len(row.fields))
    else:
        return True
    return False


def _block_of(rows: list[LineRow], names: tuple[str, ...], places: list[int]) -> Block:
    """Return rows as a block; empty fields, and those of blank lines, are null."""
    columns = [
        pa.array([(row.fields[place] or None) if row.fields else None for row in rows], pa.large_string())
        for place in places
    ]
    return Block(np.array([row.number for row in rows], dtype=np.int64), pa.table(columns, names=list(names)))
