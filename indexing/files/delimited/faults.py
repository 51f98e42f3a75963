"""What is wrong with a row of a delimited file is said in one sentence, with what to do."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexing.files.blocks import NO_TEXT, OTHER_WIDTH, UNCLOSED, Aside, SetAside
from indexing.files.content.text_stream import shown
from indexing.files.delimited.unclosed_quotes import RowShape


@dataclass(frozen=True)
class Faults:
    """It hands the faults of one file with columns of these `names` to `aside`, each with its row as people count it."""

    path: Path
    encoding: str
    shape: RowShape
    names: Sequence[str]
    aside: Aside

    def ragged(self, row: int, text: str, width: int) -> None:
        """Set aside a row with `width` fields, another number than there are columns."""
        mark = self.shape.delimiter.replace("\t", "a tab")
        reason = f"{OTHER_WIDTH}: {width} fields, not {self.shape.columns}; quote a field that has {mark} in it, or mend the row"
        self.aside(SetAside(row, shown(text), reason))

    def unclosed(self, row: int, text: str, lines: int) -> None:
        """Set aside a row, which is this line, whose quote would take in so many lines after it."""
        fields = next(csv.reader([text], delimiter=self.shape.delimiter, quotechar=self.shape.quote))
        where = f"in column '{self.names[len(fields) - 1]}' " if len(fields) <= len(self.names) else ""
        reason = (
            f"{UNCLOSED}: it opens {where}and would take in {lines:,} lines after it, which are read as rows of their own; "
            "close it, or say in a schema file that there are none (quote: none)"
        )
        self.aside(SetAside(row, shown(text.rstrip("\r\n")), reason))

    def no_text(self, row: int, text: str, column: str) -> None:
        """Set aside a cell with bytes that are no text."""
        reason = f"{NO_TEXT}: it is no {self.encoding}; mend it, or say the file's encoding in a schema file"
        self.aside(SetAside(row, shown(text), reason, column, rows=0))
