"""A catalogue in memory."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from indexing.catalog.catalog import Catalog, catalog_of
from indexing.catalog.text_template import template_of
from indexing.errors import InputError, UnknownId
from indexing.words.reading import EARLIER, TODAYS, Reading

ATTRIBUTES = [[{"key": "colour", "value": "red"}, {"key": "size", "value": "M"}], None, [], None]


@pytest.fixture
def four(catalog_of):
    return catalog_of(
        id=["d", "c", "b", "a"],
        title=["Kettle", None, "Cable", None],
        brand=["Bosch", "Anker", None, None],
        attributes=ATTRIBUTES,
        description=["x" * 600, None, "long", None],
        images=[["1.png", "2.png"], None, [], ["3.png"]],
        category_3=["kettles", None, "cables", None],
        category_1=["home", None, None, None],
        price=[1.0, None, 2.5, None],
    )


def test_a_text_joins_the_fields_and_caps_long_ones(four):
    texts = [" ".join(text.split()) for text in four.texts()]
    assert texts == ["kettle bosch red m " + "x" * 500, "anker", "cable long", ""]


@pytest.mark.parametrize(
    ("reading", "read"),
    [
        (TODAYS, f"{'t' * 600} {'a' * 600} {'d' * 500}"),
        (EARLIER, f"{'T' * 500} {'A' * 500} {'D' * 500}"),
        (Reading(field_chars=3, description_chars=None), f"ttt aaa {'d' * 600}"),
    ],
)
def test_a_reading_says_the_form_and_how_much_of_a_field_is_read(catalog_of, reading, read):
    attributes = [[{"key": "k", "value": "A" * 600}]]
    catalog = catalog_of(id=[1], title=["T" * 600], description=["D" * 600], attributes=attributes)
    assert replace(catalog, reading=reading).texts() == [read]
    assert template_of(("title", "attributes", "description")).texts(replace(catalog, reading=reading)) == [read]


def test_the_fields_of_a_text_can_be_chosen(four):
    assert four.texts(["title"]) == ["kettle", "", "cable", ""]
    assert four.texts(["brand", "title"], 3) == ["bos ket", "ank", "cab", ""]


@pytest.mark.parametrize("fields", [["titel"], []])
def test_an_unknown_text_field_is_refused(four, fields):
    with pytest.raises(InputError, match="choose from title, brand, attributes, description"):
        four.texts(fields)


def test_main_pictures_are_the_first_ones(four):
    assert four.main_pictures() == ["1.png", None, None, "3.png"]


def test_categories_have_levels(four):
    assert four.category().to_pylist() == ["kettles", None, "cables", None]
    assert four.category(1).to_pylist() == ["home", None, None, None]


def test_a_missing_price_is_nan(four):
    assert four.prices().tolist() == pytest.approx([1.0, np.nan, 2.5, np.nan], nan_ok=True)


@pytest.mark.parametrize("part", [lambda c: c.slice(1, 4), lambda c: c.take(np.array([1, 2, 3]))])
def test_a_part_answers_as_the_whole_does(four, part):
    some = part(four)
    assert len(some) == 3
    assert some.texts() == four.texts()[1:]
    assert some.main_pictures() == four.main_pictures()[1:]
    assert some.ids.to_pylist() == ["c", "b", "a"]
    assert some.positions(pa.array(["a", "c"])).tolist() == [2, 0]


def test_an_id_that_is_not_there_is_unknown(four):
    with pytest.raises(UnknownId, match="'z'"):
        four.positions(pa.array(["a", "z"]))


def test_a_table_without_a_field_is_no_catalogue():
    with pytest.raises(InputError, match="no column 'title'"):
        Catalog(pa.table({"id": [1]}))


def test_a_query_is_a_catalogue_of_one_product(tmp_path):
    query = catalog_of(title="red kettle", images=["a.png"], pictures=tmp_path)
    assert len(query) == 1
    assert query.texts() == ["red kettle"]
    assert query.main_pictures() == ["a.png"]
    assert catalog_of(title=None).texts() == [""]
