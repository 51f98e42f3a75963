"""Attribute features of products whose attributes can be compared by hand."""

import pytest

from reranking.signals.families.attributes import AttributeSignals

NAMES = ("attributes_shared", "attributes_equal", "attributes_conflicting", "attributes_equal_share")


@pytest.fixture(scope="session")
def compare(pair_features):
    """The features of two products with these attributes."""

    def of_attributes(*products):
        return pair_features(AttributeSignals, *({"attributes": attributes} for attributes in products))

    return of_attributes


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ({"colour": "red"}, {"Colour ": "Red"}, (1, 1, 0, 1)),
        ({"colour": "red"}, {"colour": "blue"}, (1, 0, 1, 0)),
        ({"memory": "64 ГБ"}, {"memory": "64GB"}, (1, 1, 0, 1)),
        ({"weight": "1,50"}, {"weight": "1.5"}, (1, 1, 0, 1)),
        ({"length": "5 м"}, {"length": "1.5 м"}, (1, 0, 1, 0)),
        ({"colour": ["red", "blue"]}, {"colour": ["blue", "green"]}, (1, 1, 0, 1)),
        ({"colour": ["red", "blue"]}, {"colour": ["red", "blue"]}, (1, 1, 0, 1)),
        ({"colour": "red", "size": "L"}, {"colour": "red", "size": "M"}, (2, 1, 1, 0.5)),
        ({"colour": "red"}, {"shade": "red"}, (0, 0, 0, None)),
        ({"colour": "red"}, {}, (None, None, None, None)),
        ({"colour": "red"}, None, (None, None, None, None)),
        ({"colour": " "}, {"colour": "red"}, (None, None, None, None)),
        ({"colour": "N/A"}, {"colour": "red"}, (None, None, None, None)),
        ({"colour": "Нет данных", "size": "L"}, {"colour": "нет  данных", "size": "L"}, (1, 1, 0, 1)),
        ({"colour": "k. A."}, {"colour": "красный"}, (None, None, None, None)),
        ({"colour": "none"}, {"colour": "red"}, (1, 0, 1, 0)),
        ({"weight": "10–20 kg"}, {"weight": "от 10 до 20 кг"}, (1, 1, 0, 1)),
        ({"weight": "10–20 kg"}, {"weight": "15000 g"}, (1, 1, 0, 1)),
        ({"weight": "10-20 kg"}, {"weight": "20–30 kg"}, (1, 1, 0, 1)),
        ({"weight": "10-20 kg"}, {"weight": "25 kg"}, (1, 0, 1, 0)),
        ({"weight": "10-20 kg"}, {"weight": "15 m"}, (1, 0, 1, 0)),
        ({"weight": "10-20 kg"}, {"weight": "15"}, (1, 0, 1, 0)),
        ({"weight": "10-20 kg"}, {"depth": "15 kg"}, (0, 0, 0, None)),
        ({"reach": "up to 30 m"}, {"reach": ["50 m", "10 m"]}, (1, 1, 0, 1)),
        ({"age": "3-6 years", "size": "42/44"}, {"age": "4 года", "size": "46"}, (2, 1, 1, 0.5)),
        ({"weight": "10 kg"}, {"weight": "10,0001 kg"}, (1, 1, 0, 1)),
        ({"weight": "10 kg"}, {"weight": "11 kg"}, (1, 0, 1, 0)),
    ],
)
def test_keys_and_values_are_compared(compare, left, right, expected):
    assert compare(left, right).named(*NAMES) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [(None, {}, (2, 0, 0)), ({"a": "1"}, None, (1, 0, 1)), ({"a": "1"}, {"a": "1", "b": "2"}, (0, 1, 2))],
)
def test_missing_attributes_are_counted(compare, left, right, expected):
    assert compare(left, right).named("attributes_missing", "attributes_smaller", "attributes_larger") == expected


def test_a_rarer_equal_value_tells_more(compare):
    common = compare({"a": "x", "b": "y"}, {"a": "x", "b": "z"}, {"a": "x"}, {"a": "x"})
    rare = compare({"a": "x", "b": "y"}, {"a": "w", "b": "y"}, {"a": "x"}, {"a": "x"})
    assert rare["attributes_rarest_equal"] > common["attributes_rarest_equal"]
    assert common["attributes_conflicting_rarity"] > rare["attributes_conflicting_rarity"]  # key b is rarer than a


def test_equal_attributes_have_a_cosine_of_one(compare):
    assert compare({"a": "x", "b": "y"}, {"b": "y", "a": "x"})["attributes_values_cosine"] == pytest.approx(1)
