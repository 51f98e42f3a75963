"""Text that is an integer in its plain form is told from other text, such as codes with leading zeros."""

import pyarrow as pa
import pyarrow.compute as pc


def as_integers(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray | None:
    """Return text as int64 if every value is an integer in its plain form ("7", not "007" or "7.0"), else None."""
    if not pc.all(pc.fill_null(plain_integers(column), True)).as_py():
        return None
    return pc.cast(column, pa.int64())


def plain_integers(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return which texts are an integer in its plain form, of at most 18 digits."""
    return pc.match_substring_regex(column, r"^(0|-?[1-9][0-9]{0,17})$")
