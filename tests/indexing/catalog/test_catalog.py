"""A catalogue in memory."""

import numpy as np
import pyarrow as pa
import pytest

from indexing.catalog.catalog import Catalog, catalog_of
from indexing.errors import InputError, UnknownId

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
    assert texts == ["Kettle Bosch red M " + "x" * 500, "Anker", "Cable long", ""]


def test_the_fields_of_a_text_can_be_chosen(four):
    assert four.texts(["title"]) == ["Kettle", "", "Cable", ""]
    assert four.texts(["brand", "title"], 3) == ["Bos Ket", "Ank", "Cab", ""]


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
