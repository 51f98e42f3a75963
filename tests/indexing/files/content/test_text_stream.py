"""Bytes of any encoding come as UTF-8, in whatever pieces they are asked for."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.files.content.text_stream import MARK, TextStream, shown

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff" + MARK), max_size=40)


def read(content, encoding, size):
    stream = TextStream(io.BytesIO(content), encoding)
    parts = []
    while part := stream.read(size):
        assert len(part) <= size
        parts.append(part)
    return b"".join(parts).decode(), stream.marked


@given(TEXT, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030"]), st.integers(1, 9))
def test_text_comes_as_it_was_written_but_for_nuls(text, encoding, size):
    assert read(text.encode(encoding), encoding, size) == (text.replace("\0", ""), 0)


@given(st.binary(max_size=40), st.integers(1, 9))
def test_what_is_no_utf8_is_marked_byte_by_byte(content, size):
    text, marked = read(content, "utf-8", size)
    assert text == content.decode("utf-8", "heroic-mark").removeprefix("\ufeff").replace("\0", "")
    assert marked == text.count(MARK)


@pytest.mark.parametrize(
    ("content", "encoding", "seen"),
    [
        (b"caf\xe9!", "utf-8", r"caf\xE9!"),
        (b"a\x81b", "cp1252", r"a\x81b"),
        (b"\x81", "shift_jis", r"\x81"),
        (b"a\0\x00\xd8b\0", "utf-16-le", r"a\x00\xD8b"),
        (b"ok", "ascii", "ok"),
    ],
)
def test_marked_bytes_are_shown_to_people(content, encoding, seen):
    assert shown(read(content, encoding, 1 << 20)[0]) == seen


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1251"])
def test_a_read_is_short_only_at_the_end_and_where_it_would_cut_a_character(encoding):
    stream = TextStream(io.BytesIO(("плед € a" * 1000).encode(encoding)), encoding)
    parts = list(iter(lambda: stream.read(37), b""))
    assert {len(part) for part in parts[:-1]} <= {35, 36, 37}
    assert "".join(part.decode() for part in parts) == "плед € a" * 1000
