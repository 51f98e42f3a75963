"""Attributes of the shapes that shops deliver, as the catalogue keeps them."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.reading.cells.attributes.columns import gathered, read_attributes, read_extra


def read(column, extra=()):
    """Return the (key, value) pairs of each row, None for none, and the refused rows with their reasons."""
    refused = {}
    parts = read_attributes(column, refused.__setitem__)
    parts += [part for name, values in dict(extra).items() for part in read_extra(name, values)]
    found = gathered(parts, len(column))
    found.validate(full=True)
    rows = [row and [(entry["key"], entry["value"]) for entry in row] for row in found.to_pylist()]
    return rows, refused


RED = [("Colour", "Red"), ("Power", "2200 W")]


@pytest.mark.parametrize(
    "cell",
    [
        '{"Colour": "Red", "Power": "2200 W"}',
        '{"Colour": ["Red"], "Power": {"value": 2200, "unit": "W"}}',
        '[{"name": "Colour", "value": "Red"}, {"name": "Power", "value": "2200 W"}]',
        '[{"key": "Colour", "value": "Red"}, {"key": "Power", "value": 2200, "unit": "W"}]',
        '[{"Attribute": "Colour", "Values": ["Red"]}, {"Attribute": "Power", "Values": ["2200 W"]}]',
        '[{"k": "Colour", "v": "Red"}, {"k": "Power", "v": "2200 W"}]',
        '[{"@name": "Colour", "#text": "Red"}, {"@name": "Power", "@unit": "W", "#text": "2200"}]',
        '{"product_specification": [{"key": "Colour", "value": "Red"}, {"key": "Power", "value": "2200 W"}]}',
        '{"product_specification"=>[{"key"=>"Colour", "value"=>"Red"}, {"key"=>"Power", "value"=>"2200 W"}]}',
        '[{"id": 3, "name": "Colour", "visible": true, "options": ["Red"]}, {"name": "Power", "options": ["2200 W"]}]',
        '[{"id": "C", "name": "Colour", "value_name": "Red"}, {"id": "P", "name": "Power", "value_name": "2200 W"}]',
        '[["Colour", "Red"], ["Power", "2200 W"]]',
        "{'Colour': 'Red', 'Power': '2200 W', 'Weight': nan, 'Size': None}",
        '{"Colour"=>"Red", "Power"=>"2200 W", "Size"=>nil}',
        '{:Colour=>"Red", :Power=>"2200 W"}',
        '{Colour: "Red", Power: "2200 W"}',
        '{"Colour": "Red", "Power": "2200 W", "Weight": NaN, "Size": null, "Style": ""}',
        "Colour=Red,Power=2200 W",
        "Colour=Red;Power=2200 W",
        "Colour=Red|Power=2200 W",
        "Colour: Red; Power: 2200 W",
        "Colour: Red\nPower: 2200 W",
        "{Colour=Red, Power=2200 W}",
        "<ul><li>Colour: Red</li><li>Power: 2200&nbsp;W</li></ul>",
    ],
)
def test_one_product_is_the_same_however_its_shop_writes_it(cell):
    assert read(pa.array([cell, None])) == ([RED, None], {})


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('["XL", "5m"]', [("", "XL"), ("", "5m")]),
        ("['XL', '5m']", [("", "XL"), ("", "5m")]),
        ('{"size": {"w": 3, "h": 4}}', [("size.w", "3"), ("size.h", "4")]),
        ('{"list": [{"k": "v"}]}', [("list.k", "v")]),
        ('{"on": true, "n": 2200, "w": 1.50, "big": 4006381333931.0}',
         [("on", "True"), ("n", "2200"), ("w", "1.5"), ("big", "4006381333931")]),
        ('{"code": 12345678901234567890123}', [("code", "12345678901234567890123")]),
        ("color=Red,size=M|L,note=soft, warm", [("color", "Red"), ("size", "M"), ("size", "L"), ("note", "soft, warm")]),
        ("Time: 12:30, Size: M", [("Time", "12:30"), ("Size", "M")]),
        ('{"text": "<b>1.7</b>&nbsp;l"}', [("text", "1.7 l")]),
        ('{"v": "x"}', [("v", "x")]),
        ("red kettle", [("", "red kettle")]),
        ("see https://shop.example/?id=5", [("", "see https://shop.example/?id=5")]),
        ("5", [("", "5")]),
        ("{}", None),
        ("[]", None),
        ('{"a": NaN}', None),
    ],
)  # fmt: skip
def test_values_are_read_as_they_are_meant(cell, expected):
    assert read(pa.array([cell])) == ([expected], {})


@pytest.mark.parametrize("cell", ['{"a": 1', "{{", '{"a": "\\ud800"}', '{"a":' * 3000 + "1" + "}" * 3000, "[" * 3000])
def test_what_cannot_be_read_is_refused_and_kept_as_one_value(cell):
    rows, refused = read(pa.array([None, cell, cell]))
    assert rows == [None, [("", cell)], [("", cell)]]
    assert set(refused) == {1, 2}
    assert refused[1].partition(":")[0] in ("malformed JSON", "malformed attributes")


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([[{"key": "a", "value": "b"}], None, []]), [[("a", "b")], None, None]),
        (pa.array([[{"name": "a", "value": ["b", "c"]}], None]), [[("a", "b"), ("a", "c")], None]),
        (pa.array([[{"name": "a", "value": 2.0, "unit": "W"}]]), [[("a", "2 W")]]),
        (pa.array([{"a": "x", "b": None}, None]), [[("a", "x")], None]),
        (pa.array([{"a": {"w": 1}, "b": ["p", "q"]}]), [[("a.w", "1"), ("b", "p"), ("b", "q")]]),
        (pa.array([[("a", "x"), ("b", "y")], None], pa.map_(pa.string(), pa.string())), [[("a", "x"), ("b", "y")], None]),
        (pa.array([[("a", ["x", "z"])]], pa.map_(pa.string(), pa.list_(pa.string()))), [[("a", "x"), ("a", "z")]]),
        (pa.array([["XL", "5m"], None]), [[("", "XL"), ("", "5m")], None]),
        (pa.array(['{"a": "x"}', None]).dictionary_encode(), [[("a", "x")], None]),
        (pa.array(['{"a": "x"}'], pa.string_view()), [[("a", "x")]]),
        (pa.array([b'{"a": "x"}']), [[("a", "x")]]),
        (pa.array([["x"], ["y"], ["z"]]).slice(1, 1), [[("", "y")]]),
        (pa.nulls(2), [None, None]),
    ],
)  # fmt: skip
def test_arrow_says_the_same_in_its_own_types(column, expected):
    assert read(column) == (expected, {})


def test_extra_columns_follow_in_their_order():
    extra = {
        "text": pa.array([" x ", "NaN", None]),
        "number": pa.array([1.0, None, float("nan")], from_pandas=False),
        "tags": pa.array([["new", "sale"], [], None]),
        "json": pa.array(['["p", "q"]', '{"w": 3}', "[sale] kettle"]),
        "size": pa.array([{"w": 1, "h": None}, None, {"w": 2, "h": 3}]),
        "until": pa.array([0, 2**63 - 1, None]).cast(pa.timestamp("us")),
        "stock": pa.array([True, False, None]),
        "code": pa.array([b"A1", None, b"\xff"]),
        "html": pa.array(["AT&amp;T", "a < b", "<p>c</p>"]),
    }
    rows, refused = read(pa.array(['{"a": "b"}', None, None]), extra)
    assert rows[0] == [
        ("a", "b"), ("text", "x"), ("number", "1"), ("tags", "new"), ("tags", "sale"), ("json", "p"), ("json", "q"),
        ("size.w", "1"), ("until", "1970-01-01 00:00:00"), ("stock", "True"), ("code", "A1"), ("html", "AT&T"),
    ]  # fmt: skip
    assert rows[1] == [("json.w", "3"), ("stock", "False"), ("html", "a < b")]
    assert rows[2] == [("json", "[sale] kettle"), ("size.w", "2"), ("size.h", "3"), ("code", "ÿ"), ("html", "c")]
    assert refused == {}


def test_the_text_of_a_vector_is_no_attribute():
    vector, sizes = json.dumps([0.5] * 64), "[36, 38, 40]"
    rows, _ = read(pa.nulls(2), {"v": pa.array([vector, None]), "sizes": pa.array([sizes, None])})
    assert rows == [[("sizes", "36"), ("sizes", "38"), ("sizes", "40")], None]


SCALAR = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0<&"))
    | st.integers()
    | st.booleans()
    | st.none()
)
ANYTHING = st.recursive(
    SCALAR | st.floats(), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner), max_leaves=8
)


@given(st.lists(st.none() | st.text(max_size=20) | ANYTHING.map(json.dumps) | ANYTHING.map(repr), max_size=5))
def test_no_text_at_all_ends_in_an_error(cells):
    rows, _ = read(pa.array(cells, pa.large_string()))
    assert len(rows) == len(cells)
