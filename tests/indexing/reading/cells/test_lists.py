"""Colours and the like: a list, a text of several, or the text of a list."""

import pyarrow as pa
import pytest

from indexing.reading.cells.lists import read_lists


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("red, blue;green/", ["red", "blue", "green"]),
        ("Red|White", ["Red", "White"]),
        ("['Red', 'White']", ["Red", "White"]),
        ('["Red", null, "White"]', ["Red", "White"]),
        ('[{"name": "Red"}]', ["Red"]),
        ("[red", ["[red"]),
        ("Red &amp; White", ["Red & White"]),
        (["red", None, " "], ["red"]),
        ({"name": "red"}, ["red"]),
        (7, ["7"]),
        (7.0, ["7"]),
        ("nan", None),
        ("", None),
        (None, None),
        (" / ", []),
    ],
)
def test_a_cell_is_a_list_of_texts(cell, expected):
    found = read_lists(pa.array([cell, None, cell]))
    found.validate(full=True)
    assert found.to_pylist() == [expected, None, expected]
