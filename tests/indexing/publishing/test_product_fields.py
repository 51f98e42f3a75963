"""A filter is said to a server in conditions that let through whom it allows, and as few others as can be said."""

import numpy as np
import pyarrow as pa
import pytest

from indexing.publishing import product_fields
from indexing.publishing.product_fields import Condition, ProductFields

SOURCES = ["a", "b", None]


@pytest.fixture
def fields(monkeypatch):
    """120 products of three sources, in 2 categories of the first level and 10 of the second."""
    monkeypatch.setattr(product_fields, "FEW_KEYS", 3)
    columns = {
        "source": pa.chunked_array([[SOURCES[number % 3] for number in range(120)]]),
        "category_1": pa.chunked_array([[f"c{number // 60}" for number in range(120)]]),
        "category_2": pa.chunked_array([[f"d{number // 12}" for number in range(120)]]),
    }
    return ProductFields(np.arange(120) + 1000, pa.chunked_array([range(120)]), columns)


def allowed(*numbers):
    mask = np.zeros(120, dtype=bool)
    mask[list(numbers)] = True
    return mask


def test_sources_and_categories_are_named(fields):
    assert fields.condition(np.ones(120, dtype=bool)) == Condition("", 120)
    assert fields.condition(allowed(*range(60))) == Condition('category_1 in ["c0"]', 60)
    assert fields.condition(allowed(*range(0, 60, 3))) == Condition('source in ["a"] and category_1 in ["c0"]', 20)


def test_few_are_named_one_by_one(fields):
    assert fields.condition(allowed(7, 50)) == Condition("key in [1007, 1050]", 2)


def test_any_others_are_among_those_of_their_sources_and_categories(fields):
    found = fields.condition(allowed(1, 4, 7, 13, 16))
    assert found == Condition('source in ["b"] and category_2 in ["d0", "d1"]', 8)


def test_a_text_that_cannot_be_said_is_left_out_of_the_condition(fields):
    odd = ["a\0" if number % 3 == 0 else "b" for number in range(120)]
    columns = {**fields.columns, "source": pa.chunked_array([odd])}
    found = ProductFields(fields.keys, fields.ids, columns).condition(allowed(0, 3, 6, 9))
    assert found == Condition('category_2 in ["d0"]', 12)


def test_nobody_is_met_by_few_keys(fields):
    assert fields.condition(allowed()).products == 0
