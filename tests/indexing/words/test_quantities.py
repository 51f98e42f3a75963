"""Quantities in a text."""

import pytest

from indexing.words.normal_form import normal_forms
from indexing.words.quantities import quantities_alike, read_quantities
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


@pytest.mark.parametrize("text", ["usb кабель 1.5м", "1,5 m usb кабель", "150 cm кабель usb", "usb 1500mm кабель"])
def test_one_quantity_is_one_word_however_it_is_written(text):
    alike = [sorted(read.split()) for read in quantities_alike(normal_forms(["Кабель USB 1.5 м", text]), 3)]
    assert alike[0] == alike[1]
    assert alike[0][:2] == ["usb", "кабель"]
    assert len(alike[0][2]) == 3


def test_other_quantities_share_no_letter():
    words = quantities_alike(["1.5 m", "0.5 m", "1 m", "15 m", "1.5 l", "1.5 kg"], 3)
    letters = [letter for word in words for letter in word.strip()]
    assert len(letters) == len(set(letters)) == 18


def test_what_measures_nothing_stays_but_for_its_decimal_points():
    texts = ["galaxy s21 5g", "2 in 1, 5,1", "", "hdmi5m"]
    assert quantities_alike(texts, 2) == ["galaxy s21 5g", "2 in 1, 5.1", "", "hdmi5m"]
    assert quantities_alike(texts, 0) == texts
    assert quantities_alike([], 2) == []


def test_texts_are_read_each_for_itself():
    texts = ["cable 5", "m plug", "2 x", "8 gb"]
    assert quantities_alike(texts, 2)[:3] == texts[:3]
    odd = ["cable 5 m", "5 m\0cable"]
    assert quantities_alike(odd, 2) == [quantities_alike([text], 2)[0] for text in odd]
    assert quantities_alike(odd, 2)[1].split("\0")[0] == quantities_alike(["5 m"], 2)[0]
