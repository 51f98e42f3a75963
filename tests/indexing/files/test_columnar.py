"""Parquet and Arrow files that say of themselves what is not so."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexing.errors import InputError
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
