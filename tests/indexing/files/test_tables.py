"""Files of rows: what is read, in which blocks, and what is refused."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexing.errors import InputError
from indexing.files.tables import list_tables, open_table

ROWS = [{"id": 1, "title": "kettle"}, {"id": 2, "title": None}, {"id": 3, "title": "чайник, 1,5 л\n«новый»"}]


@pytest.fixture(params=["parquet", "pq", "csv", "CSV", "jsonl", "ndjson"])
def table(request, tmp_path):
    """The same three rows in each format."""
    path = tmp_path / f"rows.{request.param}"
    if request.param in ("parquet", "pq"):
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif request.param.lower() == "csv":
        path.write_text('id,title\n1,kettle\n2,\n3,"чайник, 1,5 л\n«новый»"\n', encoding="utf-8")
    else:
        path.write_text("\n".join(json.dumps(row) for row in ROWS) + "\n\n", encoding="utf-8")
    return open_table(path)


def test_every_format_holds_the_same_rows(table):
    found = table.read()
    assert table.names == ("id", "title")
    assert found["title"].to_pylist() == ["kettle", None, "чайник, 1,5 л\n«новый»"]
    assert [int(value) for value in found["id"].to_pylist()] == [1, 2, 3]


def test_blocks_follow_one_another_in_file_order(table):
    blocks = list(table.blocks(2, ["title"]))
    assert [len(block) for block in blocks] == [2, 1]
    assert blocks[0].column_names == ["title"]
    assert blocks[1]["title"].to_pylist() == [ROWS[2]["title"]]


def test_a_byte_order_mark_is_no_part_of_a_name(write):
    assert open_table(write("a.csv", "\ufeffid,title\n1,x\n")).read()["id"].to_pylist() == ["1"]
    assert open_table(write("a.jsonl", '\ufeff{"id": 1}\n')).names == ("id",)


def test_lines_may_have_different_keys(write):
    table = open_table(write("a.jsonl", [{"id": 1, "b": 2}, {"id": 2, "c": "x"}]))
    assert table.read().to_pylist() == [{"id": 1, "b": 2, "c": None}, {"id": 2, "b": None, "c": "x"}]


def test_objects_stay_json_text(write):
    table = open_table(write("a.jsonl", [{"id": 1, "of": {"a": ["ö"]}}, {"id": 2, "of": None}]))
    assert table.read()["of"].to_pylist() == ['{"a": ["ö"]}', None]


def test_values_of_mixed_types_become_text(write):
    table = open_table(write("a.jsonl", [{"id": 1}, {"id": "x"}, {"id": 2**80}]))
    assert table.read()["id"].to_pylist() == ["1", "x", str(2**80)]


def test_a_folder_is_its_tables_by_name(write, tmp_path):
    for name in ("all/b.csv", "all/a.csv", "all/readme.txt"):
        write(name, "id\n1\n")
    assert [path.name for path in list_tables([tmp_path / "all"])] == ["a.csv", "b.csv"]


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds no file ending in \.csv"):
        list_tables([tmp_path])


def test_no_files_are_refused():
    with pytest.raises(InputError, match="no files"):
        list_tables([])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.parquet", b"PAR1 and then something else", "cannot be read as parquet"),
        ("a.parquet", b"", "cannot be read as parquet"),
        ("a.csv", "", "the file is empty"),
        ("a.csv", "id,title\n1,\xe9\n".encode("latin-1"), "cannot be read as csv"),
        ("a.csv", "id,title,id\n1,a,2\n", "has the column 'id' 2 times"),
        ("a.jsonl", "", "the file is empty"),
        ("a.jsonl", '{"id": 1}\n{"id": \n', "line 2 is not JSON"),
        ("a.jsonl", '{"id": 1}\n\n[1]\n', "line 3 holds list, not an object"),
        ("a.jsonl", '{"id": 1, "title": "\\ud83d"}\n', "half of a surrogate pair"),
        ("a.jsonl", '{"id": ' + "[" * 200_000 + "]" * 200_000 + "}\n", "nested too deeply"),
        ("a.jsonl", b'{"id": "\xff"}\n', "cannot be read as jsonl"),
        ("a.xlsx", "id", "unknown kind of file '.xlsx'"),
        ("a", "id", "unknown kind of file ''"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(write, name, content, reason):
    path = write(name, content)
    with pytest.raises(InputError, match=reason) as caught:
        open_table(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_column_that_stands_twice_is_refused_in_parquet(tmp_path):
    pq.write_table(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="has the column 'a' 2 times"):
        open_table(tmp_path / "a.parquet")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        open_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a folder"):
        open_table(tmp_path)


def test_a_cut_parquet_is_refused(write):
    path = write("a.parquet", {"id": list(range(1000))})
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="is it complete"):
        open_table(path)


def test_a_parquet_with_a_hole_is_refused_when_it_is_read(write):
    path = write("a.parquet", {"id": list(range(5000))})
    content = bytearray(path.read_bytes())
    content[4:2000] = b"\xff" * 1996
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read to its end"):
        open_table(path).read()


@pytest.mark.parametrize("line", ["3,c,d", "3"])
def test_a_csv_line_of_another_length_is_refused(write, line):
    table = open_table(write("a.csv", f"id,title\n1,a\n{line}\n"))
    with pytest.raises(InputError, match=r"a\.csv: cannot be read to its end .*Expected 2 columns"):
        table.read()


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8), max_size=8))
def test_text_in_json_lines_is_read_as_it_was_written(write, texts):
    path = write("a.jsonl", [{"id": number, "title": text} for number, text in enumerate(["", *texts])])
    assert open_table(path).read()["title"].to_pylist() == ["", *texts]
