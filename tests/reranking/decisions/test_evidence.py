"""Cuts count what is called; their variance is compared with adding up every two pairs that share a group."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reranking.decisions.evidence import Cuts, surprise

tied = st.lists(
    st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=25
)


def columns_of(pairs):
    scores, targets, left, right = (np.array(column) for column in zip(*pairs, strict=True))
    return scores / 6, targets.astype(float), left, right


@given(tied)
def test_each_cut_counts_what_scores_at_least_as_much(pairs):
    scores, targets, _, _ = columns_of(pairs)
    cuts = Cuts.of(scores, targets)
    for score, called, matches in zip(cuts.scores, cuts.called, cuts.matches, strict=True):
        assert (called, matches) == ((scores >= score).sum(), targets[scores >= score].sum())


def test_a_threshold_stands_in_the_middle_between_the_last_called_and_the_first_not():
    cuts = Cuts.of(np.array([0.9, 0.5, 0.1]), np.array([1.0, 1.0, 0.0]))
    assert cuts.between(1) == pytest.approx(0.3)
    assert cuts.between(2) == 0.1


@given(tied, st.sampled_from([0.3, 0.75, 1.0]))
def test_the_variance_adds_up_all_pairs_that_share_a_group(pairs, expected):
    scores, targets, left, right = columns_of(pairs)
    variances = surprise(scores, targets, left, right, expected)
    order = np.argsort(-scores, kind="stable")
    deviations = targets - expected
    for count in range(1, len(order) + 1):
        first = order[:count]
        share = [[bool({left[i], right[i]} & {left[j], right[j]}) for j in first] for i in first]
        together = deviations[first] @ np.array(share) @ deviations[first]
        assert variances[count - 1] == pytest.approx(max(together, count * expected * (1 - expected)))


def test_pairs_of_one_group_are_worth_less_than_pairs_of_many():
    scores, targets = np.linspace(1, 0, 40), np.tile([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0], 5)
    many, few = np.arange(40), np.arange(40) // 8 * 8 + np.arange(40) % 8 // 4
    assert surprise(scores, targets, few, few, 0.5)[-1] == pytest.approx(
        4 * surprise(scores, targets, many, many, 0.5)[-1]
    )
