"""Columns of any type become text: trimmed, null where the file has nothing to say, numbers as a person writes them."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.errors import InputError
from indexing.files.content.cell_bytes import in_one, trimmed
from indexing.reading.cells.distinct import mended

TEXT = pa.large_string()
MISSING = ("", "NaN", "nan", "<NA>", "NaT", "null", "NULL", "\\N")  # what pandas and databases write for nothing
_LONGEST_MISSING = max(map(len, MISSING))
WHOLE_BELOW = 2.0**63
SHORT_NUMBER = 10  # characters: nine digits and a point
_ENDLESS = "<value out of range"  # what Arrow writes for a date that no calendar has


def as_plain(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column as one array without dictionaries, views and run ends; binary stays."""
    column = in_one(column)
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_run_end_encoded(column.type):
        column = pc.run_end_decode(column)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_string_view(column.type):
        return column.cast(TEXT)
    return column


def values_of(column: pa.Array) -> list[Any]:
    """Return a nested column's cells as Python's values, None for one with a date that no calendar has."""
    try:
        return list(column.to_pylist(maps_as_pydicts="lossy"))
    except (OverflowError, ValueError):
        return [_value_of(cell) for cell in column]


def _value_of(cell: pa.Scalar) -> Any:
    try:
        return cell.as_py(maps_as_pydicts="lossy")
    except (OverflowError, ValueError):
        return None


def is_bytes(kind: pa.DataType) -> bool:
    """Return whether a type is one of bytes."""
    views = getattr(pa.types, "is_binary_view", None)
    is_view = bool(views and views(kind))
    return bool(
        is_view or any(a(kind) for a in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary))
    )


def as_text(column: pa.Array | pa.ChunkedArray, where: str) -> pa.Array:
    """Return the cells as large strings, trimmed; what says nothing (MISSING, NaN, endless dates) is null.

    Bytes are read as UTF-8, else as Latin-1. Raises InputError, which begins with `where`, for nested columns.
    """
    plain = as_plain(column)
    if pa.types.is_nested(plain.type):
        raise InputError(f"{where} is {plain.type}: text is needed")
    return known(trimmed(_written(plain)))


def known(texts: pa.Array) -> pa.Array:
    """Return trimmed texts, null where they are a word for nothing."""
    if not pc.any(pc.less_equal(pc.binary_length(texts), _LONGEST_MISSING)).as_py():
        return texts
    nothing = pc.is_in(texts, pa.array(MISSING, TEXT))
    return pc.if_else(nothing, pa.scalar(None, TEXT), texts) if pc.any(nothing).as_py() else texts


def _written(plain: pa.Array) -> pa.Array:
    kind = plain.type
    if pa.types.is_floating(kind):
        return _floats(plain)
    if is_bytes(kind):
        return _decoded(plain)
    if pa.types.is_boolean(kind):
        return pc.if_else(plain, pa.scalar("True", TEXT), pa.scalar("False", TEXT))
    texts = plain.cast(TEXT)
    if not pa.types.is_temporal(kind):
        return texts
    texts = pc.replace_substring_regex(texts, r"[.]0+($|[+Z-])", r"\1")
    return pc.if_else(pc.starts_with(texts, _ENDLESS), pa.scalar(None, TEXT), texts)


def _floats(column: pa.Array) -> pa.Array:
    """Write floats as a person does: whole ones (a code, a number beside nulls) with all their digits and no point."""
    texts = column.cast(TEXT)  # the shortest that is the same number
    values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    there = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        whole = there & (np.floor(values) == values) & (np.abs(values) < WHOLE_BELOW)
    integers = pa.array(np.where(whole, values, 0).astype(np.int64)).cast(TEXT)
    texts = pc.if_else(pa.array(whole), integers, pc.if_else(pa.array(there), texts, pa.scalar(None, TEXT)))
    long = pc.greater(pc.binary_length(texts), SHORT_NUMBER)
    return mended(texts, pc.and_(long, pa.array(~whole)), _rounded)


def _rounded(number: str) -> str:
    """Write a number in at most nine digits: 0.1 + 0.2 is 0.3."""
    return f"{float(number):.9g}"


def _decoded(column: pa.Array) -> pa.Array:
    try:
        return column.cast(TEXT)
    except pa.ArrowInvalid:
        return pa.array([None if cell is None else _decode(cell) for cell in column.to_pylist()], TEXT)


def _decode(cell: bytes) -> str:
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return cell.decode("latin-1")
