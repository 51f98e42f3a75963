"""Figures of new products are chosen on weighed validation pairs."""

import numpy as np

from scripts.benchmarks.new_products import _best_threshold


def test_the_threshold_depends_on_how_much_a_non_match_weighs() -> None:
    scores, targets = np.array([0.9, 0.8, 0.7, 0.6]), np.array([1.0, 0.0, 1.0, 0.0])
    assert _best_threshold(scores, targets, np.ones(4)) == 0.7
    assert _best_threshold(scores, targets, np.where(targets == 1, 1.0, 10.0)) == 0.9


def test_equal_scores_are_called_together() -> None:
    scores, targets = np.array([0.5, 0.5, 0.5, 0.1]), np.array([1.0, 0.0, 1.0, 1.0])
    assert _best_threshold(scores, targets, np.ones(4)) == 0.1
