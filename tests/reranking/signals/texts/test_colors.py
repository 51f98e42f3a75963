"""Colours by name."""

import pytest

from indexing.words.tokens import fold, words
from reranking.signals.texts.colors import COLORS, colors_in, colors_named


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
