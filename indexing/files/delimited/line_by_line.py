"""A delimited file with a quote that is not closed is read line by line: the row that it opens in is told from the rows
that it would take in."""

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from indexing.files.content.text_stream import TextStream
from indexing.files.delimited.dialect import Dialect
from indexing.files.delimited.unclosed_quotes import RowShape

LOOKED_AT = 128  # lines of one row, after which they are looked at, and whenever they are twice as many
BUFFER_BYTES = 1 << 20


@dataclass(frozen=True)
class LineRow:
    """It is a row with its number in the file, as people count it: its `fields`, or none where a quote in it is not
    closed; then it is its first line alone, and would have taken in so many `lines` after it."""

    number: int
    fields: list[str] | None
    text: str
    lines: int = 0


class LongRow(Exception):
    """A row, with this number, is longer than any may be."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Swallowed(Exception):
    """The lines of a row look like rows of their own."""


class LineRows:
    """It yields the rows of a text below the `above` ones over the table, of blank lines too where these are `kept`. Raises
    LongRow for one of more than `most` characters."""

    def __init__(
        self, text: TextStream, dialect: Dialect, shape: RowShape, above: int, kept: bool, *, most: int
    ) -> None:
        self._shape, self._dialect, self._above, self._kept = shape, dialect, above, kept
        csv.field_size_limit(most)
        self._lines = _Lines(text, shape, most)

    def __iter__(self) -> Iterator[LineRow]:
        for _ in range(self._dialect.skipped):
            next(self._lines, None)
        reader = self._dialect.reader(self._lines)
        number = self._dialect.skipped
        while True:
            number += 1
            self._lines.begin(number)
            try:
                fields = next(reader)
            except StopIteration:
                return
            except _Swallowed:
                fields = None
            taken = self._lines.taken
            if number <= self._dialect.skipped + self._above:
                continue
            if not fields and fields is not None and not self._kept:
                number -= 1
                continue
            if len(taken) > 1 and (fields is None or self._takes_in(fields, taken)):
                self._lines.give_back()
                yield LineRow(number, None, taken[0], len(taken) - 1)
            else:
                yield LineRow(number, fields, "".join(taken))

    def _takes_in(self, fields: list[str], taken: list[str]) -> bool:
        """Return whether a row of several lines has taken in others."""
        if not self._dialect.is_quoted_well(taken):  # something follows its end
            return True
        if len(fields) != self._shape.columns:
            return self._shape.rows_inside("".join(taken))
        if self._lines.ended and self._shape.is_open(fields[-1], taken[-1]):
            return True
        return any(self._shape.swallowed(field) for field in fields if "\n" in field)


class _Lines:
    """It gives lines to a parser; those after the first that one row took can be given back."""

    def __init__(self, text: Any, shape: RowShape, most: int) -> None:
        self._stream = io.TextIOWrapper(io.BufferedReader(text, BUFFER_BYTES), "utf-8", newline="")
        self._shape, self._most = shape, most
        self._again: deque[str] = deque()
        self.ended = False
        self.begin(0)

    def begin(self, number: int) -> None:
        """Begin the row with this number."""
        self._number, self.taken, self._chars, self._look = number, list[str](), 0, LOOKED_AT

    def give_back(self) -> None:
        """Give the lines after the first again."""
        self._again.extendleft(reversed(self.taken[1:]))

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= self._look:
            self._look *= 2
            if self._shape.are_rows(self.taken[1:]):
                raise _Swallowed
        line = self._again.popleft() if self._again else self._stream.readline()
        if not line:
            self.ended = True
            raise StopIteration
        self.taken.append(line)
        self._chars += len(line)
        if self._chars > self._most:
            raise LongRow(self._number)
        return line
