"""Titles with their differences marked."""

from hypothesis import given
from hypothesis import strategies as st

from eval.pages.differences import mark_differences


def marked(pieces):
    return [(piece.text, piece.mark) for piece in pieces if piece.mark]


def test_words_and_numbers_that_the_other_lacks_are_marked():
    left, right = mark_differences("Acme TV 50 black", "acme tv 55")
    assert marked(left) == [("50", "number"), ("black", "word")]
    assert marked(right) == [("55", "number")]


def test_case_order_and_decimal_commas_are_no_difference():
    assert [marked(side) for side in mark_differences("Cable 1,5 m HDMI", "hdmi cable 1.50 m")] == [[], []]


def test_a_code_cut_in_two_is_no_difference():
    assert [marked(side) for side in mark_differences("Orbit V 220 X", "orbit v220")] == [[("X", "word")], []]


def test_a_missing_title_makes_every_word_a_difference():
    left, right = mark_differences("red phone", "")
    assert marked(left) == [("red", "word"), ("phone", "word")]
    assert right == ()


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_pieces_are_the_title(left, right):
    for text, pieces in zip((left, right), mark_differences(left, right), strict=True):
        assert "".join(piece.text for piece in pieces) == text


@given(st.text(max_size=60))
def test_equal_titles_have_no_difference(text):
    assert not any(marked(side) for side in mark_differences(text, text))
