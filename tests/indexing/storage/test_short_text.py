"""A short text is read whole, and nothing without an end is."""

from pathlib import Path

import pytest

from indexing.errors import InputError
from indexing.storage.short_text import MIB, read_text


def test_a_text_is_read_without_its_byte_order_mark(tmp_path):
    (tmp_path / "a.yaml").write_text("\ufeffid: sku\n", encoding="utf-8")
    assert read_text(tmp_path / "a.yaml") == "id: sku\n"


def test_a_device_without_an_end_is_refused():
    with pytest.raises(InputError, match="/dev/zero: is longer than 1 MiB, or has no end: give another file"):
        read_text(Path("/dev/zero"), most_mib=1)


def test_a_text_of_the_largest_size_is_read(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"x" * MIB)
    assert len(read_text(tmp_path / "a.txt", most_mib=1)) == MIB
