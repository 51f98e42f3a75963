"""Pairs that may be one product whatever labels say: a shared barcode, or the same words in the title."""

import numpy as np
import pytest

from reranking.training.mining.look_alikes import are_look_alikes, incidence, is_barcode, share_marks


@pytest.mark.parametrize("digits", ["4006381333931", "036000291452", "96385074", "00012345600012", "9780306406157"])
def test_a_gtin_with_its_check_digit_is_a_barcode(digits):
    assert is_barcode(digits)


@pytest.mark.parametrize(
    "digits", ["4006381333932", "400638133393", "12345", "0000000000000", "9638507", "400638133393100"]
)
def test_other_digits_are_none(digits):
    assert not is_barcode(digits)


def alike(catalog_of_offers, left, right):
    catalog = catalog_of_offers(left, right)
    return bool(are_look_alikes(catalog, np.array([0]), np.array([1]))[0])


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Kettle  KX-7, steel", "kettle kx 7 STEEL", True),
        ("kettle steel kx 7", "kettle kx 7 steel", False),
        ("", "", False),
        (None, None, False),
        ("pen 4006381333931", {"title": "stabilo", "attributes": {"ean": "4006381333931"}}, True),
        (
            {"title": "a", "attributes": {"upc": "036000291452"}},
            {"title": "b", "attributes": {"gtin": "0036000291452"}},
            True,
        ),
        ({"title": "a", "attributes": {"isbn": "978-0-306-40615-7"}}, {"title": "b 9780306406157"}, True),
        (
            {"title": "a", "attributes": {"ean": "4006381333932"}},
            {"title": "b", "attributes": {"ean": "4006381333932"}},
            False,
        ),
        (
            {"title": "a", "attributes": {"ean": "4006381333931"}},
            {"title": "b", "attributes": {"ean": "96385074"}},
            False,
        ),
    ],
)
def test_look_alikes_share_a_title_or_a_valid_barcode(catalog_of_offers, left, right, expected):
    assert alike(catalog_of_offers, left, right) is expected
    assert alike(catalog_of_offers, right, left) is expected


def test_no_pairs_have_no_look_alikes(catalog_of_offers):
    none = np.zeros(0, dtype=np.int64)
    assert are_look_alikes(catalog_of_offers("a"), none, none).tolist() == []


def test_marks_are_shared_by_any_of_them():
    marks = incidence([[7, 9], [9], [], [8]])
    left, right = np.array([0, 0, 2, 0]), np.array([1, 3, 2, 0])
    assert share_marks(marks, left, right).tolist() == [True, False, False, True]
