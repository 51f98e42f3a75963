"""The normal form of a text is what is compared of it: one case, one width, one way to write each letter."""

import unicodedata
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import regex

_IGNORED = regex.compile(r"\p{Default_Ignorable_Code_Point}+")  # soft hyphens, joiners, marks of direction, selectors
_DIGIT = regex.compile(r"[\p{Nd}--0-9]", regex.V1)
_TRADE_MARKS = str.maketrans("™℠", "  ")  # NFKC would write them into the word: legotm
_BREAK = "\x1f"  # between texts that are put into normal form as one


def normal_form(text: str) -> str:
    """Put a text into normal form: NFKC (full width is half, composed is decomposed), case folded, decimal digits of any
    script as ASCII, without soft hyphens and what else has no width.

    `İ`, `I`, `ı` and `i` are one letter, as are `ё` and `е`; `ß` is `ss`, `ς` is `σ`. It is its own normal form.
    """
    if text.isascii():
        return text.lower()
    text = _IGNORED.sub("", text.translate(_TRADE_MARKS) if "™" in text or "℠" in text else text)
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).replace("İ", "i").casefold())
    text = text.replace("i\N{COMBINING DOT ABOVE}", "i").replace("ı", "i").replace("ё", "е")
    return str(_DIGIT.sub(lambda found: str(unicodedata.digit(found[0], found[0])), text))


def normal_forms(texts: Sequence[str]) -> list[str]:
    """Return the normal form of each text. They are read as one long text, which takes a tenth of the time."""
    joined = _BREAK.join(texts)
    if joined.count(_BREAK) != len(texts) - 1:  # one of them holds a break itself
        return [normal_form(text) for text in texts]
    return normal_form(joined).split(_BREAK)


def normal_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the normal form of each text of a large_string column, nulls as they are; ASCII never leaves Arrow."""
    plain = pc.fill_null(pc.string_is_ascii(column), True)
    lowered = pc.ascii_lower(column)
    others = column.filter(pc.invert(plain))
    if not len(others):
        return lowered
    written = pa.array(normal_forms(others.to_pylist()), pa.large_string())
    return pa.chunked_array(
        [pc.replace_with_mask(lowered.combine_chunks(), pc.invert(plain).combine_chunks(), written)]
    )
