"""Text that is an integer in its plain form is told from other text, such as codes with leading zeros."""

import pyarrow as pa
import pyarrow.compute as pc

LARGEST, SMALLEST = "9223372036854775807", "-9223372036854775808"  # of int64


def as_integers(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray | None:
    """Return text as int64 if every value is an integer in its plain form ("7", not "007" or "7.0"), else None."""
    if not pc.all(pc.fill_null(plain_integers(column), True)).as_py():
        return None
    return pc.cast(column, pa.int64())


def plain_integers(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return which texts are an integer in its plain form that int64 can hold."""
    shaped = pc.match_substring_regex(column, r"^(0|-?[1-9][0-9]{0,18})$")
    longest = pc.match_substring_regex(column, r"^-?[0-9]{19}$")
    if not pc.any(longest).as_py():
        return shaped
    # of as many digits, the smaller number is the smaller text
    fits = pc.if_else(pc.starts_with(column, "-"), pc.less_equal(column, SMALLEST), pc.less_equal(column, LARGEST))
    return pc.and_(shaped, pc.or_(pc.invert(longest), fits))
