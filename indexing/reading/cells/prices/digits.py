"""Digits are found in the bytes of a column at once: in UTF-8 no other character has theirs."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Floats1d, Ints1d
from indexing.files.content.cell_bytes import bytes_of
from indexing.reading.cells.texts import TEXT

LONE_ZERO = "\x00"  # the shape of a zero before a sign, which no group of thousands begins with
_BEFORE_SIGN = r"(^|[^0-9.,])0([.,])"
_AS_NINE = np.arange(256, dtype=np.uint8)
_AS_NINE[ord("0") : ord("9") + 1] = ord("9")


def shapes_of(cells: pa.Array) -> pa.Array:
    """Return each text (n,) with its digits as 9, but for a zero before a decimal sign (LONE_ZERO)."""
    lone = pc.fill_null(pc.match_substring_regex(cells, _BEFORE_SIGN), False)
    if pc.any(lone).as_py():
        zeros = pc.replace_substring_regex(cells.filter(lone), _BEFORE_SIGN, rf"\1{LONE_ZERO}\2")
        cells = pc.replace_with_mask(cells, lone, zeros)
    offsets, content = bytes_of(cells)
    return _text_of(offsets, _AS_NINE[content], cells.is_null())


def numbers_of(cells: pa.Array, decimal: str) -> Floats1d:
    """Return the number in each text (n,) that holds one: `decimal` is its decimal sign, whatever else parts thousands."""
    if len(decimal.encode()) > 1:
        cells, decimal = pc.replace_substring(cells, decimal, "\x1f"), "\x1f"
    offsets, content = bytes_of(cells)
    kept = (content >= ord("0")) & (content <= ord("9"))
    if decimal:
        kept |= _between_digits(kept, offsets) & (content == ord(decimal))
        content = np.where(content == ord(decimal), np.uint8(ord(".")), content)
    before = np.concatenate([[0], np.cumsum(kept)])
    return np.asarray(_text_of(before[offsets], content[kept]).cast(pa.float64()).to_numpy(zero_copy_only=False))


def _between_digits(digits: npt.NDArray[np.bool_], offsets: Ints1d) -> npt.NDArray[np.bool_]:
    """Return which bytes have digits of their own text on both sides."""
    before = np.concatenate([[0], np.cumsum(digits)])
    lengths = np.diff(offsets)
    first, last = np.repeat(before[offsets[:-1]], lengths), np.repeat(before[offsets[1:]], lengths)
    return (before[:-1] > first) & (before[1:] < last)


def _text_of(offsets: Ints1d, content: npt.NDArray[np.uint8], nulls: pa.Array | None = None) -> pa.Array:
    buffers = [None, pa.py_buffer(offsets.astype(np.int64)), pa.py_buffer(np.ascontiguousarray(content))]
    texts = pa.Array.from_buffers(TEXT, len(offsets) - 1, buffers)
    return texts if nulls is None else pc.if_else(nulls, pa.scalar(None, TEXT), texts)
