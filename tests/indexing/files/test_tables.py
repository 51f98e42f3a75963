"""Files of rows: what is read, in which blocks, and what is refused."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexing.errors import InputError
from indexing.files.tables import open_table

ROWS = [{"id": 1, "title": "kettle"}, {"id": 2, "title": None}, {"id": 3, "title": "чайник, 1,5 л\n«новый»"}]


@pytest.fixture(params=["parquet", "pq", "arrow", "csv", "CSV", "txt", "jsonl", "ndjson", "json"])
def table(request, tmp_path):
    """The same three rows in each format."""
    path = tmp_path / f"rows.{request.param}"
    if request.param in ("parquet", "pq"):
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif request.param == "arrow":
        with pa.ipc.new_file(path, pa.Table.from_pylist(ROWS).schema) as file:
            file.write_table(pa.Table.from_pylist(ROWS))
    elif request.param.lower() in ("csv", "txt"):
        path.write_text('id,title\n1,kettle\n2,\n3,"чайник, 1,5 л\n«новый»"\n', encoding="utf-8")
    elif request.param == "json":
        path.write_text(json.dumps(ROWS, indent=1), encoding="utf-8")
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


def test_blocks_say_which_rows_of_the_file_they_hold(table):
    first = 2 if table.format == "csv" else 1
    assert table.first_row == first
    assert [block.numbers.tolist() for block in table.numbered_blocks(2, ["id"])] == [[first, first + 1], [first + 2]]


def test_relative_pictures_are_seen_from_the_files_folder(table, tmp_path):
    assert table.folder == tmp_path


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.parquet", b"PAR1 and then something else", "cannot be read as parquet"),
        ("a.parquet", b"", "cannot be read as parquet"),
        ("a.arrow", b"ARROW1", "cannot be read as arrow"),
        ("a.csv", "", "the file is empty"),
        ("a.jsonl", "", "the file is empty"),
        ("a.json", "", "the file is empty"),
        ("a.foo", "id", "unknown kind of file '.foo'"),
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


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8), max_size=8))
def test_text_in_json_lines_is_read_as_it_was_written(write, texts):
    path = write("a.jsonl", [{"id": number, "title": text} for number, text in enumerate(["", *texts])])
    assert open_table(path).read()["title"].to_pylist() == ["", *texts]


def test_rows_are_counted_or_estimated_by_lines(table):
    assert table.about_rows() in (3, 4)  # one of the three has two lines


def test_nuls_are_left_out_of_text(tmp_path):
    (tmp_path / "p.csv").write_bytes(b"id,title\n1,Mu\0g\n2,Cup\n" + b"\0" * 40)
    assert open_table(tmp_path / "p.csv").read().to_pylist() == [
        {"id": "1", "title": "Mug"},
        {"id": "2", "title": "Cup"},
    ]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\n<!DOCTYPE html><p>Log in", "an HTML page"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"PK\x03\x04x", "a zip or a spreadsheet"),
    ],
)
def test_what_is_no_table_under_the_name_of_one_is_refused(tmp_path, content, what):
    (tmp_path / "p.csv").write_bytes(content)
    with pytest.raises(InputError, match=f"is {what}, not a table"):
        open_table(tmp_path / "p.csv")


def test_a_title_and_an_empty_line_over_the_header_are_passed_over(tmp_path):
    (tmp_path / "p.csv").write_text("Price list of 29.11.2026,,\n,,\nid,title,price\n1,Mug,3\n")
    assert open_table(tmp_path / "p.csv").names == ("id", "title", "price")


def test_names_have_no_unseen_marks_at_their_ends(tmp_path):
    (tmp_path / "p.csv").write_bytes("\ufeff\ufeffid,title\xa0\n1,Mug\n".encode())
    assert open_table(tmp_path / "p.csv").names == ("id", "title")
