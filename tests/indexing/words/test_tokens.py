"""Words of a title."""

import pytest

from indexing.words.tokens import fold, folds, runs, words


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
        ("İSTANBUL çay", ["istanbul", "çay"]),
        ("हिन्दी फ़ोन", ["हिन्दी", "फ़ोन"]),
        ("كِتَابٌ عَرَبِيّ", ["كِتَابٌ", "عَرَبِيّ"]),
        ("blue\N{SOFT HYPHEN}tooth", ["bluetooth"]),
        ("삼성 갤럭시 S21", ["삼성", "갤럭시", "s21"]),
        ("小米手机64GB版", ["小米", "米手", "手机", "64gb", "版"]),
        ("ケース", ["ケー", "ース"]),
        ("ทีวี 55 นิ้ว", ["ทีวี", "55", "นิ้ว"]),
        ("מחשב נייד", ["מחשב", "נייד"]),
        ("", []),
    ],
)
def test_a_text_is_folded_and_cut_into_words(text, expected):
    assert words(fold(text)) == expected


def test_runs_are_not_cut_into_bigrams():
    assert runs(fold("小米手机64GB版 AB-1")) == ["小米手机", "64gb", "版", "ab", "1"]


def test_many_texts_are_folded_as_each_of_them():
    texts = ["1,5 л", "ЁЛКА", "", "a\x1fb", "Plain"]
    assert folds(texts) == [fold(text) for text in texts]
    assert folds(texts[:2]) == [fold(text) for text in texts[:2]]
