"""Bytes in a column of text."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.files.content import cell_bytes
from indexing.files.content.cell_bytes import any_holds, bytes_of, in_one, trimmed, which_begin, which_hold

TEXT = pa.large_string()
CELLS = st.lists(st.none() | st.text("a<&\\\nя", max_size=8), max_size=12)


@given(CELLS, st.sampled_from([b"<", b"<&", b"\\\n"]), st.integers(0, 3))
def test_cells_that_hold_a_byte_are_those_a_look_at_each_finds(
    cells: list[str | None], marks: bytes, start: int
) -> None:
    column = pa.array(cells, TEXT).slice(start)
    wanted = [any(mark in (cell or "") for mark in marks.decode()) for cell in cells[start:]]
    assert which_hold(column, marks).to_pylist() == wanted
    assert any_holds(column, marks) == any(wanted)


def test_a_byte_is_found_in_every_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell_bytes, "SLICE_BYTES", 4)
    column = pa.array(["abc", "defg<", "", "hi", "&"], TEXT)
    assert which_hold(column, b"<&").to_pylist() == [False, True, False, False, True]
    assert any_holds(column, b"&")


def test_what_stands_behind_a_null_is_not_held() -> None:
    texts = pa.array(["<b>", "a"], TEXT)
    column = pa.Array.from_buffers(TEXT, 2, [pa.array([False, True]).buffers()[1], *texts.buffers()[1:]])
    assert column.to_pylist() == [None, "a"]
    assert which_hold(column, b"<").to_pylist() == [False, False]


def test_the_bytes_of_a_slice_begin_with_it() -> None:
    begins, content = bytes_of(pa.array(["ab", "cde", "f"], TEXT).slice(1))
    assert begins.tolist() == [0, 3, 4]
    assert content.tobytes() == b"cdef"


@pytest.mark.parametrize("least", [0, 64])  # each text is looked at, or short ones are copied
def test_every_white_space_goes_from_the_ends_and_no_other_character(
    monkeypatch: pytest.MonkeyPatch, least: int
) -> None:
    monkeypatch.setattr(cell_bytes, "LONG", least)
    marks = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    for form in ("{}a", "a{}", "{}", "я{}я", "{}\u00a0"):
        cells = pa.array([form.format(mark) for mark in marks], TEXT)
        trims = pc.utf8_trim_whitespace(cells)
        assert trimmed(cells).equals(trims)
        for place in pc.indices_nonzero(pc.not_equal(cells, trims)).to_pylist():
            assert trimmed(cells.slice(place, 1)).equals(trims.slice(place, 1))


def test_long_texts_without_white_space_at_their_ends_stay_where_they_are() -> None:
    cells = pa.array(["пары слов " * 30 + "я", None, "", "two words", "я"], TEXT)
    assert trimmed(cells) is cells


def test_a_column_in_one_piece_is_not_copied() -> None:
    whole = pa.array(["a", "b"], TEXT)
    assert in_one(pa.chunked_array([whole])).buffers()[2].address == whole.buffers()[2].address
    assert in_one(pa.chunked_array([whole, whole])).to_pylist() == ["a", "b", "a", "b"]
    assert in_one(pa.chunked_array([], TEXT)).equals(pa.array([], TEXT))


def test_texts_that_begin_with_a_byte_are_found() -> None:
    cells = pa.array(["[a", None, "", "a[", "{", "я"], TEXT)
    assert which_begin(cells, b"[{").to_pylist() == [True, False, False, False, True, False]
    assert which_begin(cells.slice(3), b"[{").to_pylist() == [False, True, False]
    assert which_begin(pa.array([None, ""], TEXT), b"[").to_pylist() == [False, False]
