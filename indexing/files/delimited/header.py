"""The header of a delimited file becomes the names of its columns, each of them once."""

from collections.abc import Sequence

AMAZON = "TemplateType="  # begins a flat file, whose names are in the third row
MOST_ABOVE = 10  # rows over a header
UNSEEN = " \t\r\n\xa0\u200b\ufeff"  # at the ends of names
FEWEST = 3  # columns of a table that a line of one text stands over


def column_names(header: Sequence[str], width: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a name for each of `width` columns, and notes on those that are not as they stand in the header.

    A name that stands there again takes a number (`size_2`), and a column without one is `column_N`.
    """
    given = [name.strip(UNSEEN) for name in header] + [""] * (width - len(header))
    names: list[str] = []
    notes: list[str] = []
    for place, name in enumerate(given, start=1):
        new = _free(name, names, given) if name in names else name or _free(f"column_{place}", names, given)
        if name in names:
            notes.append(f"the column '{name}' stands there again: it is read as '{new}'")
        elif not name:
            notes.append(f"column {place} has no name: it is read as '{new}'")
        names.append(new)
    return tuple(names), tuple(notes)


def rows_above(rows: Sequence[Sequence[str]]) -> int:
    """Return how many rows stand over the header: Amazon's two, remarks that begin with #, and titles."""
    if rows[0][0].startswith(AMAZON):
        return 2
    count = 0
    while count < min(len(rows) - 2, MOST_ABOVE) and _stands_over(rows[count], rows[count + 1 : count + 3]):
        count += 1
    return count


def _stands_over(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    filled = [cell for cell in row if cell.strip()]
    if all(cell.lstrip().startswith("#") for cell in filled):
        return True
    return len(filled) == 1 and max(sum(bool(cell.strip()) for cell in other) for other in below) >= FEWEST


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
