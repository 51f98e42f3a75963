"""Parts of the pairs beyond category."""

import numpy as np
import pytest

from eval.findings.slices import measure_slices
from eval.inputs.context import Context
from eval.inputs.joining import join_scores, read_truth
from eval.inputs.scores import read_scores


@pytest.fixture
def slices(write_table, catalog_of):
    """The slices of three pairs of six products, the first a match scored highest, by (by, name)."""

    def measure(**columns):
        ids = {"left_id": [1, 3, 5], "right_id": [2, 4, 6]}
        scores = read_scores(write_table("s.parquet", {**ids, "score": [0.9, 0.5, 0.1]}))
        pairs = join_scores(scores, read_truth(write_table("t.parquet", {**ids, "target": [1.0, 0.0, 1.0]})))
        context = Context(catalog=catalog_of([1, 2, 3, 4, 5, 6], **columns))
        called = np.array([True, True, False])
        found = measure_slices(pairs, np.zeros(3, dtype=np.int64), called, context, level=0.75)
        return {(part.by, part.name): part for part in found}

    return measure


def test_sources_that_are_the_same_differ_or_are_unknown(slices):
    found = slices(source=["x", "x", "x", "y", None, "y"])
    assert {name: part.pairs for (by, name), part in found.items() if by == "source"} == {
        "same source": 1,
        "different sources": 1,
        "a source is unknown": 1,
    }


def test_pictures(slices):
    found = slices(images=[["a"], ["b"], ["c"], None, None, None])
    names = [name for by, name in found if by == "picture"]
    assert set(names) == {"both have a picture", "one has a picture", "neither has a picture"}


def test_scripts_of_titles(slices):
    found = slices(title=["Phone", "phone 2", "Телефон", "телефон", "Phone", "Телефон X"])
    names = {name for by, name in found if by == "title language"}
    assert names == {"both Latin", "both Cyrillic", "mixed or different scripts"}


def test_prices_fall_into_thirds_and_the_unknown(slices):
    found = slices(price=[1.0, 1, 10, 10, None, 5])
    assert {part.pairs for (by, _), part in found.items() if by == "price"} == {1}
    assert ("price", "a price is unknown") in found


def test_prices_of_several_currencies_have_no_thirds(slices):
    found = slices(price=[1.0, 1, 10, 10, 5, 5], currency=["EUR", "EUR", "EUR", "USD", "USD", None])
    assert {name for by, name in found if by == "price"} == {
        "both in EUR",
        "different currencies",
        "a currency is unknown",
    }


def test_short_and_duplicate_titles(slices):
    long = "a title of more than twenty-five characters"
    found = slices(title=["TV", " tv ", long, long + " x", "radio", long])
    assert found["titles", "exact-duplicate titles"].pairs == 1
    assert found["title length", "shorter title under 25 characters"].pairs == 2


def test_a_part_that_is_all_pairs_is_left_out(slices):
    assert not slices(source=["x"] * 6, title=["same"] * 6)


def test_the_worst_come_first_with_the_decisions_values(slices):
    found = slices(source=["x", "x", "x", "y", "x", "y"])
    assert [name for _, name in found] == ["different sources", "same source"]
    worst = found["source", "different sources"]
    assert (worst.pairs, worst.positives, worst.precision, worst.recall) == (2, 1, 0.0, 0.0)
    assert (found["source", "same source"].weighted, found["source", "same source"].recall) == (1.0, 1.0)


def test_without_a_catalogue_there_are_none(write_table):
    ids = {"left_id": [1], "right_id": [2]}
    scores = read_scores(write_table("s.parquet", {**ids, "score": [0.9]}))
    pairs = join_scores(scores, read_truth(write_table("t.parquet", {**ids, "target": [1.0]})))
    assert measure_slices(pairs, np.zeros(1, dtype=np.int64), np.ones(1, dtype=bool), Context(), level=0.75) == ()
