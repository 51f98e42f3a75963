"""Words of a title."""

import pytest

from reranking.signals.texts.tokens import fold, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sony WH-1000XM4", ["sony", "wh", "1000xm4"]),
        ("Чёрный чехол", ["черный", "чехол"]),
        ("1,5 л и 1.5 л", ["1.5", "л", "и", "1.5", "л"]),
        ("950,000 images", ["950000", "images"]),
        ("0,500 кг", ["0.500", "кг"]),
        ("ＡＢＣ①", ["abc1"]),
        ("snake_case/slash", ["snake", "case", "slash"]),
        ("🎁 ♥", []),
        ("", []),
    ],
)
def test_a_text_is_folded_and_cut_into_words(text, expected):
    assert words(fold(text)) == expected
