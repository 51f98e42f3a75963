"""Precision, recall and F1 of boolean decisions."""

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from eval.inputs.joining import read_truth
from eval.inputs.scores import read_scores
from eval.metrics.decisions import decide_by_category, measure_decisions, reaches
from eval.report import evaluate


@pytest.mark.parametrize("weighted", [False, True])
def test_they_equal_scikit_learn(weighted):
    generator = np.random.default_rng(0)
    called, targets = generator.random(100) < 0.4, (generator.random(100) < 0.5).astype(float)
    weights = generator.random(100) if weighted else None
    expected = precision_recall_fscore_support(targets, called, average="binary", sample_weight=weights)[:3]
    values = measure_decisions(called, targets, weights=weights)
    assert (values.precision, values.recall, values.f1) == pytest.approx(expected)


def test_calling_nothing_has_no_precision_and_finds_nothing():
    values = measure_decisions(np.zeros(3, dtype=bool), np.ones(3))
    assert (values.precision, values.recall, values.f1) == (None, 0.0, 0.0)


def test_without_matches_there_is_no_recall():
    values = measure_decisions(np.ones(3, dtype=bool), np.zeros(3))
    assert (values.precision, values.recall, values.f1) == (0.0, None, 0.0)


def test_calling_nothing_where_nothing_is_true_has_no_value_at_all():
    values = measure_decisions(np.zeros(3, dtype=bool), np.zeros(3))
    assert (values.precision, values.recall, values.f1) == (None, None, None)


def test_pairs_that_weigh_little_are_judged_as_those_that_weigh_much():
    called, targets = np.array([True, True, False]), np.array([1.0, 0.0, 1.0])
    light = measure_decisions(called, targets, weights=np.full(3, 0.01))
    assert (light.precision, light.recall, light.f1) == pytest.approx((0.5, 0.5, 0.5))


def test_a_score_at_its_threshold_is_called_and_one_without_threshold_is_not():
    assert reaches(np.array([0.5, 0.4, 0.9]), np.array([0.5, 0.5, np.nan])).tolist() == [True, False, False]


def test_each_category_has_its_own_shares_and_none_where_nothing_is_called_or_true():
    called, targets = np.array([True, True, False, False, True]), np.array([1.0, 0.0, 1.0, 1.0, 0.0])
    found = decide_by_category(called, targets, np.array([0, 0, 0, 1, 2]), 4)
    np.testing.assert_array_equal(found.called, [2, 0, 1, 0])
    np.testing.assert_array_equal(found.found, [1, 0, 0, 0])
    np.testing.assert_array_equal(found.precision, [0.5, np.nan, 0, np.nan])
    np.testing.assert_array_equal(found.recall, [0.5, 0, np.nan, np.nan])


def test_without_decisions_none_is_made_again(write_table):
    ids = {"left_id": [1, 3], "right_id": [2, 4]}
    truth = read_truth(write_table("t.parquet", {**ids, "target": [1.0, 0.0]}))
    report = evaluate(read_scores(write_table("s.parquet", {**ids, "score": [0.7, 0.3]})), truth)
    assert (report.decisions.precision, report.decisions.f1, report.decisions.redecided) == (None, None, 0)
