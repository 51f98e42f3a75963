"""Part numbers are what a maker calls a product: kept as written, without words for nothing and what could be anything."""

import pyarrow as pa
import pyarrow.compute as pc

from indexing.reading.cells.identifiers.barcodes import NOTHING
from indexing.reading.cells.identifiers.entries import CodeEntries, code_lists
from indexing.reading.cells.texts import TEXT

MOST_CHARS = 64
_TELLING = r"[\p{L}\p{N}].*[\p{L}\p{N}].*[\p{L}\p{N}]"  # three signs at least
_PARTED = r"\s*[;|\n]\s*"  # commas and slashes stand within part numbers


def read_part_numbers(entries: CodeEntries, count: int) -> pa.Array:
    """Return the part numbers of a column of `count` cells as lists, null where a cell has none.

    A part number has three letters or digits and one digit at least: `XL` and `black` are none.
    """
    entries = entries.split(_PARTED)
    texts = pc.replace_substring_regex(pc.utf8_trim_whitespace(entries.texts), r"^['’]|\s+", " ")
    entries = CodeEntries(entries.rows, pc.utf8_trim_whitespace(texts))
    nothing = pc.is_in(pc.utf8_lower(entries.texts), value_set=pa.array(NOTHING, TEXT))
    telling = pc.and_(
        pc.match_substring_regex(entries.texts, _TELLING), pc.match_substring_regex(entries.texts, r"\p{Nd}")
    )
    short = pc.less_equal(pc.utf8_length(entries.texts), MOST_CHARS)
    kept = entries.filter(pc.and_(pc.and_(telling, short), pc.invert(nothing)))
    return code_lists(kept.rows, kept.texts, count)
