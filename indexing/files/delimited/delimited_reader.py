"""A delimited file is read by Arrow in blocks. Rows of another width, cells that are no text and quotes that are not
closed are set aside with their row."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from indexing.arrays import Ints1d
from indexing.errors import InputError
from indexing.files.blocks import Aside, Block
from indexing.files.content.cell_bytes import in_one
from indexing.files.content.sources import Source
from indexing.files.content.text_stream import MARK, TextStream
from indexing.files.delimited.dialect import Dialect
from indexing.files.delimited.faults import Faults
from indexing.files.delimited.unclosed_quotes import RowShape, find_swallowing

FIELD_BYTES = 64 << 20  # a longer field, or row, is refused
BLOCK_BYTES = (4 << 20, 32 << 20, 2 * FIELD_BYTES)  # tried one after another, where a row is longer than a block
_TOO_LONG = "straddl"  # is in what Arrow says of such a row


@dataclass
class _RaggedRows:
    """It keeps the numbers of rows of another width, which Arrow counts from 1 with those above, and tells of them when
    asked to: Arrow lets no error out of its own call."""

    faults: Faults
    above: int
    numbers: list[int] = field(default_factory=list)
    _untold: list[tuple[int, str, int]] = field(default_factory=list)

    def __call__(self, found: pyarrow.csv.InvalidRow) -> str:
        number = found.number - 1 - self.above
        if not self.numbers or number > self.numbers[-1]:  # a file that is read again meets the same rows
            self.numbers.append(number)
            self._untold.append((number, found.text, found.actual_columns))
        return "skip"

    def tell(self) -> None:
        """Set aside the rows met since."""
        untold, self._untold = self._untold, []
        for number, text, width in untold:
            self.faults.ragged(number, text, width)

    def numbers_of(self, first: int, count: int) -> Ints1d:
        """Return the numbers in the file of usable rows, of which `first` came before."""
        rows = np.arange(first, first + count, dtype=np.int64)
        usable_before = np.asarray(self.numbers, dtype=np.int64) - np.arange(len(self.numbers))
        return rows + np.searchsorted(usable_before, rows, side="right")


@dataclass(frozen=True)
class DelimitedReader:
    """It reads the columns `names` of a source in one encoding and dialect; so many rows stand `above` those of the
    table, the header among them."""

    source: Source
    encoding: str
    dialect: Dialect
    names: tuple[str, ...]
    above: int

    def read(self, rows: int, names: tuple[str, ...], aside: Aside) -> Iterator[Block]:
        """Yield blocks of at most `rows` rows of large_string columns; empty fields are null.

        Raises InputError for a row above FIELD_BYTES and a quote that takes in more than a few rows.
        """
        shape = RowShape(self.dialect.delimiter, self.dialect.quote, len(self.names))
        faults = Faults(self.source.path, self.encoding, shape, aside)
        ragged = _RaggedRows(faults, self.above)
        done = 0
        for size in BLOCK_BYTES:
            try:
                for batch, marked in self._batches(size, done, names, ragged):
                    block = Block(ragged.numbers_of(done, len(batch)), pa.Table.from_batches([batch]))
                    done += len(batch)
                    block = _without_marked(block, faults) if marked else block
                    yield from _without_swallowing(block, faults).slices(rows)
                return
            except pa.ArrowInvalid as error:
                if _TOO_LONG not in str(error):
                    raise
        row = done + len(ragged.numbers)
        long = f"row {row} is longer than {FIELD_BYTES >> 20} MiB, or a quote in it is not closed: mend that row"
        raise InputError(f"{self.source.path}: {long}")

    def _batches(
        self, size: int, skipped: int, names: tuple[str, ...], ragged: _RaggedRows
    ) -> Iterator[tuple[pa.RecordBatch, bool]]:
        """Yield what Arrow reads after the usable rows `skipped`, and whether bytes were marked by then."""
        with (
            closing(TextStream(self.source.open(), self.encoding)) as text,
            self._open(text, size, names or self.names[:1], ragged) as reader,
        ):
            for batch in reader:
                ragged.tell()
                if skipped < len(batch):
                    yield batch.slice(skipped).select(list(names)), text.marked > 0
                skipped = max(skipped - len(batch), 0)
            ragged.tell()

    def _open(
        self, text: TextStream, size: int, names: tuple[str, ...], ragged: _RaggedRows
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
            invalid_row_handler=ragged,
        )
        convert = pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()),
            include_columns=list(names),
            strings_can_be_null=True,
            null_values=[""],
            check_utf8=False,  # the stream gives nothing else
        )
        stream = pa.PythonFile(text, "r")
        return pyarrow.csv.open_csv(stream, read_options=read, parse_options=parse, convert_options=convert)


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


def _without_swallowing(block: Block, faults: Faults) -> Block:
    """Leave out the rows that have swallowed others, and set each aside."""
    found: dict[int, tuple[int, str]] = {}
    for name in block.table.column_names:
        for row, lost in find_swallowing(in_one(block.table[name]), faults.shape).items():
            found[row] = lost, name
    if not found:
        return block
    for row, (lost, name) in sorted(found.items()):
        faults.unclosed(int(block.numbers[row]), block.table[name][row].as_py(), lost, name)
    return block.without(list(found))
