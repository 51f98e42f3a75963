"""HTML is read as a browser shows it; text that only looks like it stays."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.reading.cells.markup import shown_text, without_markup, written_breaks


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<p>Zorvex <b>kettle</b></p><ul><li>1.7&nbsp;l</li></ul><style>.x{color:red}</style>", "Zorvex kettle\n1.7 l"),
        ("Zorvex kettle 1.7 L &amp; base", "Zorvex kettle 1.7 L & base"),
        ("one<br>two<BR/>three", "one\ntwo\nthree"),
        ("<script>alert(1)</script>kettle<!-- no -->", "kettle"),
        ("&lt;p&gt;kettle&lt;/p&gt;", "kettle"),
        ("<![CDATA[<b>kettle</b>]]>", "kettle"),
        ("a &amp;amp; b", "a & b"),
        ("<p>5 < 6</p>", "5 < 6"),
        ("<p>kettle <b>red", "kettle red"),
        ("2&#8364; &copy;", "2€ ©"),
        ("<?xml version='1.0' encoding='utf-16'?><p>a</p>", "a"),
        ("<p>\x00a\x0b</p>", "a"),
        ("<div>" * 5000 + "deep", "deep"),
        ("<td>a</td><td>b</td>", "a\nb"),
    ],
)
def test_markup_becomes_what_is_shown(cell, text):
    assert shown_text(cell, "\n") == text


@pytest.mark.parametrize(
    "text", ["a < b", "AT&T", "R&D; x", "Size <M>", "x<y and y>z", "https://a.example/?b=1&copy=2", "<3"]
)
def test_what_is_no_markup_stays(text):
    assert without_markup(pa.array([text], pa.large_string())).to_pylist() == [text]


def test_a_cell_of_markup_alone_is_null_and_others_are_not_touched():
    cells = pa.array([" a  b", "<p></p>", None, "x<br>y"], pa.large_string())
    assert without_markup(cells).to_pylist() == [" a  b", None, None, "x y"]


@given(st.text(alphabet=st.sampled_from(list("<>/!&;#x1ab p-[]\"'= \n\0")), max_size=60))
def test_no_text_at_all_ends_in_an_error(text):
    shown_text(text)


def test_breaks_that_are_written_out_are_breaks():
    texts = pa.array([r"Steel.\n\nVolume: 1 l\r\nRed", r"C:\new", None, "plain"], pa.large_string())
    assert written_breaks(texts).to_pylist() == ["Steel.\nVolume: 1 l\nRed", r"C:\new", None, "plain"]
