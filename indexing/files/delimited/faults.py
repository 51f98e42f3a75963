"""What is wrong with a row of a delimited file is said in one sentence, with what to do."""

import csv
from dataclasses import dataclass
from pathlib import Path

from indexing.errors import InputError
from indexing.files.blocks import NO_TEXT, OTHER_WIDTH, UNCLOSED, Aside, SetAside
from indexing.files.content.text_stream import shown
from indexing.files.delimited.unclosed_quotes import RowShape

MOST_SWALLOWED = 100  # rows that one quote may cost


@dataclass(frozen=True)
class Faults:
    """It hands the faults of one file to `aside`."""

    path: Path
    encoding: str
    shape: RowShape
    aside: Aside

    def ragged(self, row: int, text: str, width: int) -> None:
        """Set aside a row with `width` fields, another number than there are columns."""
        lost = self._rows_inside(text)
        if lost:
            self.unclosed(row, text, lost)
            return
        mark = self.shape.delimiter.replace("\t", "a tab")
        reason = f"{OTHER_WIDTH}: {width} fields, not {self.shape.columns}; quote a field that has {mark} in it, or mend the row"
        self.aside(SetAside(row, shown(text), reason))

    def unclosed(self, row: int, text: str, lost: int, column: str | None = None) -> None:
        """Set aside a row whose quote takes in `lost` others. Raises InputError for more than MOST_SWALLOWED."""
        where = "" if column is None else f"opens in column '{column}' and "
        reason = f"{UNCLOSED}: it {where}takes in the {lost} rows after it; close it"
        if lost > MOST_SWALLOWED:
            raise InputError(
                f"{self.path}: row {row}: {reason}, or say in a schema file that there are none (quote: none)"
            )
        self.aside(SetAside(row, shown(text), reason, rows=lost + 1))

    def no_text(self, row: int, text: str, column: str) -> None:
        """Set aside a cell with bytes that are no text."""
        reason = f"{NO_TEXT}: it is no {self.encoding}; mend it, or say the file's encoding in a schema file"
        self.aside(SetAside(row, shown(text), reason, column, rows=0))

    def _rows_inside(self, text: str) -> int:
        """Return how many lines follow the first one, where some of them are rows of the table by themselves."""
        lines = text.splitlines()[1:]
        quote = self.shape.quote or None
        rows = csv.reader(
            lines,
            delimiter=self.shape.delimiter,
            quotechar=quote,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        )
        try:
            whole = sum(len(row) == self.shape.columns for row in rows)
        except csv.Error:
            return 0
        return len(lines) if whole else 0
