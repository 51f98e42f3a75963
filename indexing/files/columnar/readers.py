"""Parquet and Arrow files are tables already: their blocks are what stands in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from indexing.errors import InputError
from indexing.files.blocks import Aside, Block, Opened
from indexing.files.content.sources import Source
from indexing.files.options import FileOptions

BLOCK_BYTES = 32 << 20  # of a parquet file as they are encoded, that become a block where rows are long
BUFFER_BYTES = 1 << 20  # of each column that are read at once


@dataclass(frozen=True)
class ParquetReader:
    """It reads a parquet file, whose columns keep their types."""

    source: Source

    def read(self, rows: int, names: tuple[str, ...], aside: Aside) -> Iterator[Block]:
        """Yield blocks of at most `rows` rows."""
        first = 1
        with (
            _random_access(self.source) as content,
            pq.ParquetFile(
                content, pre_buffer=False, buffer_size=BUFFER_BYTES
            ) as file,  # else all that was read is held
        ):
            for batch in file.iter_batches(batch_size=_block_rows(file, rows, names), columns=list(names)):
                batch.validate(full=True)  # what says that it is UTF-8 and is not would end whoever reads it
                yield Block(np.arange(first, first + len(batch)), pa.Table.from_batches([batch]))
                first += len(batch)


def _block_rows(file: pq.ParquetFile, most: int, names: tuple[str, ...]) -> int:
    """Return how many rows of these columns are about BLOCK_BYTES, at most so many."""
    per_row = 0.0
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        chunks = (group.column(place) for place in range(group.num_columns))
        sizes = (
            chunk.total_uncompressed_size
            for chunk in chunks
            if any(f"{chunk.path_in_schema}.".startswith(f"{name}.") for name in names)
        )
        per_row = max(per_row, sum(sizes) / max(group.num_rows, 1))
    return max(min(most, int(BLOCK_BYTES / max(per_row, 1))), 1)


def open_parquet(source: Source, how: FileOptions) -> Opened:
    """Open a parquet file. Raises InputError for a column that stands there twice."""
    with _random_access(source) as content, pq.ParquetFile(content) as file:
        names, rows = tuple(file.schema_arrow.names), int(file.metadata.num_rows)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(
            f"{source.path}: has the column '{twice[0]}' {names.count(twice[0])} times: rename all but one"
        )
    return Opened(names, rows, replace(how, format="parquet"), (), ParquetReader(source))


@dataclass(frozen=True)
class ArrowReader:
    """It reads an Arrow file through a memory map. A column `numbered` holds the rows' numbers in the file that it was
    made of."""

    source: Source
    numbered: str | None = None

    def read(self, rows: int, names: tuple[str, ...], aside: Aside) -> Iterator[Block]:
        """Yield blocks of at most `rows` rows, whose memory is that of the file."""
        first, place = 1, 0
        while (batch := self._batch(place)) is not None:
            if self.numbered is None:  # else it is our own
                batch.validate(full=True)
            numbers = np.arange(first, first + len(batch))
            if self.numbered is not None:
                numbers = batch[self.numbered].to_numpy(zero_copy_only=False)
            first, place = first + len(batch), place + 1
            yield from Block(numbers, pa.Table.from_batches([batch.select(list(names))])).slices(rows)

    def _batch(self, place: int) -> pa.RecordBatch | None:
        """Return a batch, None after the last. It is mapped alone, so that what was read of the file counts as our
        memory no longer than it is used."""
        with pa.memory_map(str(self.source.path)) as mapped, pa.ipc.open_file(mapped) as file:
            return file.get_batch(place) if place < file.num_record_batches else None


def open_arrow(source: Source, how: FileOptions) -> Opened:
    """Open an Arrow file (IPC, Feather). Raises InputError for one that is packed or at a URL."""
    if source.packing or source.url or source.member:
        raise InputError(f"{source.path}: an Arrow file is read where it lies: fetch and unpack it first")
    with pa.memory_map(str(source.path)) as mapped, pa.ipc.open_file(mapped) as file:
        names = tuple(file.schema.names)
        rows = sum(len(file.get_batch(place)) for place in range(file.num_record_batches))
    return Opened(names, rows, replace(how, format="arrow"), (), ArrowReader(source))


@contextmanager
def _random_access(source: Source) -> Iterator[Any]:
    """Yield what can be read at any place: the path of a file, or all the bytes of what is packed or at a URL."""
    if not (source.packing or source.url or source.member):
        yield source.path
        return
    with source.open() as stream:
        yield pa.BufferReader(stream.read())
