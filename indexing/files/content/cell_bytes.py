"""The texts of a column lie in memory one after another: a byte that none of them has is known without a look at each."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from indexing.arrays import Ints1d

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


def _slices(content: npt.NDArray[np.uint8]) -> Iterator[tuple[int, bytes]]:
    for start in range(0, len(content), SLICE_BYTES):
        yield start, content[start : start + SLICE_BYTES].tobytes()


def _each(marks: bytes) -> Iterator[bytes]:
    return (marks[place : place + 1] for place in range(len(marks)))
