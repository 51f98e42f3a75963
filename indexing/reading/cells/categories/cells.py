"""A category's cell holds a name, names from the top, several such paths, or an object of levels."""

import re
from collections.abc import Mapping
from typing import Any

from indexing.reading.cells.attributes.shapes import text_of
from indexing.reading.cells.literals import read_literal
from indexing.reading.cells.texts import MISSING

Path = tuple[str, ...]
Levels = dict[int, str]
_NAMES = ("name", "title", "label", "category", "#text")
_LEVEL = re.compile(r"(?:level|lvl|category|cat|l)?[_ .-]?(\d)", re.IGNORECASE)


def read_category(cell: Any) -> tuple[Path, ...] | Levels:
    """Return the paths of names in a cell, none for an empty one, or its levels by number, the top being 1.

    Raises ValueError for an object that has neither levels nor a name, and for text that begins as one and is none.
    """
    if isinstance(cell, str) and cell[:1] in ("{", "["):
        try:
            cell = read_literal(cell)
        except ValueError:
            if cell[0] == "{":
                raise
    if isinstance(cell, Mapping):
        return _levels(cell) or _paths([cell])
    if not isinstance(cell, list | tuple | set):
        return _paths([cell])
    if cell and all(isinstance(one, list | tuple) for one in cell):
        return tuple(path for one in cell for path in _paths(one))
    return _paths(cell)


def _levels(found: Mapping[Any, Any]) -> Levels:
    """Return an object's levels, empty where its names are not those of levels: `1`, `level_2`, `lvl0`."""
    numbers = {name: _LEVEL.fullmatch(str(name)) for name in found}
    if not all(numbers.values()):
        return {}
    levels = {int(match[1]): known_name(found[name]) for name, match in numbers.items() if match}
    shift = 1 if 0 in levels else 0
    return {number + shift: name for number, name in levels.items() if name}


def _paths(names: Any) -> tuple[Path, ...]:
    path = tuple(name for one in names if (name := known_name(_named(one))))
    return (path,) if path else ()


def _named(one: Any) -> Any:
    """Return the name of an object. Raises ValueError where it has none."""
    if not isinstance(one, Mapping):
        return one
    if not one:
        return None
    name = next((one[key] for key in one if str(key).lower() in _NAMES), None)
    if name is None or isinstance(name, list | Mapping):
        raise ValueError("an object that names neither levels (1 to 4) nor a name")
    return name


def known_name(value: Any) -> str:
    """Return a name's text, empty where it says nothing."""
    text = text_of(value)
    return "" if text in MISSING else text
