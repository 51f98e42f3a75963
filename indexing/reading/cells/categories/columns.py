"""What parts the names of a category's path is decided for a column, from all of its cells, and not for each cell."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from indexing.catalog.catalog import LEVELS
from indexing.reading.cells.categories.cells import Levels, Path, read_category
from indexing.reading.cells.distinct import Distinct
from indexing.reading.cells.markup import without_markup
from indexing.reading.cells.texts import TEXT, as_plain, as_text, values_of

SEPARATORS = {">": r"(?<![-=])>+", "»": "[»›]", "->": "[-=]>|→", "::": "::", "|": r"\|+", "/": "/"}
WEAK = "/"  # it stands in names as well: TV/Audio
LEAST_SHARE = 0.05  # of the names and paths, that hold a separator
LEAST_WEAK_SHARE = 0.5
SHARED_TOPS = 0.7  # distinct first names for each distinct path, at most: paths have tops in common
PLAIN_LEVEL = 3  # of a name alone
_PARTED = {name: re.compile(rf"\s*(?:{pattern})\s*") for name, pattern in SEPARATORS.items()}
_ANY = re.compile("|".join(SEPARATORS.values()))
MOST_PATHS = 100_000  # whose tops are counted


@dataclass(frozen=True)
class CategoryFormat:
    """It says how a column's categories are written: the `separator` of a path's names (None: nothing parts them), and
    whether they are `paths` from the top, where a name alone is of level 1, and not of level 3."""

    separator: str | None = None
    paths: bool = False

    def levels(self, cell: Any) -> Levels:
        """Return the names of a cell by level, the top being 1. Raises ValueError for what holds none."""
        found = read_category(cell)
        if isinstance(found, dict):
            return found
        paths = [path for one in found for path in self._parted(one)]
        path = max(paths, key=len, default=())
        if len(path) == 1 and not self.paths:
            return {PLAIN_LEVEL: path[0]}
        return dict(enumerate(path, start=1))

    def _parted(self, names: Path) -> list[Path]:
        """Return the paths in the names of a cell: of a list whose elements are paths, or of a text."""
        if self.separator is None:
            return [names]
        parted = [path_of(name, self.separator) for name in names]
        if len(names) > 1:
            return parted if all(len(path) > 1 for path in parted) else [names]
        return self._by_commas(names[0]) or parted

    def _by_commas(self, text: str) -> list[Path]:
        """Return several paths parted by commas, none where the commas may belong to names: `Home, Garden > Tools`."""
        if self.separator is None or "," not in text:
            return []
        paths = [path_of(part, self.separator) for part in text.split(",")]
        tops = {path[:1] for path in paths if len(path) > 1}
        return paths if tops and all(path[:1] in tops for path in paths) else []


def path_of(text: str, separator: str) -> Path:
    """Return the names of a path in a text."""
    pattern = _PARTED.get(separator) or re.compile(rf"\s*{re.escape(separator)}\s*")
    return tuple(name for name in pattern.split(text.strip()) if name)


@dataclass
class CategoryLook:
    """It looks at all blocks of a column of categories. What the schema states, a `separator`, goes before.

    `texts` counts names and paths, `holding` those with each separator; `deep` those with the weak one more than once;
    `tops` and `wholes` are the distinct first names and texts of its paths.
    """

    separator: str | None = None
    texts: int = 0
    lists: bool = False
    holding: Counter[str] = field(default_factory=Counter)
    deep: int = 0
    tops: set[str] = field(default_factory=set)
    wholes: set[str] = field(default_factory=set)

    def look(self, column: pa.Array | pa.ChunkedArray) -> None:
        """Count what the cells of a block hold; numbers hold nothing."""
        plain = as_plain(column)
        if pa.types.is_nested(plain.type):
            for cell in values_of(plain):
                self._look_at(cell, 1)
        elif plain.type == TEXT:
            counted = pc.value_counts(without_markup(as_text(plain, "")).drop_null())
            for text, count in zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True):
                self._look_at(text, count)

    def _look_at(self, cell: Any, count: int) -> None:
        try:
            found = read_category(cell)
        except ValueError:
            return
        for path in () if isinstance(found, dict) else found:
            self.lists |= len(path) > 1
            for text in path:
                self.texts += count
                if _ANY.search(text):
                    self._count(text, count)

    def _count(self, text: str, count: int) -> None:
        for separator in SEPARATORS:
            names = path_of(text, separator)
            if len(names) < 2:
                continue
            self.holding[separator] += count
            if separator == WEAK and len(self.wholes) < MOST_PATHS:
                self.deep += count if len(names) > 2 else 0
                self.tops.add(names[0])
                self.wholes.add(text)

    @property
    def format(self) -> CategoryFormat:
        """Return how the column is written."""
        separator = self.separator or self._separator()
        return CategoryFormat(separator, separator is not None or self.lists)

    def _separator(self) -> str | None:
        strong = [(count, name) for name, count in self.holding.items() if name != WEAK]
        count, name = max(strong, default=(0, ""))
        if count and count >= LEAST_SHARE * self.texts:
            return name
        nested = self.deep or len(self.tops) < SHARED_TOPS * len(self.wholes)
        return WEAK if nested and self.holding[WEAK] >= LEAST_WEAK_SHARE * self.texts else None


@dataclass(frozen=True)
class CategoryColumns:
    """It holds one column a level, the top first, and how many rows have a level below the last, which is left out."""

    levels: dict[str, pa.Array]
    deeper: int


def read_categories(column: pa.Array, form: CategoryFormat, refuse: Callable[[int, str], None]) -> CategoryColumns:
    """Read the levels of a column's categories (n,); `refuse` is told of what holds none."""
    texts = _texts(as_plain(column))
    found = Distinct.of_column(texts)
    levels: list[Levels] = []
    for place, cell in enumerate(found.values):
        try:
            levels.append(form.levels(cell))
        except ValueError as error:
            levels.append({})
            for row in found.rows_of(place):
                refuse(int(row), f"malformed JSON: {error}")
    places = np.full(len(texts), -1, dtype=np.int64)
    places[found.rows] = found.places
    where = pa.array(places, mask=places < 0)
    deeper = pa.array([max(names, default=0) > len(LEVELS) for names in levels], pa.bool_())
    return CategoryColumns(
        {f"category_{level}": pa.array([n.get(int(level)) for n in levels], TEXT).take(where) for level in LEVELS},
        int(pc.sum(deeper.take(where)).as_py() or 0),
    )


def _texts(column: pa.Array) -> pa.Array:
    """Return cells as text without markup, lists and objects as JSON."""
    if not pa.types.is_nested(column.type):
        return without_markup(as_text(column, "the column"))
    cells = [None if cell is None else orjson.dumps(cell, default=str).decode() for cell in values_of(column)]
    return pa.array(cells, TEXT)
