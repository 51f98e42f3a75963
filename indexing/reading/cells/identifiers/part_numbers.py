"""Part numbers are what a maker calls a product: kept as written, without words for nothing and what could be anything."""

import pyarrow as pa
import pyarrow.compute as pc

from indexing.reading.cells.identifiers.entries import CodeEntries, code_lists

MOST_CHARS = 64
_USUAL = r"^[A-Za-z0-9]+([ ._/-][A-Za-z0-9]+)*$"  # nothing to part or to mend
_TELLING = r"[\p{L}\p{N}].*[\p{L}\p{N}].*[\p{L}\p{N}]"  # three signs at least
_PARTED = r"\s*[;|\n]\s*"  # commas and slashes stand within part numbers


def read_part_numbers(entries: CodeEntries, count: int) -> pa.Array:
    """Return the part numbers of a column of `count` cells as lists, null where a cell has none.

    A part number has three letters or digits and one digit at least: `XL` and `black` are none.
    """
    digits = entries.filter(pc.match_substring_regex(entries.texts, r"\p{Nd}"))
    usual = pc.match_substring_regex(digits.texts, _USUAL)
    if pc.any(pc.invert(usual), min_count=0).as_py():
        digits = digits.filter(usual).joined(_mended(digits.filter(pc.invert(usual))))
    telling = pc.match_substring_regex(digits.texts, _TELLING)
    kept = digits.filter(pc.and_(telling, pc.less_equal(pc.utf8_length(digits.texts), MOST_CHARS)))
    return code_lists(kept.rows, kept.texts, count)


def _mended(odd: CodeEntries) -> CodeEntries:
    """Return the parts of entries, without a spreadsheet's apostrophe and with single spaces."""
    single = odd.split(_PARTED)
    texts = pc.utf8_trim_whitespace(pc.replace_substring_regex(single.texts, r"^['’]|\s+", " "))
    return CodeEntries(single.rows, texts).filter(pc.match_substring_regex(texts, r"\p{Nd}"))
