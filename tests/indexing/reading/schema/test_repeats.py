"""Columns that stand in a file several times belong to the field that names them."""

import pytest

from indexing.files.blocks import Naming
from indexing.reading.inputs import open_inputs
from indexing.reading.schema.known import known_schema
from indexing.reading.schema.repeats import with_repeats
from indexing.reading.schema.yaml_form import input_from


@pytest.mark.parametrize(
    ("field", "said", "expected"),
    [
        ("image", "a", {"all": ["a", "a_2"]}),
        ("image", {"all": ["b", "a"]}, {"all": ["b", "a", "a_2"]}),
        ("category", "a", {"all": ["a", "a_2"]}),
        ("title", "a", ["a", "a_2"]),
        ("price", ["b", "a"], ["b", "a", "a_2"]),
        ("title", "{a} {b}", "{a} {b}"),
        ("image", "b", "b"),
        ("image", {"all": ["a", "a_2"]}, {"all": ["a", "a_2"]}),
    ],
)
def test_a_repeat_is_the_fields_that_names_the_column(field, said, expected):
    schema = input_from({field: said}, "test", known_schema, "test")
    made = with_repeats(schema, ("a", "b", "a_2"), (Naming("a_2", 3, "a"), Naming("column_4", 4, "")))
    assert made.expression(field).form() == expected


def test_a_repeat_that_the_schema_names_for_another_field_stays_there():
    schema = input_from({"title": "a", "brand": "a_2"}, "test", known_schema, "test")
    assert with_repeats(schema, ("a", "a_2"), (Naming("a_2", 2, "a"),)) == schema


def test_all_pictures_of_repeated_columns_are_read(read, write):
    found = read((write("p.csv", "id,title,image,image,size,size\n1,Mug,a.jpg,b.jpg,S,M\n2,Cup,,c.jpg,,\n"),))
    assert found.catalog.table["images"].to_pylist() == [["a.jpg", "b.jpg"], ["c.jpg"]]
    assert [entry["key"] for entry in found.catalog.table["attributes"][0].as_py()] == ["size", "size_2"]
    (note,) = [note for note in found.notes if "again" in note]
    assert note.endswith("p.csv: the column 'size' stands there again: it is read as 'size_2'")


def test_an_index_keeps_what_the_repeats_mean(write):
    inputs = open_inputs([write("p.csv", "id,title,image,image\n1,Mug,a.jpg,b.jpg\n")], "auto")
    later = open_inputs([write("q.csv", "id,title,image\n2,Cup,c.jpg\n")], "auto", inputs.schema.inputs)
    assert later.files[0].schema == inputs.files[0].schema
