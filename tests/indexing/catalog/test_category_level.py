"""The level that is evaluated: 3 where a file names it, else the deepest whose categories are of a useful size."""

import pyarrow as pa
import pytest

from indexing.catalog.catalog import LEVELS
from indexing.catalog.category_level import category_level


def table(*paths):
    """A catalogue's columns of categories: each path as often as it is said."""
    rows = [path for path, times in paths for _ in range(times)]
    columns = {
        int(level): [path[int(level) - 1] if len(path) >= int(level) else None for path in rows] for level in LEVELS
    }
    return pa.table({f"category_{level}": pa.array(names, pa.large_string()) for level, names in columns.items()})


@pytest.mark.parametrize(
    ("paths", "level"),
    [
        ([(("a", "b", "c"), 10), ((), 5)], 3),
        ([(("a", "b", "c", "d"), 10)], 3),
        ([(("a", "b"), 100), (("a", "b", "c"), 10)], 2),
        ([(("a",), 100), (("a", "b"), 10)], 1),
        ([(("a", "b", "c"), 80), (("a", "b"), 20)], 3),
        ([(("a", "b", "c", "d"), 60), (("a", "b"), 40)], 4),
        ([(("a", f"b{n}"), 1) for n in range(200)], 1),
        ([((f"a{n}", f"b{n}"), 1) for n in range(9)], 1),
        ([(("a", f"b{n}", f"c{n}"), 40) for n in range(60)] + [(("a", f"b{n}"), 20) for n in range(60)], 2),
        ([((), 3)], 3),
    ],
)
def test_paths_are_evaluated_at_the_deepest_useful_level(paths, level):
    assert category_level(table(*paths), paths=True) == level


def test_names_and_levels_that_a_file_names_are_evaluated_at_level_three():
    assert category_level(table((("a", "b"), 100), (("a", "b", "c"), 1)), paths=False) == 3
