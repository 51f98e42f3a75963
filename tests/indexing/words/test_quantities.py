"""Quantities in a text."""

import pytest

from indexing.words.quantities import read_quantities
from indexing.words.tokens import fold


def found(text):
    return {f"{quantity.dimension} {quantity.value}" for quantity in read_quantities(fold(text)).found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("кабель 5 м", {"length 5"}),
        ("cable 500cm", {"length 5"}),
        ('монитор 27"', {"length 0.686"}),
        ("полка 50x70 см", {"length 0.5", "length 0.7"}),
        ("64ГБ", {"capacity 64"}),
        ("64 GB", {"capacity 64"}),
        ("1TB", {"capacity 1e+03"}),
        ("1024 gb", {"capacity 1e+03"}),
        ("8/256 ГБ", {"capacity 8", "capacity 256"}),
        ("2 x 8GB", {"pack 2", "capacity 8"}),
        ("0,5 кг", {"mass 500"}),
        ("500 г", {"mass 500"}),
        ("1.7 л", {"volume 1.7"}),
        ("2 кВт 220 В", {"power 2e+03", "voltage 220"}),
        ("5 Ач", {"charge 5e+03"}),
        ("5000mAh", {"charge 5e+03"}),
        ("2.4 ГГц", {"frequency 2.4e+09"}),
        ("30 мин", {"time 1.8e+03"}),
        ("12 MP", {"resolution 1.2e+07"}),
        ("1920x1080", {"resolution 1920x1080"}),
        ("батарейки 2 шт", {"pack 2"}),
        ("batteries x2", {"pack 2"}),
        ("2x batteries", {"pack 2"}),
        ("pack of 3", {"pack 3"}),
        ("набор из 4", {"pack 4"}),
        ("1 пара", {"pack 2"}),
        ("office 2007", {"year 2007"}),
    ],
)
def test_units_in_russian_and_english_become_values_of_a_dimension(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    "text", ["2 in 1", "2 в 1", "10x zoom", "5g phone", "5 а также 3", "iphone 12", "hdmi5m", "1.2.3 m", "", "🎁"]
)
def test_what_is_no_quantity_is_left_alone(text):
    assert found(text) == set()


def test_the_rest_is_the_text_without_quantities():
    read = read_quantities(fold("SSD 64GB X200, 2 x 5 см"))
    assert read.rest.split() == ["ssd", "x200,"]
    assert read.numbers == ("64", "2", "5")
