"""Labels against identifiers: made from them, or contradicted by them."""

import numpy as np
import pytest

from reranking.identifiers.identifiers import Identifiers
from reranking.identifiers.label_evidence import contradicted_matches, sharing_labels

PEN, TEA = "04006381333931", "05901234123457"


@pytest.fixture
def shops(catalog_of_offers):
    """Forty products, of which each two neighbours have one barcode."""
    codes = [f"{place // 2:014d}" for place in range(40)]
    return Identifiers.of(catalog_of_offers(*({"gtin": [code]} for code in codes)))


def labels(identifiers, matches, others):
    pairs = np.array([*matches, *others], dtype=np.int64)
    targets = np.array([1.0] * len(matches) + [0.0] * len(others))
    return sharing_labels(identifiers, pairs[:, 0], pairs[:, 1], targets)


def test_labels_that_repeat_the_identifiers_were_made_from_them(shops):
    doubles, others = [(place, place + 1) for place in range(0, 40, 2)], [(place, place + 2) for place in range(38)]
    found = labels(shops, doubles, others)
    assert (found.matches, found.of_matches, found.of_others) == (20, 1.0, 0.0)
    assert found.made_from_identifiers
    assert not labels(shops, doubles[1:], others).made_from_identifiers  # too few to say
    assert not labels(shops, [*doubles, (0, 3), (0, 5)], others).made_from_identifiers  # matches without one
    assert not labels(shops, doubles, [*others[:10], *doubles[:1]]).made_from_identifiers  # others with one
    assert labels(shops, doubles, []).made_from_identifiers
    assert labels(shops, doubles, []).of_others is None
    assert not labels(shops, [], others).made_from_identifiers


def test_matches_with_other_barcodes_are_contradicted(catalog_of_offers):
    identifiers = Identifiers.of(
        catalog_of_offers(
            {"gtin": [PEN], "mpn": ["AB12"], "brand": "a"},
            {"gtin": [TEA]},
            {"gtin": [TEA], "mpn": ["AB12"], "brand": "A"},
            {},
        )
    )
    left, right = np.array([0, 0, 0, 0, 1]), np.array([1, 2, 3, 1, 2])
    targets = np.array([1.0, 1.0, 1.0, 0.0, 1.0])
    assert contradicted_matches(identifiers, left, right, targets).tolist() == [True, False, False, False, False]
