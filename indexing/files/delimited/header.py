"""The header of a table of text is found, and becomes the names of its columns, each of them once."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from indexing.files.blocks import Naming
from indexing.files.options import FileOptions

TEMPLATES = ("TemplateType=", "version 1.00")  # begin flat files of Amazon and Taobao, whose names are in the third row
EBAY = "#INFO"  # begins the remarks above the names
MOST_ABOVE = 10  # rows over a header
UNSEEN = " \t\r\n\xa0\u200b\ufeff"  # at the ends of names
BELOW = 20  # rows below that are looked at
FEWEST = 3  # columns of a table that a line of one text stands over
_NUMBER = re.compile(r"\W*\d[\d\s.,:/-]*\W*")  # or a date: no column is called so
Row = Sequence[str]


@dataclass(frozen=True)
class Header:
    """It is the names of the columns and how they came about, and how many rows stand above the first row of the table,
    blank ones counted, the header itself not."""

    names: tuple[str, ...]
    namings: tuple[Naming, ...]
    above: int

    def widened(self, filled: Sequence[int]) -> "Header":
        """Return the header with names for more columns: as far as the last of those `filled`, which stand, from 1, to
        the right of the named ones."""
        names, namings = [*self.names], [*self.namings]
        for place in range(len(names) + 1, max(filled, default=0) + 1):
            names.append(_free(f"column_{place}", names, self.names))
            if place in filled:
                namings.append(Naming(names[-1], place, ""))
        return Header(tuple(names), tuple(namings), self.above)


def find_header(rows: Sequence[Row], how: FileOptions) -> Header | None:
    """Return the header of a table by its first rows, blank ones among them, None where nothing stands in any."""
    places = [place for place, row in enumerate(rows) if any(cell.strip() for cell in row)]
    if not places:
        return None
    if how.above is None:
        places = places[rows_above([rows[place] for place in places], named=how.header) :]
    else:
        places = [place for place in places if place >= how.above] or places[-1:]
    filled = [rows[place] for place in places]
    if not how.header:
        return Header(numbered_names(len(filled[0])), (), places[0])
    names, namings = column_names(filled[0], _width(filled), filled[1:])
    return Header(names, namings, places[0])


def _width(rows: Sequence[Row]) -> int:
    """Return how many columns there are; rows that end in one more delimiter than the header have one more."""
    header, below = rows[0], rows[1:]
    width, _ = Counter(map(len, below)).most_common(1)[0] if below else (len(header), 0)
    ended = width == len(header) + 1 and all(not row[-1] for row in below if len(row) == width)
    return width if ended else len(header)


def column_names(header: Row, width: int, below: Sequence[Row]) -> tuple[tuple[str, ...], tuple[Naming, ...]]:
    """Return a name for each of `width` columns, and those that are not as they stand in the header.

    A name that stands there again takes a number (`size_2`), and a column without one is `column_N`, which is nothing
    to speak of where the rows below are empty there.
    """
    given = [name.strip(UNSEEN) for name in header] + [""] * (width - len(header))
    names: list[str] = []
    namings: list[Naming] = []
    for place, name in enumerate(given, start=1):
        new = _free(name, names, given) if name in names else name or _free(f"column_{place}", names, given)
        if name in names or (not name and any(len(row) >= place and row[place - 1].strip() for row in below)):
            namings.append(Naming(new, place, name))
        names.append(new)
    return tuple(names), tuple(namings)


def rows_above(rows: Sequence[Row], *, named: bool = True) -> int:
    """Return how many of some filled rows stand over the table: two of Amazon's or Taobao's, remarks that begin with #,
    titles, and, where columns are `named`, rows that have half as many cells as those below, of which one is names and
    one has a number."""
    if rows[0][0].startswith(TEMPLATES) and len(rows) > 2:
        return 2
    count = 0
    while count < min(len(rows) - 2, MOST_ABOVE) and _stands_over(rows[count], rows[count + 1 : count + BELOW], named):
        count += 1
    return count


def _stands_over(row: Row, below: Sequence[Row], named: bool) -> bool:
    filled, next_ones = _filled(row), below[:2]
    if all(cell.lstrip().startswith("#") for cell in filled) or filled[0].startswith(EBAY):
        return True
    width = max(len(_filled(other)) for other in next_ones)
    if width < FEWEST:
        return False
    names_follow = any(map(_may_be_names, next_ones)) and not all(map(_may_be_names, below))
    return len(filled) == 1 or (named and 2 * len(filled) <= width and names_follow)


def _may_be_names(row: Row) -> bool:
    return not any(_NUMBER.fullmatch(cell) for cell in _filled(row))


def _filled(row: Row) -> list[str]:
    return [cell for cell in row if cell.strip()]


def numbered_names(width: int) -> tuple[str, ...]:
    """Return the names of columns that have none."""
    return tuple(f"column_{place}" for place in range(1, width + 1))


def _free(name: str, taken: Sequence[str], given: Sequence[str]) -> str:
    if name not in taken and name not in given:
        return name
    number = 2
    while f"{name}_{number}" in taken or f"{name}_{number}" in given:
        number += 1
    return f"{name}_{number}"
