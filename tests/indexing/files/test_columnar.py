"""Parquet and Arrow files that say of themselves what is not so."""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexing.errors import InputError
from indexing.files.columnar import readers
from indexing.files.tables import open_table


def not_utf8(texts=(b"ok", b"\xd0\xd0")):
    """A column of text whose bytes are none."""
    offsets = pa.array([0, *[sum(map(len, texts[: end + 1])) for end in range(len(texts))]], pa.int32()).buffers()[1]
    return pa.StringArray.from_buffers(len(texts), offsets, pa.py_buffer(b"".join(texts)))


def write_arrow(table, path):
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


@pytest.mark.parametrize(("name", "write"), [("p.parquet", pq.write_table), ("p.arrow", write_arrow)])
def test_text_that_is_no_utf8_is_refused_where_it_is_read(tmp_path, name, write):
    write(pa.table({"id": [1, 2], "title": not_utf8()}), tmp_path / name)
    with pytest.raises(InputError, match=rf"{name}: cannot be read to its end .*UTF8 sequence at string index 1"):
        list(open_table(tmp_path / name).blocks())


def test_a_damaged_name_of_a_column_is_refused(tmp_path):
    pq.write_table(pa.table({"abcde": [1, 2]}), tmp_path / "p.parquet", store_schema=False)
    content = (tmp_path / "p.parquet").read_bytes().replace(b"abcde", b"\xec\xff\xfe\xfd\xfc")
    (tmp_path / "p.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"p\.parquet: cannot be read"):
        open_table(tmp_path / "p.parquet").read()


def test_long_rows_come_in_smaller_blocks(tmp_path, monkeypatch):
    table = pa.table({"id": range(4_000), "long": [f"{n:0100}" for n in range(4_000)], "long.er": [None] * 4_000})
    pq.write_table(table, tmp_path / "p.parquet", row_group_size=1_500, use_dictionary=False)
    monkeypatch.setattr(readers, "BLOCK_BYTES", 20_000)
    file = open_table(tmp_path / "p.parquet")
    sizes = [block.num_rows for block in file.blocks()]
    assert sum(sizes) == 4_000
    assert 100 < max(sizes) < 200
    assert max(block.num_rows for block in file.blocks(columns=["id"])) > 1_000
    assert file.read().equals(table.cast(file.read().schema))


def test_row_groups_that_were_read_are_let_go(tmp_path):
    content = [pa.py_buffer(os.urandom(1 << 20)).to_pybytes() for _ in range(32)]
    pq.write_table(pa.table({"content": content}), tmp_path / "p.parquet", row_group_size=1, compression="none")
    before, most = pa.total_allocated_bytes(), 0
    for _ in open_table(tmp_path / "p.parquet").blocks(1):
        most = max(most, pa.total_allocated_bytes() - before)
    assert most < 16 << 20
