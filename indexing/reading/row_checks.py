"""Rows that are no products are found: blank ones and repeats are passed over, those without an id are set aside."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Ints1d
from indexing.catalog.reject_log import RejectLog
from indexing.catalog.rejects import NO_ID, NOT_EXACT, SAME_ID, Reject
from indexing.reading.inputs import InputFile
from indexing.reading.product_ids import IdScan, ReadIds, keys_of, read_ids
from indexing.reading.schema.expression import Cell
from indexing.reading.schema.raw_columns import RawBlock, as_text, is_empty, raw_block
from indexing.storage.stores import file_name
from indexing.words.text_keys import Keys, text_keys


@dataclass(frozen=True)
class PassedOver:
    """It counts rows that were passed over: `blank` ones, `headings` of one text without an id, `repeats` of a row with
    the same id and content, and those `left_out` because they only hold what variants share, or are of a kind that the
    schema skips."""

    blank: int = 0
    headings: int = 0
    repeats: int = 0
    left_out: int = 0


HEADED = 4  # columns of a table in which a row of one cell, without an id, is a heading
WRITTEN = ("csv", "xlsx")  # formats of tables that people write headings into
NONE_PASSED = PassedOver()


@dataclass
class RowChecks:
    """It looks at the rows of all files, block by block, in order, and adds to `rejects`. The first row with an id is
    kept."""

    scan: IdScan
    rejects: RejectLog
    passed_over: PassedOver = NONE_PASSED

    def __post_init__(self) -> None:
        self._seen = np.zeros(len(self.scan.repeated), dtype=bool)
        self._content = np.zeros(len(self.scan.repeated), dtype=np.uint64)
        self._unread: tuple[InputFile | None, Ints1d] = (None, np.empty(0, dtype=np.int64))

    def check(self, block: RawBlock, file: InputFile) -> tuple[RawBlock, pa.Array]:
        """Return the rows that are products, and their ids (b,) in the catalogue's type."""
        read = read_ids(block, file)
        keep = self._with_id(block, read, file)
        ids = read.in_type(self.scan.kind)
        if len(self.scan.repeated):
            keep &= self._once(block, ids, keep, file)
        if keep.all():
            return block, ids
        rows = np.flatnonzero(keep)
        return block.take(rows), ids.take(pa.array(rows))

    def _with_id(self, block: RawBlock, read: ReadIds, file: InputFile) -> Bools1d:
        """Return which rows have an id; blank ones and headings are counted, and others set aside."""
        keep = np.asarray(read.ids.is_valid(), dtype=bool)
        looked = np.flatnonzero(~keep) if isinstance(file.schema.id, Cell) else np.arange(len(block))
        if not looked.size:
            return keep
        some = block.take(looked)
        filled = _filled_cells(some)
        blank, nameless = filled == 0, ~np.asarray(read.ids.is_valid(), dtype=bool)[looked]
        headings = nameless & (filled == 1) & ~np.asarray(read.unreadable, dtype=bool)[looked]
        headings = self._without_more(headings, some, file)
        self.passed_over = replace(
            self.passed_over,
            blank=self.passed_over.blank + int(blank.sum()),
            headings=self.passed_over.headings + int(headings.sum()),
        )
        keep[looked[blank]] = False
        for row in np.flatnonzero(~blank & ~headings & nameless):
            place = int(looked[row])
            said = NOT_EXACT if read.unreadable[place] else NO_ID
            self._reject(block, place, "", file, said)
        return keep

    def _without_more(self, headings: Bools1d, block: RawBlock, file: InputFile) -> Bools1d:
        """Return which of the rows of one cell (b,) are headings: those of a table that is wide enough and written by
        people, and that hold nothing in columns that are not read, such as stock. These are looked at once a file."""
        if not headings.any() or len(block.columns) < HEADED or file.table.format not in WRITTEN:
            return np.zeros(len(headings), dtype=bool)
        if self._unread[0] is not file:
            self._unread = file, _filled_elsewhere(file, block.names)
        return headings & ~np.isin(block.rows, self._unread[1])

    def _once(self, block: RawBlock, ids: pa.Array, keep: Bools1d, file: InputFile) -> Bools1d:
        """Return which rows are the first with their id; repeats are counted, and rows with other content set aside."""
        once = np.ones(len(block), dtype=bool)
        valid = np.flatnonzero(keep)
        keys = keys_of(ids.take(pa.array(valid)))
        place = np.minimum(np.searchsorted(self.scan.repeated, keys), len(self.scan.repeated) - 1)
        found = self.scan.repeated[place] == keys
        rows, place = valid[found], place[found]
        if not rows.size:
            return once
        content = contents_of(block, rows) + _key_of(file.schema.constants())
        new, first = np.unique(place, return_index=True)
        first = first[~self._seen[new]]
        self._content[place[first]] = content[first]
        self._seen[place[first]] = True
        again = np.ones(len(rows), dtype=bool)
        again[first] = False
        once[rows[again]] = False
        same = again & (self._content[place] == content)
        self.passed_over = replace(self.passed_over, repeats=self.passed_over.repeats + int(same.sum()))
        for row in rows[again & ~same]:
            self._reject(block, int(row), str(ids[int(row)].as_py()), file, SAME_ID)
        return once

    def _reject(self, block: RawBlock, place: int, ident: str, file: InputFile, reason: str) -> None:
        cells = (as_text(column.slice(place, 1))[0].as_py() for column in block.columns.values())
        value = ", ".join(cell for cell in cells if cell)
        self.rejects.append(
            Reject(ident, file.label("id"), value, reason, file_name(file.table.path), int(block.rows[place]))
        )


def _filled_cells(block: RawBlock) -> Ints1d:
    """Return how many cells of each row (b,) hold anything."""
    filled = np.zeros(len(block), dtype=np.int64)
    for column in block.columns.values():
        filled += ~np.asarray(is_empty(column), dtype=bool)
    return filled


def _filled_elsewhere(file: InputFile, names: Sequence[str]) -> Ints1d:
    """Return the numbers of the rows of a file that hold anything in other columns than those of these names."""
    others, found = [name for name in file.table.names if name not in names], [np.empty(0, dtype=np.int64)]
    for block in file.table.numbered_blocks(columns=others) if others else ():
        rows = raw_block(block.table, file.schema, "", block.numbers)
        found.append(block.numbers[_filled_cells(rows) > 0])
    return np.concatenate(found)


def _key_of(constants: tuple[tuple[str, str], ...]) -> np.uint64:
    """Return a key of the fields that are the same in every row of an input: other shops' rows are no repeats."""
    return np.uint64(text_keys([repr(constants)])[0])


def contents_of(block: RawBlock, rows: Ints1d) -> Keys:
    """Return a key of the content of some rows (r,) that rows of the same cells share, whatever the order of columns."""
    total = np.zeros(len(rows), dtype=np.uint64)
    for name, column in block.columns.items():
        part = column.take(pa.array(rows))
        if pa.types.is_nested(part.type) or pa.types.is_binary(part.type) or pa.types.is_large_binary(part.type):
            texts = pa.array([repr(cell) for cell in part.to_pylist()], pa.large_string())
        else:
            texts = as_text(part).cast(pa.large_string())
        prefix, nothing = (pa.scalar(text, pa.large_string()) for text in (f"{name}\0", ""))
        keys = text_keys(pc.binary_join_element_wise(prefix, texts, nothing))
        keys[np.asarray(texts.is_null(), dtype=bool)] = 0
        total += keys * np.uint64(0x9E3779B97F4A7C15)
    return total
