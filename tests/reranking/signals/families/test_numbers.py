"""Number features: numbers, codes and quantities of small pairs."""

import pytest

from reranking.signals.families.numbers import NumberSignals


@pytest.mark.parametrize(
    ("left", "right", "dimension", "expected"),
    [
        ("cable 5 m", "кабель 500 см", "length", 1),
        ("cable 5 m", "cable 1.5 m", "length", -1),
        ("cable 5 m", "cable", "length", None),
        ("phone 64GB", "телефон 64 ГБ", "capacity", 1),
        ("phone 8GB 64GB", "phone 8GB 128GB", "capacity", 0),
        ("phone 64GB", "phone 128GB", "capacity", -1),
        ("phone 64GB", "cable 5 m", "capacity", None),
        ("batteries 2 шт", "batteries pack of 2", "pack", 1),
        ("batteries x2", "batteries x4", "pack", -1),
        ("office 2007", "office 2003", "year", -1),
    ],
)
def test_quantities_agree_or_conflict(pair_features, left, right, dimension, expected):
    assert pair_features(NumberSignals, left, right).named(f"{dimension}_agreement") == (expected,)


def test_dimensions_are_counted(pair_features):
    found = pair_features(NumberSignals, "ssd 64GB 5 m 2 шт", "ssd 64 ГБ 3 m")
    assert found.named("dimensions_shared", "dimensions_equal", "dimensions_conflicting") == (2, 1, 1)
    assert found.named("quantities_missing_smaller", "quantities_missing_larger") == (1, 2)


@pytest.mark.parametrize(
    ("left", "right", "shared", "missing"),
    [
        ("drill AB-123/C", "drill ab123c", (1, 1), (0, 0)),
        ("drill AB 123 C", "drill ab123c", (0, 1), (0, 0)),
        ("дрель АВ-123/С", "drill ab123c", (1, 1), (0, 0)),  # in Cyrillic letters that look the same
        ("Самсунг Галакси С21", "Samsung Galaxy S21", (0, 1), (0, 1)),
        ("drill ab123c", "drill ab124c", (0, 0), (1, 1)),
        ("drill ab123c", "drill", (0, 0), (0, 1)),
        ("drill", "saw", (0, 0), (0, 0)),
    ],
)
def test_codes_are_shared_or_missing(pair_features, left, right, shared, missing):
    found = pair_features(NumberSignals, left, right)
    assert found.named("codes_shared_smaller", "codes_shared_larger") == shared
    assert found.named("codes_missing_smaller", "codes_missing_larger") == missing


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("drill ab123", "drill AB-123", (1, 5, 1)),
        ("drill ab123", "drill ab123gb", (0.5, 5, 0.8333)),
        ("drill ab123", "drill xy777", (0, 0, 0)),
        ("drill ab123", "drill", (None, None, None)),
    ],
)
def test_the_rarest_codes_are_compared_by_their_letters(pair_features, left, right, expected):
    found = pair_features(NumberSignals, left, right)
    assert found.named("main_code_equal", "main_code_prefix", "main_code_ratio") == expected


def test_the_main_code_is_the_rarest_of_a_title(pair_features):
    found = pair_features(NumberSignals, "usb3 drive qx7710", "usb3 drive qx7711", "usb3 cable", "usb3 hub")
    assert found.named("main_code_prefix", "longest_shared_code") == (5, 4)


def test_a_code_is_found_in_the_description_of_the_other(pair_features):
    found = pair_features(NumberSignals, "drill ab123", {"title": "drill", "description": "model AB-123"})
    assert found.named("codes_in_text_smaller", "codes_in_text_larger") == (1, 1)


def test_numbers_are_counted(pair_features):
    found = pair_features(NumberSignals, "ram 2.0 64gb 7", "ram 2 64 gb 9")
    names = ("numbers_smaller", "numbers_larger", "numbers_shared", "numbers_jaccard")
    assert found.named(*names) == (3, 3, 2, 0.5)
    assert found.named("numbers_missing_smaller", "numbers_missing_larger") == (1, 1)


def test_titles_without_numbers_leave_shares_unknown(pair_features):
    found = pair_features(NumberSignals, "phone", None)
    assert found.named("numbers_jaccard", "codes_rarity_larger", "rarest_shared_code") == (None,) * 3
    assert found.named("numbers_larger", "rarest_missing_code_larger", "longest_shared_code") == (0, 0, 0)
