"""Check digits say whether a barcode was written down right: of GTINs by 3 and 1, of ISBN-10 by 10 down to 1."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Ints1d

DIGITS = 14  # of a GTIN that is padded with zeros
ISBN_DIGITS = 10
Digits = npt.NDArray[np.uint8]  # (n, DIGITS) of codes, or (n, 10) of ISBN-10
_GTIN_WEIGHTS = np.tile(np.array([3, 1], dtype=np.int64), DIGITS // 2)
_ISBN_WEIGHTS = np.arange(10, 0, -1, dtype=np.int64)
_BOOKS = (9, 7, 8)  # the prefix that an ISBN-10 has as a GTIN


def digits_of(texts: pa.Array, width: int = DIGITS) -> Digits:
    """Return the digits (n, width) of texts of at most so many digits, none null, padded with zeros; an X, of an ISBN, is
    ten."""
    padded = pc.ascii_lpad(texts, width, "0").cast(pa.large_string())
    _, offsets, content = padded.buffers()
    if content is None or not len(padded):
        return np.zeros((0, width), dtype=np.uint8)
    first = int(np.frombuffer(offsets, dtype=np.int64)[padded.offset])
    signs = np.frombuffer(content, dtype=np.uint8, count=len(padded) * width, offset=first).reshape(-1, width)
    return np.where(signs > ord("9"), np.uint8(10), signs - np.uint8(ord("0"))).astype(np.uint8)


def numbers_of(digits: Digits) -> Ints1d:
    """Return codes (n,) as numbers, from their digits (n, DIGITS)."""
    numbers = np.zeros(len(digits), dtype=np.int64)
    for place in range(DIGITS):
        numbers *= 10
        numbers += digits[:, place]
    return numbers


def texts_of(digits: Digits) -> pa.Array:
    """Return codes (n,) as text, from their digits (n, DIGITS)."""
    signs = np.ascontiguousarray(digits + np.uint8(ord("0")))
    offsets = pa.py_buffer(np.arange(len(digits) + 1, dtype=np.int64) * DIGITS)
    return pa.Array.from_buffers(pa.large_string(), len(digits), [None, offsets, pa.py_buffer(signs)])


def has_check_digit(digits: Digits) -> Bools1d:
    """Return which GTINs (n, DIGITS) end with the digit that the others make."""
    thrice, once = (digits[:, start::2].sum(axis=1, dtype=np.uint16) for start in (0, 1))
    return np.asarray((3 * thrice + once) % 10 == 0, dtype=bool)


def is_isbn10(digits: Digits) -> Bools1d:
    """Return which codes (n, 10) are an ISBN of ten: X stands for ten, at the end alone."""
    sound = (digits[:, :-1] < 10).all(axis=1)
    return np.asarray(sound & ((digits.astype(np.int64) @ _ISBN_WEIGHTS) % 11 == 0), dtype=bool)


def from_isbn10(digits: Digits) -> Digits:
    """Return ISBNs of ten (n, 10) as GTINs (n, DIGITS): behind 978, with the check digit of those."""
    made = np.zeros((len(digits), DIGITS), dtype=np.uint8)
    made[:, 1:4] = _BOOKS
    made[:, 4:13] = digits[:, :9]
    made[:, 13] = -(made.astype(np.int64) @ _GTIN_WEIGHTS) % 10
    return made
