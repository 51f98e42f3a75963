"""Scores as probabilities."""

import numpy as np
import pytest

from eval.inputs.joining import read_truth
from eval.inputs.scores import read_scores
from eval.metrics.reliability import measure_reliability
from eval.report import evaluate


def test_scores_that_are_the_share_of_matches_have_no_error():
    scores, targets = np.repeat([0.25, 0.75], 4), np.array([1.0, 0, 0, 0, 1, 1, 1, 0])
    found = measure_reliability(scores, targets)
    assert found.error == 0
    assert found.pairs.tolist() == [4, 4]
    assert found.share.tolist() == [0.25, 0.75]


def test_the_error_is_the_gap_meaned_over_pairs():
    scores, targets = np.array([0.9, 0.9, 0.9, 0.1]), np.array([1.0, 0, 0, 0])
    assert measure_reliability(scores, targets).error == pytest.approx((3 * (0.9 - 1 / 3) + 0.1) / 4)


def test_a_score_of_one_belongs_to_the_last_part():
    assert measure_reliability(np.array([1.0, 0.95]), np.ones(2)).pairs.tolist() == [2]


def test_each_part_has_the_mean_of_its_scores():
    found = measure_reliability(np.array([0.81, 0.83, 0.92]), np.array([1.0, 0.0, 1.0]))
    assert found.pairs.tolist() == [2, 1]
    assert found.mean_score == pytest.approx([0.82, 0.92])
    assert found.share.tolist() == [0.5, 1.0]


@pytest.mark.parametrize("scores", [[-0.1, 0.5], [0.5, 1.5], []])
def test_scores_that_are_no_probabilities_have_none(scores):
    assert measure_reliability(np.array(scores), np.ones(len(scores))) is None


def test_a_report_takes_the_column_probability_where_there_is_one(write_table):
    ids = {"left_id": [1, 3], "right_id": [2, 4]}
    truth = read_truth(write_table("t.parquet", {**ids, "target": [1.0, 0.0]}))
    scored = {**ids, "score": [7.0, 3.0], "probability": [1.0, 0.0]}
    report = evaluate(read_scores(write_table("s.parquet", scored)), truth)
    assert report.inputs.column == "score"
    assert report.reliability.error == 0
