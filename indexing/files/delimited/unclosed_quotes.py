"""A quote that is not closed swallows the rows after it: the field that holds them gives it away."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from indexing.files.content.cell_bytes import any_holds

FEW_COLUMNS = 3  # lines of prose have as many delimiters by chance


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


def find_swallowing(column: pa.Array, shape: RowShape) -> dict[int, int]:
    """Return the rows of a column of large_string whose field has swallowed others, and how many each."""
    if not shape.quote or not any_holds(column, b"\n"):
        return {}
    breaks = pc.match_substring(column, "\n")
    likely = pc.and_(breaks, pc.greater_equal(pc.count_substring(column, shape.delimiter), shape.columns - 1))
    found = {}
    for row in pc.indices_nonzero(pc.fill_null(likely, False)).to_pylist():
        count = shape.swallowed(column[row].as_py())
        if count:
            found[row] = count
    return found
