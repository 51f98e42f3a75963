"""Words of a title: one way to fold case, width, ё and decimal commas, and one to cut."""

import re
import unicodedata

_WORD = re.compile(r"\d+(?:\.\d+)+|[^\W_]+")
_THOUSANDS = re.compile(r"(?<![\d.,])([1-9]\d{0,2})((?:,\d{3})+)(?![\d,])")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")


def fold(text: str) -> str:
    """Casefolded NFKC text with ё as е and decimal points: `1,5` is `1.5`, `1,000` is `1000`. Punctuation stays."""
    text = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    if "," in text:
        text = _THOUSANDS.sub(lambda found: found[1] + found[2].replace(",", ""), text)
        text = _DECIMAL_COMMA.sub(".", text)
    return text


def words(folded: str) -> list[str]:
    """The words of a folded text in order: runs of letters and digits, decimals whole."""
    return _WORD.findall(folded)
