"""A cell of several short values, such as colours, becomes a list of them."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.files.content.cell_bytes import any_holds, trimmed, which_begin
from indexing.reading.cells.attributes.shapes import text_of
from indexing.reading.cells.distinct import Distinct
from indexing.reading.cells.literals import read_literal
from indexing.reading.cells.markup import without_markup
from indexing.reading.cells.texts import MISSING, TEXT, as_plain, as_text, values_of

LISTS = pa.large_list(TEXT)
_PARTED = "[,;/|]"
_MARKS = b",;/|["


def read_lists(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return lists of text (n,), null where the cell is; a text is split at `,`, `;`, `/` and `|`, or read as a list."""
    plain = as_plain(column)
    if pa.types.is_nested(plain.type):
        return pa.array([None if cell is None else _texts_in(cell) for cell in values_of(plain)], LISTS)
    texts = without_markup(as_text(plain, "the column"))
    if not any_holds(texts, _MARKS):
        return _of_one(texts)
    nested = which_begin(texts, b"[")
    lists = _trimmed(pc.split_pattern_regex(texts, _PARTED).cast(LISTS))
    found = Distinct.of_column(texts, nested)
    if not found.rows.size:
        return lists
    read = pa.array([_of_literal(cell) for cell in found.values], LISTS)
    places = np.arange(len(texts))
    places[found.rows] = len(texts) + found.places
    return pa.concat_arrays([lists, read]).take(pa.array(places))


def _of_one(texts: pa.Array) -> pa.Array:
    """Return a list of each text alone."""
    there = texts.is_valid()
    ends = np.cumsum(there.to_numpy(zero_copy_only=False))
    offsets = pa.array(np.append(0, ends).astype(np.int64))
    return pa.LargeListArray.from_arrays(offsets, texts.drop_null(), mask=pc.invert(there))


def _of_literal(cell: str) -> list[str]:
    try:
        return _texts_in(read_literal(cell))
    except ValueError:
        return [cell]


def _texts_in(value: Any) -> list[str]:
    if not isinstance(value, list | tuple | set):
        value = [value]
    names = [one.get("name", one.get("value")) if isinstance(one, dict) else one for one in value]
    return [text for one in names if (text := text_of(one)) not in MISSING]


def _trimmed(lists: pa.Array) -> pa.Array:
    """Return lists of trimmed texts without empty ones."""
    flat = trimmed(lists.flatten())
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    kept = pc.not_equal(flat, "").to_numpy(zero_copy_only=False)
    rows = np.repeat(np.arange(len(lists)), lengths)[kept]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(lists)))]).astype(np.int64)
    return pa.LargeListArray.from_arrays(pa.array(offsets), flat.filter(pa.array(kept)), mask=lists.is_null())
