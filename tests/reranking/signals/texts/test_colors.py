"""Colours by name."""

import pytest

from indexing.words.tokens import fold, words
from reranking.signals.texts.colors import COLORS, colors_in, colors_named, colors_stated


def names(bits):
    return {name for i, name in enumerate(COLORS) if bits >> i & 1}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["черный", "чер"], {"black"}),
        (["Black"], {"black"}),
        (["grey", "серый"], {"grey"}),
        (["Тёмно-синий"], {"blue"}),
        (["зел"], {"green"}),
        (["сереб"], {"silver"}),
        (["be"], set()),  # too short to tell beige
        (["unknown", ""], set()),
        (["red/black"], {"red", "black"}),
    ],
)
def test_a_colour_field_is_read_with_synonyms_and_cuts(fields, expected):
    assert names(colors_named(fields)) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Чехол чёрная кожа", {"black"}),
        ("phone white 64gb", {"white"}),
        ("серия чер", set()),  # whole words only
        ("", set()),
    ],
)
def test_a_title_names_colours_by_whole_words(title, expected):
    assert names(colors_in(words(fold(title)))) == expected


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("Цвет товара", "чёрный", {"black"}),
        ("цв.", "тёмно-синий", {"blue"}),
        ("Основной цвет", "чер", {"black"}),  # cut short as in a colour field
        ("Color", "red/black", {"red", "black"}),
        ("Farbe", "schwarz", {"black"}),
        ("Цветность печати", "чёрный", set()),  # the key's words are no word for colour
        ("Material", "steel", set()),
        (None, "red", set()),
        ("Colour", None, set()),
    ],
)
def test_an_attribute_of_colour_states_colours(key, value, expected):
    assert names(colors_stated([{"key": key, "value": value}])) == expected


def test_colours_of_several_attributes_are_taken_together():
    assert names(colors_stated([{"key": "Color", "value": "red"}, {"key": "цвет", "value": "синий"}])) == {
        "red",
        "blue",
    }
    assert colors_stated([]) == 0
