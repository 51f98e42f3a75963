"""Product features: brand, colours, price, categories, pictures, source."""

import numpy as np
import pytest

from reranking.signals.families.products import ProductSignals


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ({"brand": "Sony"}, {"brand": "SONY "}, (0, 1, 1)),
        ({"brand": "Apple"}, {"brand": "Apple Computer"}, (0, 0, 1)),
        ({"brand": "Sony"}, {"brand": "Bosch"}, (0, 0, 0)),
        ({"brand": "Sony"}, {}, (1, None, None)),
        ({"brand": ""}, {}, (2, None, None)),
    ],
)
def test_brands_are_equal_or_not_or_missing(pair_features, left, right, expected):
    names = ("brand_missing", "brand_equal", "brand_words_shared")
    assert pair_features(ProductSignals, left, right).named(*names) == expected


def test_a_brand_is_found_in_the_title_of_the_other(pair_features):
    found = pair_features(ProductSignals, {"brand": "Sony", "title": "wh1000"}, {"title": "Sony wh1000"})
    assert found.named("brand_in_title_smaller", "brand_in_title_larger") == (1, 1)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ({"colors": ["чер"]}, {"colors": ["black"]}, (0, 1, 0, 1)),
        ({"colors": ["черный", "чер"]}, {"title": "чехол чёрный"}, (0, 1, 0, 1)),
        ({"colors": ["grey"]}, {"colors": ["серый"]}, (0, 1, 0, 1)),
        ({"colors": ["red"]}, {"colors": ["синий"]}, (0, 0, 1, 0)),
        ({"colors": ["red", "blue"]}, {"colors": ["red"]}, (0, 1, 0, 0.5)),
        ({"colors": ["red"]}, {"colors": []}, (1, None, None, None)),
        ({}, {"colors": [None]}, (2, None, None, None)),
        ({"attributes": {"Farbe": "rot/black"}}, {"title": "чехол чёрный"}, (0, 1, 0, 1)),
        ({"attributes": {"цв.": "чёрный"}}, {"colors": ["grey"]}, (0, 0, 1, 0)),
    ],
)
def test_colours_are_compared_across_languages(pair_features, left, right, expected):
    names = ("colors_missing", "colors_shared", "colors_conflicting", "colors_jaccard")
    assert pair_features(ProductSignals, left, right).named(*names) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (100, 80, (0, 0.8, 20, 80)),
        (80, 100, (0, 0.8, 20, 80)),
        (100, None, (1, None, None, None)),
        (100, 0, (1, None, None, None)),
        (None, None, (2, None, None, None)),
    ],
)
def test_prices_are_compared(pair_features, left, right, expected):
    found = pair_features(ProductSignals, {"price": left}, {"price": right})
    assert found.named("price_missing", "price_ratio", "price_difference", "price_smaller") == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (("EUR", 100, None), ("EUR", 80, None), (0, 0.8, 20, 80)),
        (("EUR", 100, None), (None, 80, None), (0, 0.8, 20, 80)),
        (("EUR", 100, None), ("USD", 100, None), (0, None, None, None)),
        (("EUR", 100, None), ("USD", None, None), (1, None, None, None)),
        ((None, 10, 20), (None, 15, None), (0, 1, 0, 15)),
        ((None, 10, 20), (None, 25, 40), (0, 0.8, 5, 20)),
        ((None, 10, 20), (None, 5, 8), (0, 0.8, 2, 8)),
    ],
)
def test_prices_of_two_currencies_are_not_compared_and_ranges_by_their_nearest_ends(
    pair_features, left, right, expected
):
    sides = [dict(zip(("currency", "price", "price_high"), side, strict=True)) for side in (left, right)]
    for one, other in (sides, sides[::-1]):
        found = pair_features(ProductSignals, one, other)
        assert found.named("price_missing", "price_ratio", "price_difference", "price_smaller") == expected


def test_a_price_that_no_float32_holds_stays_finite(pair_features):
    found = pair_features(ProductSignals, {"price": 1e39}, {"price": 1.0})
    (difference,) = found.named("price_difference")
    assert difference == pytest.approx(np.finfo(np.float32).max)


def test_categories_are_compared_at_each_level(pair_features):
    left = {"category_1": "electronics", "category_2": "phones", "category_3": "cases"}
    right = {"category_1": "electronics", "category_2": "audio", "category_4": "x"}
    names = [f"category_{level}_equal" for level in range(1, 5)]
    assert pair_features(ProductSignals, left, right).named(*names) == (1, 0, None, None)


def test_pictures_are_counted(pair_features):
    found = pair_features(ProductSignals, {"images": ["a", "b"]}, {})
    assert found.named("pictures_smaller", "pictures_larger") == (0, 2)


@pytest.mark.parametrize(("left", "right", "expected"), [("a", "a", 1), ("a", "b", 0), ("a", None, None)])
def test_the_source_is_compared_when_asked_for(pair_features, left, right, expected):
    found = pair_features(ProductSignals, {"source": left}, {"source": right}, same_source=True)
    assert found.named("same_source") == (expected,)


def test_the_source_is_no_feature_otherwise(pair_features):
    assert "same_source" not in pair_features(ProductSignals, {"source": "a"}, {"source": "a"})
