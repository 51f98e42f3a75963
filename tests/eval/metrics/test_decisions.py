"""Precision, recall and F1 of boolean decisions."""

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from eval.metrics.decisions import measure_decisions


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
