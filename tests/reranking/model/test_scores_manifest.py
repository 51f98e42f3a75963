"""What a file of scores says of its making: read once, every key known; files of before some keys are read too."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from reranking.model.scores_manifest import (
    ScoredColumns,
    ScoresManifest,
    read_scores_manifest,
    read_threshold,
    stored_threshold,
)

MADE = ScoresManifest(
    index_fingerprint="i",
    model_fingerprint="m",
    target_precision=0.75,
    target_precisions={"phones": 0.9},
    thresholds={"phones": 0.5, "rest": None},
    default_threshold=None,
    f1_threshold=0.25,
    columns=ScoredColumns("left_id", "right_id"),
)


def read(**stored):
    return read_scores_manifest(json.dumps(stored).encode(), "s.parquet")


def test_it_comes_back_as_it_was_written():
    assert read_scores_manifest(MADE.as_metadata(), "s.parquet") == MADE
    assert json.loads(MADE.as_metadata())["kind"] == "scores"


def test_a_file_that_says_less_is_read():
    found = read(index_fingerprint="i")
    assert (found.index_fingerprint, found.model_fingerprint, found.thresholds, found.columns) == ("i", None, {}, None)


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ({"colour": "red"}, "it does not know the key 'colour'"),
        ({"target_precision": "high"}, "target_precision: 'high' is not a number"),
        ({"columns": {"left": "a"}}, "columns.right is missing"),
        ({"kind": "candidates"}, "it says that the file holds candidates, not scores"),
    ],
)
def test_what_it_cannot_say_is_one_line_with_what_to_do(stored, told):
    with pytest.raises(InputError) as error:
        read(**stored)
    assert str(error.value).startswith("s.parquet: its heroic metadata cannot be read: ")
    assert told in str(error.value)
    assert str(error.value).endswith(": score again")
    assert "\n" not in str(error.value)


def test_what_is_no_json_is_refused():
    with pytest.raises(InputError, match=r"cannot be read .*: score again$"):
        read_scores_manifest(b"{", "s.parquet")


@given(st.one_of(st.floats(0, 1), st.just(math.inf)))
def test_a_threshold_comes_back_also_one_that_is_never_reached(threshold):
    assert read_threshold(json.loads(json.dumps(stored_threshold(threshold), allow_nan=False))) == threshold
