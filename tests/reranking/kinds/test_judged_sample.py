"""What is kept of validation pairs: those near the called ones, at most so many."""

import numpy as np
import pytest

from reranking.kinds import judged_sample
from reranking.kinds.judged_sample import JudgedSample

NAMES = tuple("abcdefghij")


def test_pairs_below_the_lowest_threshold_and_nearly_all_matches_are_left_out(made_pairs):
    pairs = made_pairs(2000, seed=0)
    sample = JudgedSample.draw(pairs, NAMES, lowest=0.9, seed=0)
    matches = pairs.scores[pairs.targets == 1]
    assert sample.floor == pytest.approx(np.quantile(matches, 0.02))
    assert sample.pairs.scores.min() >= sample.floor
    assert len(sample.pairs) == (pairs.scores >= sample.floor).sum()
    assert JudgedSample.draw(pairs, NAMES, lowest=0.5, seed=0).floor == 0.5


def test_without_matches_the_lowest_threshold_is_the_floor(made_pairs):
    assert len(JudgedSample.draw(made_pairs(200, seed=0, share=0.0), NAMES, lowest=np.inf, seed=0).pairs) == 0


def test_at_most_so_many_are_drawn_by_the_seed(made_pairs, monkeypatch):
    monkeypatch.setattr(judged_sample, "MOST_PAIRS", 100)
    pairs = made_pairs(2000, seed=0)
    one, again, other = (JudgedSample.draw(pairs, NAMES, lowest=0.0, seed=seed).pairs for seed in (0, 0, 1))
    assert len(one) == 100
    np.testing.assert_array_equal(one.scores, again.scores)
    assert not np.array_equal(one.scores, other.scores)
