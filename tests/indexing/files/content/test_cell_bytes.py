"""Bytes in a column of text."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.files.content import cell_bytes
from indexing.files.content.cell_bytes import any_holds, bytes_of, which_hold

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
