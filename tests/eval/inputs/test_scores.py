"""Reading scores from anywhere, and refusing what is no score."""

import numpy as np
import pyarrow as pa
import pytest

from eval.inputs.scores import check_provenance, read_scores
from indexing.errors import InputError

IDS = {"left_id": [1, 2], "right_id": [3, 4]}
MADE = {
    "kind": "scores",
    "index_fingerprint": "aaa",
    "model_fingerprint": "bbb",
    "target_precision": 0.9,
    "thresholds": {"phones": 0.5, "rest": None},
}


@pytest.mark.parametrize("column", ["score", "scores", "probability", "target"])
def test_any_of_the_known_columns_is_the_score(write_table, column):
    scores = read_scores(write_table("s.parquet", {**IDS, column: [0.25, 0.5]}))
    assert scores.values.tolist() == [0.25, 0.5]
    assert scores.column == column


OTHERS = [
    ({"unique_id_l": [1], "unique_id_r": [2], "match_weight": [5.1], "match_probability": [0.97]}, "match_probability"),
    ({"unique_id_l": [1], "unique_id_r": [2], "match_weight": [5.1]}, "match_weight"),
    ({"ltable_ID": ["a"], "rtable_ID": ["b"], "proba": [0.5]}, "proba"),
    ({"ltable_id": ["a"], "rtable_id": ["b"], "match_score": [0.5]}, "match_score"),
    ({"rec_id_1": ["a"], "rec_id_2": ["b"], "prob": [0.5]}, "prob"),
    ({"id1": ["a"], "id2": ["b"], "Link Score": [0.5]}, "Link Score"),
    ({"id1": ["a"], "id2": ["b"], "z_score": [0.5], "target": [1.0]}, "z_score"),
]


@pytest.mark.parametrize(("columns", "score"), OTHERS)
def test_the_columns_of_other_tools_are_known_by_name(write_table, columns, score):
    scores = read_scores(write_table("s.parquet", columns))
    assert (scores.column, scores.values.tolist()) == (score, columns[score])
    assert len(scores.left) == 1


def test_a_probability_of_another_tool_stands_beside_a_score_that_is_named(write_table):
    path = write_table("s.parquet", OTHERS[0][0])
    scores = read_scores(path, score="match_weight")
    assert (scores.values.tolist(), scores.probabilities.tolist()) == ([5.1], [0.97])


def test_a_score_that_is_named_must_be_there(write_table):
    with pytest.raises(InputError, match=r"s\.parquet: no column 'odds' for the score, has left_id, right_id, score$"):
        read_scores(write_table("s.parquet", {**IDS, "score": [0.5, 0.5]}), score="odds")


def test_a_name_in_two_cases_is_that_of_the_column_written_so(write_table):
    assert read_scores(write_table("s.parquet", {**IDS, "Score": [0.0, 0.0], "score": [0.5, 1.0]})).column == "score"
    twice = write_table("t.parquet", {**IDS, "SCORE": [0.0, 0.0], "Score": [0.5, 1.0], "prob": [0.25, 0.5]})
    assert read_scores(twice).column == "prob"


def test_a_target_beside_a_score_is_not_the_score(write_table):
    scores = read_scores(write_table("s.parquet", {**IDS, "target": [1.0, 0.0], "score": [0.25, 0.5]}))
    assert scores.column == "score"


def test_csv_scores_are_read(tmp_path):
    (tmp_path / "s.csv").write_text("variantid1,variantid2,target,match\n1,2,0.5,true\n3,4,1e-3,False\n")
    scores = read_scores(tmp_path / "s.csv")
    assert scores.values.tolist() == [0.5, 0.001]
    assert scores.decisions["match"].tolist() == [True, False]


def test_ids_may_have_names_of_their_own(write_table):
    path = write_table("s.parquet", {"a": ["x"], "b": ["y"], "score": [1.0]})
    assert read_scores(path, ids=("a", "b")).left.to_pylist() == ["x"]


def test_decisions_may_be_zero_and_one(write_table):
    scores = read_scores(write_table("s.parquet", {**IDS, "score": [1.0, 2.0], "match_f1": [1, 0]}))
    assert scores.decisions["match_f1"].tolist() == [True, False]
    assert "match" not in scores.decisions


def test_no_score_column_is_refused(write_table):
    with pytest.raises(InputError, match=r"s\.parquet: no score column: needs one of 'score'"):
        read_scores(write_table("s.parquet", IDS))


@pytest.mark.parametrize("bad", [np.nan, None, np.inf])
def test_scores_that_are_no_number_are_refused_with_their_rows(write_table, bad):
    path = write_table("s.parquet", {"left_id": [1, 2, 3], "right_id": [4, 5, 6], "score": [0.5, bad, bad]})
    with pytest.raises(InputError, match=r"'score' is NaN, null or infinite in 2 rows \(2, 3\)"):
        read_scores(path)


def test_scores_that_are_text_are_refused(write_table):
    with pytest.raises(InputError, match="column 'score' is not a number"):
        read_scores(write_table("s.parquet", {**IDS, "score": ["high", "low"]}))


def test_null_decisions_are_refused_with_their_rows(write_table):
    path = write_table("s.parquet", {**IDS, "score": [1.0, 2.0], "match": [True, None]})
    with pytest.raises(InputError, match=r"column 'match' is null in 1 rows \(2\)"):
        read_scores(path)


def test_decisions_that_are_no_booleans_are_refused(write_table):
    with pytest.raises(InputError, match="decisions are true or false"):
        read_scores(write_table("s.parquet", {**IDS, "score": [1.0, 2.0], "match": ["perhaps", "no"]}))


def test_categories_that_are_no_text_are_refused(write_table):
    path = write_table("s.parquet", {**IDS, "score": [1.0, 2.0], "category": pa.array([["a"], ["b"]])})
    with pytest.raises(InputError, match="categories are text"):
        read_scores(path)


def test_provenance_is_read_and_a_threshold_of_null_calls_nothing(write_table):
    made = read_scores(write_table("s.parquet", {**IDS, "score": [1.0, 2.0]}, heroic=MADE)).provenance
    assert (made.index_fingerprint, made.model_fingerprint, made.target_precision) == ("aaa", "bbb", 0.9)
    assert made.thresholds == {"phones": 0.5, "rest": float("inf")}


def test_scores_from_elsewhere_have_no_provenance(write_table):
    assert read_scores(write_table("s.parquet", {**IDS, "score": [1.0, 2.0]})).provenance is None


@pytest.mark.parametrize("broken", [["a list"], {"kind": "candidates"}, {"thresholds": {"phones": "x"}}])
def test_metadata_that_makes_no_sense_is_refused(write_table, broken):
    with pytest.raises(InputError, match="heroic metadata cannot be read"):
        read_scores(write_table("s.parquet", {**IDS, "score": [1.0, 2.0]}, heroic=broken))


def test_what_does_not_belong_to_the_scores_is_refused(write_table):
    scores = read_scores(write_table("s.parquet", {**IDS, "score": [1.0, 2.0]}, heroic=MADE))
    check_provenance(scores, index_fingerprint="aaa", model_fingerprint="bbb")
    check_provenance(scores, index_fingerprint=None, model_fingerprint=None)
    with pytest.raises(InputError, match=r"index aaa, given is index zzz.*do not belong together"):
        check_provenance(scores, index_fingerprint="zzz", model_fingerprint="bbb")
    with pytest.raises(InputError, match="model bbb, given is model zzz"):
        check_provenance(scores, index_fingerprint="aaa", model_fingerprint="zzz")


def test_scores_without_provenance_belong_to_anything(write_table):
    scores = read_scores(write_table("s.parquet", {**IDS, "score": [1.0, 2.0]}))
    check_provenance(scores, index_fingerprint="zzz", model_fingerprint="zzz")
