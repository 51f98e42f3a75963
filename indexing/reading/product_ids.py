"""Ids are read first: which type they have, how many rows there are, and which ids stand more than once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d
from indexing.errors import InputError
from indexing.files.integers import plain_integers
from indexing.reading.inputs import InputFile
from indexing.reading.schema.expression import Cell
from indexing.reading.schema.raw_columns import TEXT, RawBlock, raw_column
from indexing.words.text_keys import Keys, text_keys

TYPED_FORMATS = ("parquet", "jsonl", "json")  # in others every cell is text, numbers too
EXACT = 2.0**53  # whole numbers from here on are not exact as float64


@dataclass(frozen=True)
class IdScan:
    """It says of the ids of all files their type, int64 or large_string, how many rows were looked at, and the sorted
    keys (see `keys_of`) of ids that stand more than once."""

    kind: pa.DataType
    rows: int
    repeated: Keys


@dataclass(frozen=True)
class ReadIds:
    """They are the ids of a block (b,), int64 or large_string, null where there is none; `unreadable` (b,) says where
    something stands that is none."""

    ids: pa.Array
    unreadable: Bools1d

    def in_type(self, kind: pa.DataType) -> pa.Array:
        """Return the ids in the catalogue's type."""
        return self.ids if self.ids.type == kind else self.ids.cast(kind)


def read_ids(block: RawBlock, file: InputFile) -> ReadIds:
    """Return the ids of a block. Raises InputError for a column that can hold none."""
    column = raw_column(block, file.schema.id)
    assert column is not None, "the columns of ids were looked for when the file was opened"
    kind, nowhere = column.type, np.zeros(len(block), dtype=bool)
    if pa.types.is_null(kind):
        return ReadIds(column.cast(TEXT), nowhere)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        text = column.cast(TEXT)
        return ReadIds(pc.if_else(pc.equal(pc.utf8_trim_whitespace(text), ""), pa.scalar(None, TEXT), text), nowhere)
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return ReadIds(_whole(column), nowhere)
    if not pa.types.is_floating(kind):
        label = file.label("id")
        raise InputError(f"{file.table.path}: column '{label}' is {kind}: ids are integers or text")
    exact = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), EXACT))
    exact = pc.fill_null(exact, False)
    unreadable = pc.and_(pc.invert(exact), pc.invert(column.is_null(nan_is_null=True)))
    ids = pc.if_else(exact, column, pa.scalar(None, kind)).cast(pa.int64())
    return ReadIds(ids, np.asarray(unreadable, dtype=bool))


def _whole(column: pa.Array) -> pa.Array:
    """Return whole numbers as int64, or as text where one is larger than that."""
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column.cast(TEXT)


def keys_of(ids: pa.Array) -> Keys:
    """Return a key of each id (n,) that equal ids share: a hash of text, an integer itself."""
    if pa.types.is_integer(ids.type):
        return np.asarray(ids.to_numpy(zero_copy_only=False), dtype=np.int64).view(np.uint64)
    return text_keys(ids)


@dataclass
class IdCollector:
    """It collects the ids of files block by block, in eight bytes a row: whole numbers, or keys of text."""

    def __post_init__(self) -> None:
        self.rows = 0
        self._files: list[list[pa.Array | Keys]] = []

    def next_file(self) -> None:
        """Begin another file."""
        self._files.append([])

    def add(self, block: RawBlock, file: InputFile) -> None:
        """Take in the ids of a block of the file that was begun last."""
        self.rows += len(block)
        ids = read_ids(block, file).ids.drop_null()
        if not len(ids):
            return
        typed = file.table.format in TYPED_FORMATS or not isinstance(file.schema.id, Cell)
        if not pa.types.is_integer(ids.type) and not typed and pc.all(plain_integers(ids)).as_py():
            ids = ids.cast(pa.int64())
        self._files[-1].append(ids if pa.types.is_integer(ids.type) else keys_of(ids))

    def scan(self) -> IdScan:
        """Return what the ids are, when all were taken in; they are let go."""
        integers = all(isinstance(part, pa.Array) for part in self._parts())
        kind = pa.int64() if integers else TEXT
        keys = [keys_of(part if integers else part.cast(TEXT)) if isinstance(part, pa.Array) else part
                for part in self._parts()]  # fmt: skip
        self._files = []
        every = np.concatenate([np.zeros(0, dtype=np.uint64), *keys])
        every.sort()
        return IdScan(kind, self.rows, np.unique(every[1:][every[1:] == every[:-1]]))

    def _parts(self) -> Iterator[pa.Array | Keys]:
        return (part for file in self._files for part in file)
