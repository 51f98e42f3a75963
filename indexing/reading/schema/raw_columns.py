"""Blocks of a file become raw columns, one a field: what the schema says, before anything is read out of the cells."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Ints1d
from indexing.files.content.cell_bytes import in_one
from indexing.reading.schema.expression import (
    AllOf,
    AttributeValue,
    Cell,
    Constant,
    EditedCell,
    Expression,
    FirstOf,
    Numbered,
    RowNumber,
    Template,
    TemplatePart,
)
from indexing.reading.schema.schema import InputSchema

TEXT = pa.large_string()
SEPARATORS = " \t/\\-–—_|,;:.·+•"


@dataclass(frozen=True)
class RawBlock:
    """It is a block of a file: its `columns` by name, each (b,), and the number of each row in the file (b,), which begins
    with row `first`. `pictures` (b,) are lists of text where rows were joined, in the place of what the schema says of them."""

    file: str
    columns: dict[str, pa.Array]
    rows: Ints1d
    pictures: pa.Array | None = None
    first: int = 1

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: Ints1d) -> "RawBlock":
        """Return some rows of the block, by their places in it."""
        places = pa.array(rows)
        columns = {name: column.take(places) for name, column in self.columns.items()}
        pictures = None if self.pictures is None else self.pictures.take(places)
        return replace(self, columns=columns, rows=self.rows[rows], pictures=pictures)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self.columns)


def raw_block(table: pa.Table, schema: InputSchema, file: str, rows: Ints1d, first: int = 1) -> RawBlock:
    """Return a block of a file as the schema sees it: dictionaries and views decoded, numbers of half precision as ones that
    can be reckoned with, and what means nothing null.
    `rows` (b,) are the numbers of its rows in the file, whose first is `first`."""
    columns = {name: _plain(in_one(table[name]), schema.missing) for name in table.column_names}
    return RawBlock(file, columns, rows, first=first)


def _plain(column: pa.Array, missing: Sequence[str]) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_string_view(kind):
        column = column.cast(TEXT)
    if pa.types.is_float16(kind):
        column = column.cast(pa.float32())
    gone = _missing(column, missing) if missing else None
    return column if gone is None else pc.if_else(gone, pa.scalar(None, column.type), column)


def _missing(column: pa.Array, missing: Sequence[str]) -> pa.Array | None:
    """Return which cells hold one of these texts, or a number that one of them says; None for cells of other kinds."""
    kind = column.type
    if pa.types.is_large_string(kind) or pa.types.is_string(kind):
        return pc.is_in(pc.utf8_trim_whitespace(column), value_set=pa.array(missing, kind))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        numbers = [number for text in missing if (number := _number(text)) is not None]
        return pc.is_in(column.cast(pa.float64(), safe=False), value_set=pa.array(numbers, pa.float64()))
    return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def is_empty(column: pa.Array) -> pa.BooleanArray:
    """Return which cells hold nothing: null, or white space."""
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True)
    if pa.types.is_floating(kind):
        return column.is_null(nan_is_null=True)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pc.fill_null(pc.equal(pc.list_value_length(column), 0), True)
    return column.is_null()


def raw_column(block: RawBlock, expression: Expression | None) -> pa.Array | None:
    """Return what an expression makes of each row (b,), None where the file has none of its columns.

    A column comes in its own type, several ones joined as lists of text: `AllOf`.
    """
    match expression:
        case None | AttributeValue():  # attributes are read first
            return None
        case Cell(column):
            return block.columns.get(column)
        case EditedCell():
            return _edited(block, expression)
        case Constant(text):
            return pa.repeat(pa.scalar(text, TEXT), len(block))
        case RowNumber():
            return pa.array([f"{block.file}:{row}" for row in block.rows - block.first + 1], TEXT)
        case Template(parts):
            return _template(block, parts)
        case FirstOf(choices):
            return _first([raw_column(block, choice) for choice in choices])
        case AllOf():
            return text_lists([raw_column(block, part) for part in expression.each(block.names)], len(block))
        case Numbered():
            return _pairs(block, expression)


def text_column(block: RawBlock, expression: Expression | None) -> pa.Array | None:
    """Return what `raw_column` does for a field that is one text: several are joined by spaces."""
    if not isinstance(expression, AllOf):
        return raw_column(block, expression)
    each = [raw_column(block, part) for part in expression.each(block.names)]
    parts = [TemplatePart(" ", str(place)) for place in range(len(each))]
    columns = {str(place): column for place, column in enumerate(each) if column is not None}
    return _template(replace(block, columns=columns), parts) if columns else None


def as_text(column: pa.Array) -> pa.Array:
    """Return cells as trimmed text, null where nothing stands. Whole floats are written without a point, lists joined
    by commas; NaN and infinity say nothing."""
    kind = column.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        texts = [_cell_text(cell) for cell in column.to_pylist()]
        column = pa.array(texts, TEXT)
    elif pa.types.is_floating(kind):
        column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, kind))
        column = column.cast(pa.float32()) if pa.types.is_float16(kind) else column  # which nothing reckons with
        whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), 2.0**53))
        integers = pc.if_else(whole, column, None).cast(pa.int64()).cast(TEXT)
        column = pc.if_else(pc.fill_null(whole, False), integers, column.cast(TEXT))
    else:
        column = column.cast(TEXT)
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, TEXT), trimmed)


def _cell_text(cell: object) -> str | None:
    if cell is None or isinstance(cell, bytes | dict):
        return None
    return ", ".join(str(one) for one in cell if one is not None) if isinstance(cell, list) else str(cell)


def _edited(block: RawBlock, edited: EditedCell) -> pa.Array | None:
    if edited.column not in block.columns:
        return None
    text = as_text(block.columns[edited.column])
    for dropped in edited.drop:
        text = pc.replace_substring(text, dropped, "")
    if not edited.split:
        return text
    return pc.split_pattern(text, edited.split).cast(pa.large_list(TEXT))


def _template(block: RawBlock, parts: Sequence[TemplatePart]) -> pa.Array:
    """Join columns: a part whose cell is empty vanishes with the words around it."""
    made = pa.nulls(len(block), TEXT)
    for part in parts:
        if part.column not in block.columns:
            continue
        cell = as_text(block.columns[part.column])
        first = pc.binary_join_element_wise(_word(part.before.lstrip(SEPARATORS)), cell, _word(part.after), _word(""))
        later = pc.binary_join_element_wise(made, _word(part.before), cell, _word(part.after), _word(""))
        made = pc.if_else(cell.is_null(), made, pc.if_else(made.is_null(), first, later))
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(made, r"[ \t]{2,}", " "))


def _word(text: str) -> pa.Scalar:
    return pa.scalar(text, TEXT)


def _first(columns: Sequence[pa.Array | None]) -> pa.Array | None:
    """Return the first cell of each row that is not empty."""
    there = [column for column in columns if column is not None]
    if len(there) < 2:
        return there[0] if there else None
    if any(column.type != there[0].type for column in there):
        there = [as_text(column) for column in there]
    made = pc.if_else(is_empty(there[0]), pa.scalar(None, there[0].type), there[0])
    for column in there[1:]:
        made = pc.if_else(made.is_null(), pc.if_else(is_empty(column), pa.scalar(None, column.type), column), made)
    return made


def text_lists(columns: Sequence[pa.Array | None], count: int) -> pa.Array | None:
    """Return all cells of each row as a list of text, without empty ones and repeats in a row."""
    there = [as_text(column) for column in columns if column is not None]
    if not there:
        return None
    flat = pa.concat_arrays(there)
    order = np.arange(count * len(there)).reshape(len(there), count).T.ravel()
    flat = flat.take(pa.array(order))
    kept = np.asarray(flat.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    return list_array(flat.filter(pa.array(kept)), kept.reshape(count, len(there)).sum(axis=1))


def list_array(values: pa.Array, lengths: Ints1d) -> pa.LargeListArray:
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return pa.LargeListArray.from_arrays(pa.array(offsets), values)


def _pairs(block: RawBlock, numbered: Numbered) -> pa.Array | None:
    """Return lists of key and value from pairs of columns, where both are there."""
    pairs = numbered.pairs(block.names)
    return pairs_of(block, pairs) if pairs else None


def pairs_of(block: RawBlock, pairs: Sequence[tuple[str, str]], *, nameless: bool = False) -> pa.LargeListArray:
    """Return lists (b,) of key and value from columns of names and of values, where a row has both; a value that is
    `nameless` is left out, unless it shall be called as its column is."""
    kind = pa.struct([("key", TEXT), ("value", TEXT)])
    made, kept = [], []
    for names, values in pairs:
        key, value = as_text(block.columns[names]), as_text(block.columns[values])
        key = pc.coalesce(key, pa.scalar(values, TEXT)) if nameless else key
        made.append(pa.StructArray.from_arrays([key, value], fields=list(kind)))
        kept.append(pc.and_(key.is_valid(), value.is_valid()).to_numpy(zero_copy_only=False))
    count, width = len(block), len(pairs)
    order = np.arange(count * width).reshape(width, count).T.ravel()
    keep: Bools1d = np.stack(kept, axis=1).astype(bool)
    flat = pa.concat_arrays(made).take(pa.array(order)).filter(pa.array(keep.ravel()))
    return list_array(flat, keep.sum(axis=1))


def joined_lists(lists: Sequence[pa.Array]) -> pa.Array:
    """Return the lists of each row one after another, null where a row has none in any of them."""
    if len(lists) == 1:
        return lists[0]
    count = len(lists[0])
    lengths = [np.asarray(pc.fill_null(part.value_lengths(), 0).to_numpy(zero_copy_only=False)) for part in lists]
    owner = np.concatenate([np.repeat(np.arange(count), length) for length in lengths])
    flat = pa.concat_arrays([part.flatten() for part in lists]).take(pa.array(np.argsort(owner, kind="stable")))
    nothing = np.all([part.is_null().to_numpy(zero_copy_only=False) for part in lists], axis=0)
    offsets = np.concatenate([[0], np.cumsum(np.sum(lengths, axis=0))]).astype(np.int64)
    return pa.LargeListArray.from_arrays(pa.array(offsets, mask=np.append(nothing, False)), flat)
