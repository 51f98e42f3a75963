"""Pairs files: whatever their columns are called and however they write ids, they come out the same."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from indexing.files.tables import open_table
from reranking.pairs.pair_files import blocks_of, cast_ids, find_columns, read_id_pairs

ROWS = [(7, 8, 1), (7, 9, 0), (10, 8, 0)]


def write(path, rows, names):
    """Rows under these column names, in the format of the file's suffix."""
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows))
    elif path.suffix == ".csv":
        pd.DataFrame(rows, columns=names).to_csv(path, index=False)
    else:
        pd.DataFrame(rows, columns=names).to_parquet(path)
    return path


@pytest.mark.parametrize(
    "names",
    [
        ("left_id", "right_id", "target"),
        ("variantid1", "variantid2", "target"),
        ("ltable_id", "rtable_id", "label"),
        ("id1", "id2", "label"),
        ("unique_id_l", "unique_id_r", "is_match"),
        ("id1", "id2", "is_match"),
    ],
)
@pytest.mark.parametrize("name", ["pairs.csv", "pairs.parquet", "pairs.jsonl"])
def test_known_column_names_are_found_in_every_format(tmp_path, name, names):
    pairs = read_id_pairs(write(tmp_path / name, ROWS, names))
    assert [str(ident) for ident in pairs.left.to_pylist()] == ["7", "7", "10"]
    assert [str(ident) for ident in pairs.right.to_pylist()] == ["8", "9", "8"]
    assert pairs.target.tolist() == [1.0, 0.0, 0.0]
    assert (pairs.columns.left, pairs.columns.right, pairs.columns.target) == names


def test_names_of_ones_own_are_taken_before_the_known_ones(tmp_path):
    names = ("left_id", "right_id", "target", "one", "other", "same")
    rows = [(1, 2, 0, "a", "b", 1)]
    pairs = read_id_pairs(write(tmp_path / "pairs.csv", rows, names), ids=("one", "other"), target="same")
    assert (pairs.left.to_pylist(), pairs.right.to_pylist(), pairs.target.tolist()) == (["a"], ["b"], [1.0])


def test_a_file_without_targets_has_none(tmp_path):
    assert read_id_pairs(write(tmp_path / "pairs.csv", [(1, 2)], ("id1", "id2"))).target is None


def test_other_columns_stay(tmp_path):
    names = ("left_id", "right_id", "target", "note")
    pairs = read_id_pairs(write(tmp_path / "pairs.parquet", [(1, 2, 1, "seen")], names))
    assert pairs.table["note"].to_pylist() == ["seen"]


def test_integers_of_a_parquet_file_stay_integers(tmp_path):
    pairs = read_id_pairs(write(tmp_path / "pairs.parquet", ROWS, ("left_id", "right_id", "target")))
    assert pairs.left.type == pairs.right.type == pa.int64()


def test_integers_on_one_side_and_text_on_the_other_become_text(tmp_path):
    pairs = read_id_pairs(write(tmp_path / "pairs.parquet", [(7, "b8", 1)], ("left_id", "right_id", "target")))
    assert (pairs.left.to_pylist(), pairs.right.to_pylist()) == (["7"], ["b8"])


@pytest.mark.parametrize(
    "ids",
    [
        pa.array([7.0, 9.0]),
        pa.array([7, 9], pa.int32()),
        pa.array([7, 9], pa.uint64()),
        pa.array([7, 9]).dictionary_encode(),
    ],
    ids=lambda ids: str(ids.type),
)
def test_every_kind_of_whole_number_is_an_integer_id(tmp_path, ids):
    pq.write_table(pa.table({"id1": ids, "id2": [1, 2]}), tmp_path / "pairs.parquet")
    assert read_id_pairs(tmp_path / "pairs.parquet").left.equals(pa.array([7, 9]))


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (pa.array([7, None]), "row 2 has no 'id1'"),
        (pa.array(["a", None]), "row 2 has no 'id1'"),
        (pa.nulls(2), "row 1 has no 'id1'"),
        (pa.array([7.0, 7.5]), r"row 2 has 'id1' 7\.5"),
        (pa.array([7.0, float("inf")]), "row 2 has 'id1' inf"),
        (pa.array([7.0, 1e300]), "'id1'.*1e"),
        (pa.array([7, 2**64 - 1], pa.uint64()), "'id1'.*18446744073709551615"),
        (pa.array([True, False]), "'id1' is bool"),
        (pa.array([[1], [2]]), r"'id1' is list<"),
    ],
)
def test_what_cannot_be_an_id_is_refused_by_name(tmp_path, ids, said):
    pq.write_table(pa.table({"id1": ids, "id2": [1, 2]}), tmp_path / "pairs.parquet")
    with pytest.raises(InputError, match=rf"pairs\.parquet: .*{said}"):
        read_id_pairs(tmp_path / "pairs.parquet")


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (["1", "0", "0.5"], "row 4 has target 0.5"),
        (["1", "", "0"], "row 3 has target null"),
        (["1", "0", "yes"], "row 4 has target 'yes'"),
        (["2", "-1", "0"], r"row 2 has target 2 \(2 such rows\)"),
        (["nan", "1", "0"], "row 2 has target null"),
    ],
)
def test_a_target_that_is_neither_one_nor_zero_is_named_with_its_row(tmp_path, targets, said):
    rows = [(1, i + 2, target) for i, target in enumerate(targets)]
    path = write(tmp_path / "pairs.csv", rows, ("left_id", "right_id", "target"))
    with pytest.raises(InputError, match=rf"pairs\.csv: {said}.*: targets are 1 and 0"):
        read_id_pairs(path)


@pytest.mark.parametrize(
    "targets", [pa.array([True, False]), pa.array([1, 0], pa.int8()), pa.array([1.0, 0.0]), pa.array(["1", "0.0"])]
)
def test_targets_may_be_yes_and_no_or_numbers_or_their_text(tmp_path, targets):
    pq.write_table(pa.table({"id1": [1, 2], "id2": [3, 4], "target": targets}), tmp_path / "pairs.parquet")
    assert read_id_pairs(tmp_path / "pairs.parquet").target.tolist() == [1.0, 0.0]


def test_without_id_columns_the_known_names_and_those_there_are_said(tmp_path):
    path = write(tmp_path / "pairs.csv", [(1, 2)], ("a", "b"))
    with pytest.raises(InputError, match=r"needs 'left_id' and 'right_id' or 'variantid1'.*, has a, b"):
        read_id_pairs(path)


def test_id_columns_of_ones_own_that_are_not_there_are_refused(tmp_path):
    path = write(tmp_path / "pairs.csv", ROWS, ("left_id", "right_id", "target"))
    with pytest.raises(InputError, match="needs 'one' and 'other', has left_id, right_id, target"):
        find_columns(open_table(path), ids=("one", "other"))


def test_a_target_column_of_ones_own_that_is_not_there_is_refused(tmp_path):
    path = write(tmp_path / "pairs.csv", ROWS, ("left_id", "right_id", "target"))
    with pytest.raises(InputError, match="no column 'same' for the target"):
        find_columns(open_table(path), target="same")


@pytest.mark.parametrize("name", ["pairs.csv", "pairs.parquet"])
def test_a_file_of_no_rows_is_read_as_no_pairs(tmp_path, name):
    pairs = read_id_pairs(write(tmp_path / name, [], ("left_id", "right_id", "target")))
    assert (len(pairs), pairs.target.tolist()) == (0, [])


def test_text_that_is_all_integers_meets_integers():
    assert cast_ids(pa.array(["7", "-3"], pa.large_string()), pa.int64(), "f").equals(pa.array([7, -3]))


def test_integers_meet_text():
    assert cast_ids(pa.array([7]), pa.large_string(), "f").to_pylist() == ["7"]


@pytest.mark.parametrize("odd", ["007", "7.0", "x", " 7", ""])
def test_text_that_is_no_plain_integer_does_not_meet_integers(odd):
    with pytest.raises(InputError, match=f"f: id '{odd}' is text"):
        cast_ids(pa.array(["1", odd], pa.large_string()), pa.int64(), "f")


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=20), st.integers(1, 7))
def test_blocks_put_together_are_the_file(tmp_path_factory, rows, size):
    path = write(tmp_path_factory.mktemp("pairs") / "pairs.parquet", rows, ("left_id", "right_id"))
    blocks = list(blocks_of(open_table(path), size))
    assert [first for first, _ in blocks] == list(np.cumsum([1, *(len(block) for _, block in blocks)])[:-1])
    assert pa.concat_tables(block for _, block in blocks).to_pylist() == open_table(path).read().to_pylist()
