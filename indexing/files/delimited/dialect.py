"""The dialect of a delimited file, its delimiter and its quotes, is found from its first rows."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from indexing.files.options import FileOptions

SAMPLE_CHARS = 128 * 1024  # no more than the longest field that Python's csv reads
DELIMITERS = (",", ";", "\t", "|")
QUOTES = ('"', "'")
NEARLY = 0.9  # of the rows agree
_DECLARED = re.compile(r"sep=(.)\r?\n")  # the first line as Excel writes it


@dataclass(frozen=True)
class Dialect:
    """A dialect has a delimiter, a quote (empty: none), whether a quote inside is written as `\\"` rather than `""`,
    and how many lines stand before the header."""

    delimiter: str = ","
    quote: str = '"'
    backslash: bool = False
    skipped: int = 0

    def rows(self, text: str) -> Iterator[list[str]]:
        """Yield the fields of the rows of a text, none of blank ones, as far as they can be parsed."""
        body = io.StringIO(text, newline="")
        for _ in range(self.skipped):
            body.readline()
        try:
            yield from self.reader(body)
        except csv.Error:
            return

    def is_quoted_well(self, lines: Iterable[str]) -> bool:
        """Return whether each quote that ends a field has the delimiter or the end of a line behind it."""
        try:
            return any(True for _ in self.reader(lines, strict=True))
        except csv.Error:
            return False

    def reader(self, lines: Iterable[str], *, strict: bool = False) -> Iterator[list[str]]:
        """Return what parses lines into rows of fields, blank ones into none; `strict` raises csv.Error for odd quotes."""
        return csv.reader(
            lines,
            strict=strict,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            doublequote=not self.backslash,
            escapechar="\\" if self.backslash else None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
        )


def find_dialect(text: str, told: FileOptions, *, cut: bool) -> Dialect:
    """Return the dialect in which the rows of a text agree best on how many fields they have; `cut`: the text ends
    amid a row."""
    declared = _DECLARED.match(text)
    skipped = 1 if declared else 0
    delimiter = told.delimiter or (declared[1] if declared else None)
    found = [
        Dialect(mark, quote, backslash, skipped)
        for mark in ((delimiter,) if delimiter else DELIMITERS)
        if mark in text or mark in (delimiter, ",")
        for quote in (_quotes(text, mark, cut) if told.quote is None else (told.quote,))
        for backslash in (_backslashes(text, quote) if told.backslash is None else (told.backslash,))
    ]
    return max(found, key=lambda dialect: _agreement(dialect, text, cut))  # the first of equal ones


def _quotes(text: str, delimiter: str, cut: bool) -> tuple[str, ...]:
    """Return which quotes to try, the likeliest first: those that fields begin and end with, and none where more
    fields only begin with them, as with inches."""
    begun = {quote: _begun(text, delimiter, quote) for quote in QUOTES}
    whole = {quote: _whole(text, delimiter, quote) for quote in QUOTES}
    used = [quote for quote in QUOTES if whole[quote] or (cut and quote == '"' and begun[quote] == 1)]
    used.sort(key=lambda quote: -whole[quote])
    if not used:
        return ("",) if begun['"'] else ('"',)
    return (*used, "") if all(begun[quote] > 2 * whole[quote] + cut for quote in used) else tuple(used)


def _begun(text: str, delimiter: str, quote: str) -> int:
    """Count the fields that begin with a quote."""
    return text.startswith(quote) + sum(text.count(edge + quote) for edge in ("\n", "\r", delimiter))


def _whole(text: str, delimiter: str, quote: str) -> int:
    """Count the fields that begin and end with a quote."""
    edge, mark = re.escape(delimiter), re.escape(quote)
    field = rf"(?:^|(?<=[\n\r{edge}])){mark}(?:[^{mark}\\]|{mark}{mark}|\\.)*+{mark}(?=[\n\r{edge}]|\Z)"
    return sum(1 for _ in re.finditer(field, text, re.DOTALL))


def _backslashes(text: str, quote: str) -> tuple[bool, ...]:
    return (False, True) if quote and f"\\{quote}" in text else (False,)


def _agreement(dialect: Dialect, text: str, cut: bool) -> tuple[bool, float, int, int]:
    """Return whether rows have several fields, the share of them with as many as most, how many those are, and rows.

    Near the whole, shares are finer: one odd row in hundreds is no reason for another delimiter.
    """
    rows = [row for row in dialect.rows(text) if row]
    rows = rows[:-1] if cut and len(rows) > 1 else rows
    widths = Counter(map(len, rows))
    if not widths:
        return False, 0.0, 0, 0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    share = count / len(rows)
    return width > 1, round(share, 2) if share < NEARLY else round(share, 3), width, len(rows)
