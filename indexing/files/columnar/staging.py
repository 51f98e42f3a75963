"""What cannot be read column by column is parsed once, into an Arrow file that is read through a memory map."""

import hashlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from indexing.files.blocks import BLOCK_ROWS, Aside, Block
from indexing.files.columnar.readers import ArrowReader
from indexing.files.content.sources import Source
from indexing.files.delimited.delimited_reader import DelimitedReader
from indexing.files.tables import TableFile
from indexing.machine.progress import Progress, silent
from indexing.machine.threads import ahead

STAGED_BYTES = 16 << 20  # of a block that is written, where its rows are long
COLUMNAR = ("parquet", "arrow")
NUMBER = "\0row"  # the column of the rows' numbers in the file: no file names a column so


def stage(file: TableFile, folder: Path, *, aside: Aside | None = None, progress: Progress = silent) -> TableFile:
    """Return a table file of the same rows whose columns can be read alone and again for next to nothing.

    Parquet and Arrow files are so already, unless they are packed or at a URL. Of any other an Arrow file is written
    into `folder`, about as large as the file is unpacked, over one that an interrupted run left. It is the caller's
    to remove. What cannot be read is handed to `aside` now, once; `progress` counts rows, by an estimate.
    """
    if file.format in COLUMNAR and not (file.source.packing or file.source.url or file.source.member):
        return file
    if isinstance(file.reader, DelimitedReader):  # so that rows have the numbers that people see
        file = replace(file, reader=replace(file.reader, blank_lines=True))
    path = folder / f"{hashlib.sha256(f'{file.path}{file.how}'.encode()).hexdigest()[:16]}.arrow"
    count = RowCount(file)
    names = [*file.names, NUMBER]
    writer: pa.ipc.RecordBatchFileWriter | None = None
    with pa.OSFile(str(path), "wb") as target:
        for table in ahead(_merged(_told(ahead(file.numbered_blocks(aside=aside)), count, progress))):
            if writer is None:
                writer = pa.ipc.new_file(target, table.schema)
            writer.write_table(table)
        if writer is None:
            writer = pa.ipc.new_file(target, pa.schema([(name, pa.large_string()) for name in names]))
        writer.close()
    reader = ArrowReader(Source(path, size=path.stat().st_size), numbered=NUMBER)
    return replace(file, rows=count.rows, reader=reader, rare=())


@dataclass
class RowCount:
    """It counts the rows of a file as they come, and estimates from the bytes that were taken how many there are."""

    file: TableFile
    rows: int = 0

    def add(self, rows: int) -> None:
        """Count some more rows."""
        self.rows += rows

    @property
    def expected(self) -> int:
        """Return how many rows there are likely to be, one more than came at least."""
        source = self.file.source
        if self.file.rows is not None or not source.size:
            return max(self.file.rows or 0, self.rows + 1)
        return max(self.rows * source.size // max(source.meter.taken, 1), self.rows + 1)


def _told(blocks: Iterator[Block], count: RowCount, progress: Progress) -> Iterator[Block]:
    for block in blocks:
        yield block
        count.add(len(block.numbers))
        progress("parse", count.rows, count.expected)
    progress("parse", count.rows, count.rows)


def _merged(blocks: Iterator[Block]) -> Generator[pa.Table, None, None]:
    """Yield tables of BLOCK_ROWS rows or STAGED_BYTES, each in one piece, with the rows' numbers."""
    held: list[pa.Table] = []
    for block in blocks:
        held.append(block.table.append_column(NUMBER, pa.array(block.numbers, pa.int64())))
        if sum(map(len, held)) >= BLOCK_ROWS or sum(table.nbytes for table in held) >= STAGED_BYTES:
            yield pa.concat_tables(held).combine_chunks()
            held = []
    if held:
        yield pa.concat_tables(held).combine_chunks()
