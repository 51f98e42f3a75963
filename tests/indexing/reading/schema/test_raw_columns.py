"""Blocks of a file become raw columns: one a field."""

import numpy as np
import pyarrow as pa
import pytest

from indexing.reading.schema.known import known_schema
from indexing.reading.schema.raw_columns import as_text, joined_lists, raw_block, raw_column, text_column
from indexing.reading.schema.schema import GENERIC
from indexing.reading.schema.yaml_form import input_from

SHOP = {
    "title": ["Mug", "Jug ", None, ""],
    "colour": ["red", None, "blue", "  "],
    "size": pa.array([2.0, float("nan"), 1.5, None]),
    "n": pa.array([1, 2, None, 4]),
    "kind": pa.array(["a", "b", "a", None]).dictionary_encode(),
    "view": pa.array(["v", None, "", "w"], pa.string_view()),
    "list": [["x", "y"], [], None, ["z"]],
}


def block_at(table, schema, file, first):
    return raw_block(table, schema, file, np.arange(first, first + len(table)))


def made(value, field="title", content=SHOP):
    schema = input_from({field: value}, "test", known_schema, "test")
    block = block_at(pa.table(content), schema, "shop.csv", 10)
    read = raw_column if field in ("image", "category", "attributes") else text_column
    found = read(block, schema.expression(field))
    return None if found is None else found.to_pylist()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("title", ["Mug", "Jug ", None, ""]),
        ("kind", ["a", "b", "a", None]),
        ("view", ["v", None, "", "w"]),
        ("=new", ["new"] * 4),
        ("{title} {colour}", ["Mug red", "Jug", "blue", None]),
        ("{title} ({colour}), {size} l", ["Mug (red), 2 l", "Jug", "(blue), 1.5 l", None]),
        ("{title}/{n}", ["Mug/1", "Jug/2", None, "4"]),
        ("no {n} of {kind}", ["no 1 of a", "no 2 of b", "of a", "no 4"]),
        ("{title} {list}", ["Mug x, y", "Jug", None, "z"]),
        (["colour", "title"], ["red", "Jug ", "blue", None]),
        (["size", "colour"], ["2", None, "1.5", None]),
        (["absent", "title"], ["Mug", "Jug ", None, ""]),
        ({"all": ["title", "colour", "absent"]}, ["Mug red", "Jug", "blue", None]),
        ("absent", None),
    ],
)
def test_an_expression_makes_a_cell_of_each_row(value, expected):
    assert made(value) == expected


def test_the_number_of_a_row_counts_from_one():
    assert made("=row", "id") == [f"shop.csv:{n}" for n in (10, 11, 12, 13)]


def test_a_cell_is_cut_and_words_are_dropped():
    content = {"path": ["Shop/Home,Shop/Home/Mugs", "Mugs", None, ""]}
    cut = made({"column": "path", "split": ",", "drop": "Shop/"}, "category", content)
    assert cut == [["Home", "Home/Mugs"], ["Mugs"], None, None]
    assert made({"column": "path", "drop": "Shop/"}, "category", content)[0] == "Home,Home/Mugs"


def test_all_of_several_columns_are_a_list_without_empty_ones():
    assert made({"all": ["title", "colour"]}, "image") == [["Mug", "red"], ["Jug"], ["blue"], []]


def test_a_star_stands_for_columns_in_their_order():
    content = {"img1": ["a"], "other": ["x"], "img2": ["b"]}
    assert made({"all": ["img*"]}, "image", content) == [["a", "b"]]
    assert made({"all": ["img*"]}, "image", {**content, "img*": ["c"]}) == [["c"]]


def test_numbered_columns_are_attributes_where_both_are_there():
    content = {
        "A 1 name": ["Colour", "Colour", None],
        "A 1 value(s)": ["red", "", "x"],
        "A 2 name": ["Size", "Size", None],
        "A 2 value(s)": ["L", "M", None],
        "A 3 name": ["Lone", None, None],
    }
    found = made({"names": "A * name", "values": "A * value(s)"}, "attributes", content)
    pairs = [[(entry["key"], entry["value"]) for entry in row] for row in found]
    assert pairs == [[("Colour", "red"), ("Size", "L")], [("Size", "M")], []]


def test_texts_that_mean_nothing_are_missing():
    schema = input_from({"title": "title", "missing": ["N/A", "Mug"]}, "test", known_schema, "test")
    block = block_at(pa.table({"title": [" N/A ", "Mug", "Mugs"], "n": [1, 2, 3]}), schema, "a.csv", 0)
    assert raw_column(block, schema.title).to_pylist() == [None, None, "Mugs"]


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        (
            pa.array([1.0, 2.0**53, 0.5, float("nan"), float("inf")]),
            ["1", "9.007199254740992e+15", "0.5", None, None],
        ),
        (pa.array([True, None]), ["true", None]),
        (pa.array([b"x", None]), [None, None]),
        ([{"a": 1}, None], [None, None]),
        (pa.nulls(1), [None]),
    ],
)
def test_cells_of_any_type_have_a_text(cells, texts):
    assert as_text(pa.array(cells)).to_pylist() == texts


def test_lists_of_a_row_are_joined_and_none_stays_none():
    one, two = (
        pa.array(rows, pa.large_list(pa.large_string()))
        for rows in ([["a"], None, [], None], [["b", "c"], ["d"], None, None])
    )
    assert joined_lists([one, two]).to_pylist() == [["a", "b", "c"], ["d"], [], None]


def test_no_expression_is_no_column():
    block = block_at(pa.table({"title": ["a"]}), GENERIC, "a.csv", 0)
    assert raw_column(block, None) is None


def test_what_means_nothing_is_empty_in_text_and_in_numbers():
    schema = input_from({"missing": ["-1", "none"]}, "test", known_schema, "test")
    table = pa.table({"text": ["-1", " none", "-1.0"], "whole": [-1, 1, None], "float": [-1.0, 0.5, float("nan")]})
    columns = block_at(table, schema, "shop.csv", 0).columns
    assert columns["text"].to_pylist() == [None, None, "-1.0"]
    assert columns["whole"].to_pylist() == [None, 1, None]
    assert columns["float"].to_pylist()[:2] == [None, 0.5]
