"""A quote that is not closed swallows the rows after it: the field that holds them gives it away."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from indexing.files.content.cell_bytes import any_holds

FEW_COLUMNS = 3  # lines of prose have as many delimiters by chance
HALF, MOSTLY = 0.5, 0.9  # of few lines, or of many, that are rows, where they are no text


@dataclass(frozen=True)
class RowShape:
    """It says what a row looks like as text: its delimiter, its quote, and how many columns it has."""

    delimiter: str
    quote: str
    columns: int

    def swallowed(self, field: str) -> int:
        """Return how many rows a field has swallowed, 0 for none.

        Rows have no quotes up to the one that ends the field, so that their delimiters can be counted. What follows
        that quote is text, which leaves the quote in the field; or else whole rows stand in it.
        """
        lines = field.split("\n")
        if len(lines) < 2 or self.columns < 2:
            return 0
        body, _, rest = field.rpartition(self.quote)
        delimiters = self.columns - 1
        if body and field.count(self.quote) % 2 and self.delimiter not in rest and "\n" not in rest:
            inside = body.count(self.delimiter)
            if inside and inside % delimiters == 0 and inside // delimiters == body.count("\n"):
                return inside // delimiters
        inner = [line for line in lines[1:-1] if line]
        whole = sum(line.count(self.delimiter) == delimiters for line in inner)
        enough = 2 if self.columns > FEW_COLUMNS else 5
        return len(lines) - 1 if whole >= enough and whole == len(inner) else 0

    def rows_inside(self, text: str) -> bool:
        """Return whether the lines after the first one of a row that has another number of fields are mostly rows of the
        table by themselves."""
        return self._share(text.splitlines()[1:]) >= HALF

    def are_rows(self, lines: Sequence[str]) -> bool:
        """Return whether many lines are rows of the table by themselves, but for a few."""
        return self.columns > 1 and self._share(lines) >= MOSTLY

    def is_open(self, field: str, line: str) -> bool:
        """Return whether the quote of the last field of a file, whose last line this is, is not closed."""
        return bool(self.quote) and "\n" in field and not line.rstrip("\r\n").endswith(self.quote)

    def _share(self, lines: Sequence[str]) -> float:
        """Return how many of the rows that lines make up are as wide as the table."""
        rows = csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
        )
        try:
            widths = [len(row) for row in rows if row]
        except csv.Error:
            return 0.0
        return widths.count(self.columns) / max(len(widths), 1)


def find_swallowing(column: pa.Array, shape: RowShape) -> list[int]:
    """Return the rows of a column of large_string whose field has swallowed others."""
    if not shape.quote or not any_holds(column, b"\n"):
        return []
    breaks = pc.match_substring(column, "\n")
    likely = pc.and_(breaks, pc.greater_equal(pc.count_substring(column, shape.delimiter), shape.columns - 1))
    rows = pc.indices_nonzero(pc.fill_null(likely, False)).to_pylist()
    return [row for row in rows if shape.swallowed(column[row].as_py())]
