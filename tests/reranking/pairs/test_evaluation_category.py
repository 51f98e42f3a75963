"""The evaluation category of a pair: a level-3 category with more training pairs than the limit, or `rest`."""

import numpy as np
import pyarrow as pa
import pytest

from reranking.pairs.evaluation_category import (
    LEAST_PAIRS,
    REST,
    CategoryMapping,
    SideCategories,
    codes_of,
    evaluated_names,
    side_categories,
    side_codes,
)


def names(*counted):
    """Level-3 names: (name, how often) one after the other."""
    return pa.array([name for name, count in counted for _ in range(count)], pa.large_string())


def test_a_category_is_kept_when_it_has_more_pairs_than_the_limit_and_not_when_it_has_as_many():
    learned = CategoryMapping.learn(names(("phones", 4), ("cables", 3), ("tvs", 2)), limit=3)
    assert learned.kept == ("phones",)


def test_the_limit_is_a_thousand_pairs_unless_asked():
    assert LEAST_PAIRS == 1000
    assert CategoryMapping.learn(names(("phones", 1001), ("cables", 1000))).kept == ("phones",)


def test_pairs_without_a_category_are_never_kept_however_many():
    assert CategoryMapping.learn(names((None, 9), ("tvs", 2)), limit=1).kept == ("tvs",)


def test_kept_categories_do_not_depend_on_the_order_of_the_pairs():
    one = CategoryMapping.learn(names(("b", 2), ("a", 2)), limit=1)
    assert one == CategoryMapping.learn(names(("a", 2), ("b", 2)), limit=1)
    assert one.kept == ("a", "b")


@pytest.mark.parametrize(
    ("category", "expected"), [("phones", "phones"), ("cables", REST), ("never seen", REST), (None, REST), ("", REST)]
)
def test_what_is_not_kept_is_rest(category, expected):
    mapping = CategoryMapping(("phones",))
    assert mapping.of(pa.array([category], pa.large_string())).to_pylist() == [expected]


def test_with_nothing_kept_everything_is_rest():
    assert CategoryMapping(()).of(names(("a", 1), (None, 1))).to_pylist() == [REST, REST]


def test_it_is_level_3_that_counts(catalog_of_offers):
    catalog = catalog_of_offers({"category_2": "Audio", "category_3": "Headphones", "category_4": "Wired"}, {})
    assert evaluated_names(catalog, np.array([1, 0, 0])).to_pylist() == [None, "Headphones", "Headphones"]


def sides(left, right):
    return SideCategories(*(pa.array(names, pa.large_string()) for names in (left, right)))


def test_pairs_are_apart_whose_products_are_in_two_categories():
    assert sides(["a", "b", REST], ["a", "a", "b"]).apart().tolist() == [1, 2]


def test_a_category_that_a_file_names_is_that_of_both_products(catalog_of_offers):
    catalog = catalog_of_offers(*({"category_3": name} for name in ("a", "b", "c")))
    mapping, named = CategoryMapping(("a", "b")), pa.array(["mine", None], pa.large_string())
    left, right = np.array([0, 1]), np.array([1, 2])
    assert side_categories(catalog, left, right, mapping) == sides(["a", "b"], ["b", REST])
    assert side_categories(catalog, left, right, mapping, named) == sides(["mine", "b"], ["mine", REST])


def test_codes_of_both_sides_are_places_among_the_names_of_the_left():
    codes, distinct = side_codes(sides(["b", "a", "a"], ["a", "c", "a"]))
    assert distinct == ["a", "b"]
    assert (codes.left.tolist(), codes.right.tolist()) == ([1, 0, 0], [0, -1, 0])
    assert codes.named(distinct) == sides(["b", "a", "a"], ["a", REST, "a"])
    first, others = codes.split(1)
    assert first.named(distinct).followed_by(others.named(distinct)) == codes.named(distinct)


def test_codes_follow_the_alphabet():
    codes, distinct = codes_of(names(("tvs", 1), ("cables", 2), ("rest", 1)))
    assert distinct == ["cables", "rest", "tvs"]
    assert codes.tolist() == [2, 0, 0, 1]
