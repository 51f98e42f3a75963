"""The texts of a column lie in memory one after another: a byte that none of them has is known without a look at each."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Ints1d

SPACES = (*range(0x09, 0x0E), *range(0x1C, 0x21))  # of ASCII
LEADS = (0xC2, 0xE1, 0xE2, 0xE3)  # first bytes of others
ENDS = (*range(0x80, 0x8B), 0x9F, 0xA0, 0xA8, 0xA9, 0xAF)  # last bytes of others
LONG = 64  # bytes a text: shorter ones are copied as fast as they are looked at
SLICE_BYTES = 1 << 18  # that stay in the processor's cache


def bytes_of(cells: pa.Array) -> tuple[Ints1d, npt.NDArray[np.uint8]]:
    """Return where texts of large_string begin, and the last one ends (n + 1,), and their bytes."""
    _, offsets, content = cells.buffers()
    if content is None or not len(cells):
        return np.zeros(len(cells) + 1, dtype=np.int64), np.zeros(0, np.uint8)
    begins = np.frombuffer(offsets, dtype=np.int64)[cells.offset : cells.offset + len(cells) + 1]
    return begins - begins[0], np.frombuffer(content, dtype=np.uint8)[begins[0] : begins[-1]]


def any_holds(cells: pa.Array, marks: bytes) -> bool:
    """Return whether any of these bytes stands in any text of a column of large_string."""
    _, content = bytes_of(cells)
    return any(mark in part for _, part in _slices(content) for mark in _each(marks))


def which_hold(cells: pa.Array, marks: bytes) -> pa.BooleanArray:
    """Return in which texts (n,) of large_string any of these bytes of ASCII stands; in no null."""
    begins, content = bytes_of(cells)
    found = np.zeros(len(cells), dtype=np.bool_)
    for start, part in _slices(content):
        there = [mark for mark in _each(marks) if mark in part]
        if there:
            each = np.frombuffer(part, dtype=np.uint8)
            places = np.flatnonzero(np.logical_or.reduce([each == ord(mark) for mark in there]))
            found[np.searchsorted(begins, places + start, side="right") - 1] = True
    if cells.null_count:
        found &= cells.is_valid().to_numpy(zero_copy_only=False)
    return pa.array(found)


def which_begin(cells: pa.Array, marks: bytes) -> pa.BooleanArray:
    """Return which texts (n,) of large_string begin with one of these bytes of ASCII; no null does."""
    begins, content = bytes_of(cells)
    found = _table(tuple(marks))[np.append(content, np.uint8(0))[begins[:-1]]] & (begins[1:] > begins[:-1])
    if cells.null_count:
        found &= cells.is_valid().to_numpy(zero_copy_only=False)
    return pa.array(found)


def in_one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece, without a copy where it is."""
    if isinstance(column, pa.Array):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def trimmed(cells: pa.Array) -> pa.Array:
    """Return texts (n,) of large_string without white space at their ends: the same ones where none has any."""
    return pc.utf8_trim_whitespace(cells) if _may_end_in_space(cells) else cells


def _may_end_in_space(cells: pa.Array) -> bool:
    """Return whether a text may begin or end with white space, by the bytes that such characters have in UTF-8."""
    begins, content = bytes_of(cells)
    if len(content) < LONG * len(cells):
        return True
    filled = begins[1:] > begins[:-1]
    first, last = begins[:-1][filled], begins[1:][filled] - 1
    if (_BEGINNING | _LEADING)[content[first]].any():
        return True
    last = last[(_BEGINNING | _ENDING)[content[last]]]
    return bool((_BEGINNING[content[last]] | _LEADING[content[last - 1]] | _LEADING[content[last - 2]]).any())


def _table(marked: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    return np.isin(np.arange(256), marked)


_BEGINNING, _LEADING, _ENDING = _table(SPACES), _table(LEADS), _table(ENDS)


def _slices(content: npt.NDArray[np.uint8]) -> Iterator[tuple[int, bytes]]:
    for start in range(0, len(content), SLICE_BYTES):
        yield start, content[start : start + SLICE_BYTES].tobytes()


def _each(marks: bytes) -> Iterator[bytes]:
    return (marks[place : place + 1] for place in range(len(marks)))
