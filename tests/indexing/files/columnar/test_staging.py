"""Files that are parsed once: the same rows, the same numbers, read by column and again."""

import gzip
import json

import pytest

from indexing.files.columnar import staging
from indexing.files.columnar.staging import stage
from indexing.files.delimited import delimited_reader
from indexing.files.records.keys import GATHERED
from indexing.files.tables import open_table

RAGGED = "id,title,color\n" + "".join(f"{row},t{row},red\n" if row % 5 else f"{row},ragged\n" for row in range(1, 1000))


def all_of(table, **given):
    blocks = list(table.numbered_blocks(**given))
    return [row for block in blocks for row in block.table.to_pylist()], [n for block in blocks for n in block.numbers]


def test_the_rows_and_their_numbers_stay(write, tmp_path):
    aside, again = [], []
    table = open_table(write("a.csv", RAGGED))
    staged = stage(table, tmp_path, aside=aside.append)
    assert all_of(staged) == all_of(table, aside=again.append)
    assert [found.row for found in aside] == [found.row for found in again] == list(range(6, 1001, 5))
    assert staged.rows == 999 - len(aside)
    assert (staged.path, staged.names, staged.folder) == (table.path, table.names, table.folder)


def test_blank_lines_count(write, tmp_path):
    table = open_table(write("a.csv", "\nid,title\n\n1,a\n\n\n2,b,c\n3,c\n\n"))
    aside = []
    rows, numbers = all_of(stage(table, tmp_path, aside=aside.append))
    assert [(row["id"], number) for row, number in zip(rows, numbers, strict=True) if row["id"]] == [("1", 4), ("3", 8)]
    assert [found.row for found in aside] == [7]
    path = write("b.csv", 'id,title\n\n1,"a\n' + "".join(f'{row},"b"\n\n' for row in range(2, 300)))
    rows, numbers = all_of(stage(open_table(path), tmp_path, aside=aside.append))
    found = {int(row["id"]): number for row, number in zip(rows, numbers, strict=True) if row["id"]}
    assert found == {row: 2 * row for row in range(2, 300)}
    assert aside[-1].row == 3


@pytest.mark.parametrize(("most_rows", "most_bytes"), [(100, 1 << 30), (1 << 30, 500)])
def test_columns_are_read_alone_in_blocks_of_any_size(write, tmp_path, monkeypatch, most_rows, most_bytes):
    monkeypatch.setattr(staging, "BLOCK_ROWS", most_rows)
    monkeypatch.setattr(staging, "STAGED_BYTES", most_bytes)
    rows = [{"id": row, "a": row / 2, "b": {"x": row}} for row in range(20_000)]
    staged = stage(open_table(write("a.jsonl", rows)), tmp_path)
    assert next(block.column_names for block in staged.blocks(7_000, ["a"])) == ["a"]
    assert staged.read(["a"])["a"].to_pylist() == [row["a"] for row in rows]
    assert json.loads(staged.read(["b"])["b"][19_999].as_py()) == {"x": 19_999}


def test_columns_that_are_there_already_are_not_written_again(write, tmp_path):
    table = open_table(write("a.parquet", {"id": [1, 2]}))
    assert stage(table, tmp_path) is table
    packed = open_table(write("b.parquet.gz", gzip.compress(table.path.read_bytes())))
    assert stage(packed, tmp_path).read()["id"].to_pylist() == [1, 2]


def test_a_file_of_no_rows_is_staged(write, tmp_path):
    staged = stage(open_table(write("a.csv", "id,title\n")), tmp_path)
    assert (staged.rows, list(staged.blocks())) == (0, [])


def test_what_an_interrupted_run_left_is_written_anew(write, tmp_path):
    table = open_table(write("a.csv", "id,title\n1,a\n"))
    (left,) = [path for path in [stage(table, tmp_path).reader.source.path] if path.parent == tmp_path]
    left.write_bytes(b"half of")
    assert stage(table, tmp_path).read()["id"].to_pylist() == ["1"]


def test_rare_keys_that_were_named_stay_columns(write, tmp_path):
    rows = [{"id": row, f"k{row}": "v"} for row in range(300)]
    table = open_table(write("a.jsonl", rows)).keeping(["k7"])
    staged = stage(table, tmp_path)
    assert staged.names == ("id", GATHERED, "k7")
    assert staged.read(["k7"])["k7"].to_pylist() == [row.get("k7") for row in rows]


@pytest.mark.parametrize("packed", [False, True])
def test_progress_estimates_the_rows_by_the_bytes_taken(write, tmp_path, packed, monkeypatch):
    monkeypatch.setattr(delimited_reader, "BLOCK_BYTES", (1 << 15,))
    text = ("id,title\n" + "".join(f"{row},thing number {row}\n" for row in range(400_000))).encode()
    path = write("a.csv.gz", gzip.compress(text, 1)) if packed else write("a.csv", text)
    told = []
    stage(open_table(path), tmp_path, progress=lambda *step: told.append(step))
    assert told[-1] == ("parse", 400_000, 400_000)
    assert all(done < total for _, done, total in told[:-1])
    assert 300_000 < told[len(told) // 2][2] < 500_000
