"""Names of groups stay while most of a group stays, and are never given twice."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from indexing.storage.records import stored_record
from reranking.grouping.group_files import GroupsManifest, NamedGroups, name_groups, read_groups, read_groups_manifest

HERE = Path("groups.parquet")


def names_of(before=None, **groups):
    """The names of the groups of these products, by product."""
    ids = pa.array(sorted(groups), pa.large_string())
    codes = np.array([groups[ident] for ident in sorted(groups)])
    previous = (
        None
        if before is None
        else NamedGroups(*(pa.array(c, pa.large_string()) for c in zip(*before.items(), strict=True)))
    )
    return dict(zip(sorted(groups), name_groups(ids, codes, previous, HERE).to_pylist(), strict=True))


def test_a_group_is_named_by_its_smallest_id():
    assert names_of(c=0, b=0, a=1) == {"b": "b", "c": "b", "a": "a"}


def test_a_group_keeps_its_name_when_a_product_with_a_smaller_id_joins():
    assert names_of({"b": "b", "c": "b"}, a=0, b=0, c=0) == {"a": "b", "b": "b", "c": "b"}


def test_a_group_keeps_its_name_when_the_product_that_named_it_is_gone():
    assert names_of({"a": "a", "b": "a", "c": "a"}, b=0, c=0) == {"b": "a", "c": "a"}


def test_of_a_group_that_is_split_the_larger_part_keeps_the_name():
    assert names_of({"a": "a", "b": "a", "c": "a"}, a=0, b=1, c=1) == {"a": "a~2", "b": "a", "c": "a"}


def test_of_groups_that_are_merged_the_name_of_the_larger_stays():
    before = {"a": "a", "b": "b", "c": "b"}
    assert set(names_of(before, a=0, b=0, c=0).values()) == {"b"}


def test_names_of_before_meet_ids_that_are_integers():
    previous = NamedGroups(pa.array(["7", "10"], pa.large_string()), pa.array(["old", "old"], pa.large_string()))
    assert name_groups(pa.array([7, 10]), np.array([0, 0]), previous, HERE).to_pylist() == ["old", "old"]


codes = st.lists(st.integers(0, 4), min_size=1, max_size=8)


@given(codes, codes)
def test_different_groups_have_different_names_and_running_again_changes_none(first, second):
    ids = "abcdefgh"
    before = names_of(**dict(zip(ids, first, strict=False)))
    groups = dict(zip(ids, second, strict=False))
    names = names_of(before, **groups)
    assert len({(groups[ident], names[ident]) for ident in groups}) == len(set(groups.values()))
    assert len(set(names.values())) == len(set(groups.values()))
    assert names_of(names, **groups) == names


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"id": ["a"]}, "no column 'group'"),
        ({"id": ["a", "a"], "group": ["x", "y"]}, "1 products occur again"),
        ({"id": ["a", None], "group": ["x", "y"]}, "row 2 has no 'id'"),
    ],
)
def test_files_that_hold_no_groups_are_refused(tmp_path, columns, said):
    pa.parquet.write_table(pa.table(columns), tmp_path / "g.parquet")
    with pytest.raises(InputError, match=said):
        read_groups(tmp_path / "g.parquet")


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ({"kind": "groups", "colour": "red"}, "it does not know the key 'colour'"),
        ({"kind": "groups", "max_size": "4"}, "max_size: '4' is not a whole number"),
        (["groups"], "is not an object"),
    ],
)
def test_what_a_file_cannot_say_of_its_making_is_one_line_with_what_to_do(stored, told):
    with pytest.raises(InputError) as error:
        read_groups_manifest(stored, HERE)
    assert str(error.value).startswith("groups.parquet: ")
    assert told in str(error.value)
    assert str(error.value).endswith(": group the scores again")


def test_what_a_file_says_of_its_making_comes_back():
    made = GroupsManifest(index_fingerprint="i", max_size=4, agreement=0.5, threshold=0.25, one_per_source=True)
    assert read_groups_manifest(json.loads(json.dumps(stored_record(made))), HERE) == made
