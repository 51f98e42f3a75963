"""Categories as names, paths and levels; a column's separator is decided by all of its cells."""

import pyarrow as pa
import pytest

from indexing.reading.cells.categories.columns import CategoryFormat, CategoryLook, read_categories


def read(cells, **stated):
    """Return the four levels of each row, without the empty ones at the end, and the refused rows."""
    column, refused = pa.array(cells) if isinstance(cells, list) else cells, {}
    look = CategoryLook(**stated)
    for start in range(0, len(column), 2):
        look.look(column.slice(start, 2))
    found = read_categories(column, look.format, refused.__setitem__)
    rows = zip(*(found.levels[f"category_{level}"].to_pylist() for level in "1234"), strict=True)
    return (
        [row[: 4 - next((n for n, name in enumerate(reversed(row)) if name), 4)] for row in rows],
        refused,
        found.deeper,
    )


PATH = ("Home", "Kitchen", "Kettles")


@pytest.mark.parametrize(
    "cell",
    [
        "Home > Kitchen > Kettles",
        "Home>Kitchen>Kettles",
        "Home >> Kitchen >> Kettles",
        "Home &gt; Kitchen &gt; Kettles",
        "Home/Kitchen/Kettles",
        "Home / Kitchen / Kettles",
        "Home | Kitchen | Kettles",
        "Home » Kitchen » Kettles",
        "Home › Kitchen › Kettles",
        "Home::Kitchen::Kettles",
        "Home -> Kitchen -> Kettles",
        "Home → Kitchen → Kettles",
        '["Home", "Kitchen", "Kettles"]',
        "['Home', 'Kitchen', 'Kettles']",
        '[["Home", "Kitchen", "Kettles"], ["Sale"]]',
        '["Home >> Kitchen >> Kettles"]',
        '["Home > Kitchen > Kettles", "Sale > Kitchen"]',
        '[{"id": 1, "name": "Home"}, {"id": 2, "name": "Kitchen"}, {"id": 3, "name": "Kettles"}]',
        "Home > Kitchen > Kettles, Home > Kitchen",
        "Home, Home/Kitchen, Home/Kitchen/Kettles",
    ],
)
def test_a_path_has_its_top_first(cell):
    assert read([cell, cell, None]) == ([PATH, PATH, ()], {}, 0)


def test_a_separator_of_the_column_is_not_one_of_a_cell():
    cells = ["Home > TV/Audio", "Home > Phones", "TV/Audio"]
    assert read(cells)[0] == [("Home", "TV/Audio"), ("Home", "Phones"), ("TV/Audio",)]


@pytest.mark.parametrize("cells", [["TV/Audio", "Phones", "Kettles"], ["TV/Audio", "Men/Women", "Food/Drink"]])
def test_names_with_a_slash_stay_names_of_level_three(cells):
    assert read(cells)[0] == [(None, None, name) for name in cells]


def test_paths_with_a_slash_have_tops_in_common():
    assert read(["Home/Garden", "Home/Kitchen", "Toys"])[0] == [("Home", "Garden"), ("Home", "Kitchen"), ("Toys",)]


def test_a_comma_of_a_name_parts_no_paths():
    assert read(["Home, Garden > Tools", "Home, Garden > Pots"])[0] == [
        ("Home, Garden", "Tools"),
        ("Home, Garden", "Pots"),
    ]


def test_the_schema_may_state_the_separator():
    assert read(["Foods,Spreads", "Foods,Drinks"], separator=",")[0] == [("Foods", "Spreads"), ("Foods", "Drinks")]


@pytest.mark.parametrize(
    ("cell", "levels"),
    [
        ("kettles", (None, None, "kettles")),
        (" Home &amp; Garden ", (None, None, "Home & Garden")),
        ('{"1": "home", "3": " kettles ", "4": ""}', ("home", None, "kettles")),
        ('{"level_1": "home", "level_2": "kitchen"}', ("home", "kitchen")),
        ('{"lvl0": "home", "lvl1": "kitchen"}', ("home", "kitchen")),
        ('{"id": 5, "name": "kettles"}', (None, None, "kettles")),
        ('[{"id": 5, "name": "kettles"}]', (None, None, "kettles")),
        ("[sale]", (None, None, "[sale]")),
        ("{}", ()),
        ("NaN", ()),
        ("  ", ()),
    ],
)
def test_a_name_is_level_three_and_an_object_says_its_levels(cell, levels):
    assert read([cell]) == ([levels], {}, 0)


@pytest.mark.parametrize(
    ("column", "levels"),
    [
        (pa.array([15, None]), [(None, None, "15"), ()]),
        (pa.array([15.0, None]), [(None, None, "15"), ()]),
        (pa.array([15.0, float("nan")], from_pandas=False), [(None, None, "15"), ()]),
        (pa.array([["a1", "b2"], None]), [("a1", "b2"), ()]),
        (pa.array([[{"id": 5, "name": "kettles"}], []]), [(None, None, "kettles"), ()]),
        (pa.array([{"1": "home", "3": "kettles"}, None]), [("home", None, "kettles"), ()]),
        (pa.array(["kettles", None]).dictionary_encode(), [(None, None, "kettles"), ()]),
        (pa.array(["kettles"], pa.string_view()), [(None, None, "kettles")]),
    ],
)
def test_categories_of_any_type_are_names(column, levels):
    assert read(column)[0] == levels


@pytest.mark.parametrize(
    "cell", ["A > B > C > D > E", '["A", "B", "C", "D", "E"]', '{"1":"A","2":"B","3":"C","4":"D","5":"E"}']
)
def test_levels_below_the_fourth_are_counted(cell):
    assert read([cell, cell, "A > B"]) == ([("A", "B", "C", "D"), ("A", "B", "C", "D"), ("A", "B")], {}, 2)


@pytest.mark.parametrize("cell", ['{"a": 1', '{"x": "y"}', '{"1":}'])
def test_an_object_that_says_no_level_is_refused(cell):
    levels, refused, _ = read(["kettles", cell])
    assert levels == [(None, None, "kettles"), ()]
    assert refused[1].startswith("malformed JSON: ")


def test_a_block_of_nothing_has_levels_of_nothing():
    found = read_categories(pa.nulls(2), CategoryFormat(), print)
    assert [column.to_pylist() for column in found.levels.values()] == [[None, None]] * 4
