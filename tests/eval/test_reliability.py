"""Scores as probabilities."""

import numpy as np
import pytest

from eval.reliability import measure_reliability


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


@pytest.mark.parametrize("scores", [[-0.1, 0.5], [0.5, 1.5], []])
def test_scores_that_are_no_probabilities_have_none(scores):
    assert measure_reliability(np.array(scores), np.ones(len(scores))) is None
