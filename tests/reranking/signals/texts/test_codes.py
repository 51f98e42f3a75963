"""Numbers and model codes in a text."""

import pytest

from indexing.words.quantities import read_quantities
from indexing.words.tokens import fold
from reranking.signals.texts.codes import read_codes, read_numbers, written_codes


def codes(text):
    folded = fold(text)
    return read_codes(folded, read_quantities(folded).rest)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Drill AB-123/C", {"ab123c"}),
        ("drill ab123c", {"ab123c"}),
        ("MRW62E/S1", {"mrw62es1", "mrw62e", "s1"}),
        ("ssd 64gb 500 cm", set()),
        ("24.99", set()),
        ("plain words 2 3", set()),
        ("x" * 30 + "1" * 30, set()),
    ],
)
def test_codes_mix_letters_and_digits_and_lose_separators(text, expected):
    assert codes(text).own == expected


@pytest.mark.parametrize("text", ["ab123c", "AB-123/C", "ab 123 c", "AB 123C", "new ab-123 c, black"])
def test_a_code_is_read_however_it_is_separated(text):
    assert "ab123c" in codes(text).readings


@pytest.mark.parametrize(
    ("text", "own", "readings"),
    [
        ("дрель АВ-123", {"ab123"}, {"ab123", "av123", "ав123"}),
        ("галакси С21", {"c21"}, {"c21", "s21", "с21"}),
        ("модель Щ5", {"shch5"}, {"shch5", "щ5"}),
        ("हिन्दी फ़ोन", set(), set()),
    ],
)
def test_letters_of_other_scripts_in_codes_are_read_as_they_look_and_sound(text, own, readings):
    assert codes(text).own == own
    assert readings <= codes(text).readings
    assert written_codes(fold(text)) == own


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.0 and 2", {"2"}),
        ("007", {"7"}),
        ("0.50", {"0.5"}),
        ("64gb 1000", {"64", "1000"}),
        ("ab12", set()),
        ("0", {"0"}),
    ],
)
def test_numbers_are_equal_when_their_values_are(text, expected):
    read = read_quantities(fold(text))
    assert read_numbers(read.rest, read.numbers) == expected
