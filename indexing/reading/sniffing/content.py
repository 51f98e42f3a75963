"""What the first cells of a column hold is told: addresses, pictures, prices, barcodes, breadcrumbs, JSON, HTML, text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.reading.cells.identifiers.barcodes import PLACEHOLDER, RIGHT_DIGIT, read_barcodes
from indexing.reading.cells.identifiers.entries import CodeEntries
from indexing.reading.schema.raw_columns import as_text

MOST = 0.8  # of the cells that must look alike for a column to be of a kind
UNIQUE = 0.9  # of the cells that must be different for them to be ids
EXAMPLES, EXAMPLE_CHARS = 3, 60
FEW, SAME = 5, 0.01  # of so many cells, so many or such a share that differ say little
_DIGITS = "[0-9]+"
CODE_CHARS = 64  # no cell of barcodes has more, unless it has many
PATTERNS = {
    "pictures": r"(?i)\.(jpe?g|png|webp|gif|avif|bmp)([?#\s,|;\"'\]]|$)|^https?://\S*(image|img|photo|picture|media|cdn)\S*$",
    "addresses": r"(?i)^\s*(https?:)?//\S+\s*$",
    "barcodes": r"^\s*(\d{8}|\d{12,14})\s*$",
    "prices": r"^\s*[^\d\s]{0,4}\s?\d{1,3}([.,'\x{00a0}\x{202f} ]?\d{3})*([.,]\d{1,2})?\s?[^\d\s]{0,4}\s*$",
    "digits": r"\d",
    "whole numbers": r"^\s*\d+\s*$",
    "breadcrumbs": r"\S\s*(>|»|›|→)\s*\S|\S\s*/\s*\S.*\S\s*/\s*\S",
    "pairs": r"^\s*[^=:,;|]{1,60}[=:][^=:,;|]+([,;|\n][^=:,;|]{1,60}[=:][^=:,;|]*)*\s*$",
    "json": r"^\s*(\{.*\}|\[.*\])\s*$",
    "html": r"(?i)<(p|br|div|ul|li|b|strong|span|table|h[1-6])\b[^>]*>",
    "codes": r"(?i)^\s*([0-9a-f]{24,64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\s*$",
}


@dataclass(frozen=True)
class Content:
    """It says of a column how many of the cells looked at are `filled`, which share of these is `distinct`, how many
    `words` they have on average, the shares of them that are like each of PATTERNS, and gives examples; `like_name` is
    the share that is like the column's name but for the digits of both; how many entries may be barcodes (`codes`), and
    which share of these ends with the `right` check digit."""

    filled: int
    distinct: float
    words: float
    shares: dict[str, float]
    examples: tuple[str, ...]
    like_name: float = 0.0
    codes: int = 0
    right: float = 0.0

    @property
    def says_little(self) -> bool:
        """Return whether hardly any cell differs from the others."""
        return self.filled >= FEW and self.distinct * self.filled <= max(2, SAME * self.filled)

    @property
    def unique(self) -> bool:
        """Return whether nearly every cell is another one: rows may stand twice."""
        return self.distinct >= UNIQUE

    def mostly(self, kind: str) -> bool:
        """Return whether most cells are of a kind, a name of PATTERNS."""
        return self.filled > 0 and self.shares[kind] >= MOST


def content_of(column: pa.Array, name: str = "") -> Content:
    """Return what the cells of a column hold, (b,) of any type, under its name."""
    texts = as_text(column).drop_null()
    if not len(texts):
        return Content(0, 0.0, 0.0, dict.fromkeys(PATTERNS, 0.0), ())
    shares = {kind: _share(pc.match_substring_regex(texts, pattern)) for kind, pattern in PATTERNS.items()}
    distinct = texts.unique()
    words = float(np.mean(pc.list_value_length(pc.utf8_split_whitespace(texts)).to_numpy(zero_copy_only=False)))
    examples = tuple(str(text) for text in distinct[:EXAMPLES].to_pylist())
    return Content(
        len(texts), len(distinct) / len(texts), words, shares, examples, _like(texts, name), *_barcodes(texts)
    )


def _like(texts: pa.Array, name: str) -> float:
    """Return which share of texts is like a name that has digits, whatever these are."""
    shape = re.sub(_DIGITS, "9", name.strip())
    if shape == name.strip() and "9" not in shape:
        return 0.0
    return _share(pc.equal(pc.replace_substring_regex(texts, _DIGITS, "9"), shape))


def _barcodes(texts: pa.Array) -> tuple[int, float]:
    """Return how many entries may be barcodes, and which share of them ends with the right check digit."""
    cells = pc.utf8_slice_codeunits(texts, 0, CODE_CHARS)
    reasons = read_barcodes(CodeEntries(np.arange(len(cells)), cells.cast(pa.large_string())), len(cells)).reasons
    judged = reasons[reasons != PLACEHOLDER]
    return len(judged), float(np.isin(judged, RIGHT_DIGIT).mean()) if len(judged) else 0.0


def shown(examples: Sequence[str]) -> str:
    """Return examples for a line of text."""
    cut = (text if len(text) <= EXAMPLE_CHARS else text[: EXAMPLE_CHARS - 1] + "…" for text in examples)
    return " | ".join(" ".join(text.split()) for text in cut)


def _share(matched: pa.Array) -> float:
    return float(pc.mean(matched.cast(pa.float64())).as_py())
