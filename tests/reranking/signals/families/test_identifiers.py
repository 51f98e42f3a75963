"""Features of barcodes and part numbers, of pairs whose answer is visible."""

import numpy as np
import pytest

from reranking.identifiers.identifiers import Identifiers
from reranking.signals.families.identifiers import IdentifierSignals

PEN, TEA = "04006381333931", "05901234123457"


@pytest.fixture
def features(catalog_of_offers):
    """The features of the first two offers by name, None for unknown."""

    def compute(*offers):
        row = IdentifierSignals.from_catalog(catalog_of_offers(*offers)).compute(np.array([0]), np.array([1]))[0]
        named = zip(IdentifierSignals.features, row.tolist(), strict=True)
        return {feature.name: None if np.isnan(value) else value for feature, value in named}

    return compute


@pytest.mark.parametrize(
    ("left", "right", "equal", "missing"),
    [
        ([PEN], [PEN, TEA], 1, 0),
        ([PEN], [TEA], 0, 0),
        ([PEN], None, None, 1),
        (None, None, None, 2),
    ],
)
def test_barcodes_are_equal_or_others_or_missing(features, left, right, equal, missing):
    found = features({"gtin": left}, {"gtin": right}, {"gtin": [PEN]})
    assert (found["gtin_equal"], found["gtin_missing"]) == (equal, missing)
    assert (found["mpn_equal"], found["mpn_missing"]) == (None, None)


@pytest.mark.parametrize(
    ("left", "right", "equal", "missing"),
    [
        (("Sony", "WH-1000"), ("SONY", "wh1000"), 1, 0),
        (("Sony", "WH-1000"), ("Sony", "WH-2000"), 0, 0),
        (("Sony", "WH-1000"), ("LG", "WH-1000"), None, 0),
        (("Sony", "WH-1000"), (None, "WH-1000"), None, 1),
    ],
)
def test_part_numbers_count_with_their_brand(features, left, right, equal, missing):
    found = features(*({"brand": brand, "mpn": [part]} for brand, part in (left, right)))
    assert (found["mpn_equal"], found["mpn_missing"]) == (equal, missing)


def test_without_any_codes_nothing_is_known(features):
    assert set(features("tea", "coffee").values()) == {None}


def test_rows_of_products_and_offers_are_seen_as_in_the_whole_catalogue(catalog_of_offers):
    whole = Identifiers.of(catalog_of_offers({"gtin": [PEN]}, {"gtin": [TEA]}, {"mpn": ["AB-12"], "brand": "a"}))
    some = catalog_of_offers({"gtin": [TEA]}, {"gtin": [TEA, PEN]})
    signals = IdentifierSignals.of_rows(some, np.array([1, 0, 0]), whole)
    found = signals.compute(np.array([0, 1]), np.array([1, 2]))
    np.testing.assert_array_equal(found, [[1, 0, np.nan, 2], [1, 0, np.nan, 2]])
