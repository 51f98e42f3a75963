"""The normal form of texts."""

import sys
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.words.normal_form import normal_column, normal_form, normal_forms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("İSTANBUL Isparta ısparta", "istanbul isparta isparta"),
        ("Straße STRASSE", "strasse strasse"),
        ("ΟΔΟΣ οδός", "οδοσ οδόσ"),
        ("Ёлка", "елка"),
        ("blue\N{SOFT HYPHEN}tooth", "bluetooth"),
        ("zero\N{ZERO WIDTH SPACE}\N{ZERO WIDTH JOINER}width\N{ZERO WIDTH NO-BREAK SPACE}", "zerowidth"),
        ("\N{RIGHT-TO-LEFT EMBEDDING}نص\N{POP DIRECTIONAL FORMATTING}", "نص"),
        ("❤\N{VARIATION SELECTOR-16}", "❤"),
        ("ＡＢＣ－１２", "abc-12"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("cafe\N{COMBINING ACUTE ACCENT}", "café"),
        ("١٢٣ ۴۵ १२", "123 45 12"),
        ("Lego™ City", "lego  city"),
        ("10 м²", "10 м2"),
        ("", ""),
    ],
)
def test_a_text_has_one_normal_form(text, expected):
    assert normal_form(text) == expected


@given(st.text())
def test_a_normal_form_is_its_own(text):
    once = normal_form(text)
    assert normal_form(once) == once
    assert unicodedata.is_normalized("NFKC", once)


def test_every_letter_meets_its_other_cases():
    for point in range(sys.maxunicode + 1):
        letter = chr(point)
        if unicodedata.category(letter) in ("Lu", "Ll"):
            assert normal_form(letter) == normal_form(letter.upper()) == normal_form(letter.lower()), hex(point)


@given(st.lists(st.text(max_size=8)))
def test_many_texts_are_read_as_each_of_them(texts):
    assert normal_forms(texts) == [normal_form(text) for text in texts]


@given(st.lists(st.one_of(st.none(), st.text(max_size=8), st.text("aB 1", max_size=8))))
def test_a_column_is_read_as_its_texts(texts):
    column = pa.chunked_array([texts[:2], texts[2:]], pa.large_string())
    expected = [text if text is None else normal_form(text) for text in texts]
    assert normal_column(column).to_pylist() == expected
