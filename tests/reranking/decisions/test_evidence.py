"""Cuts count what is called; their variance is compared with adding up every two pairs that share a group."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reranking.decisions.evidence import Cuts, PrecisionEvidence, surprise
from reranking.decisions.validation import ValidationPairs

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


def evidence_of(scores, targets, asked, groups=None):
    groups = np.arange(len(scores)) if groups is None else np.array(groups)
    codes = np.zeros(len(scores), dtype=np.int64)
    return PrecisionEvidence.of(ValidationPairs(np.array(scores), np.array(targets), codes, groups, groups), asked)


@pytest.mark.parametrize("asked", [0.5, 0.9, 1.0])
def test_independent_pairs_are_worth_as_many_as_they_are(asked):
    assert evidence_of([0.9, 0.8, 0.7], [1.0, 1.0, 1.0], asked).worth.tolist() == [1, 2, 3]


def test_pairs_of_one_group_are_worth_less_the_more_their_deviations_add_up():
    evidence = evidence_of([0.9, 0.8], [0.0, 1.0], 0.9, groups=[7, 7])
    assert evidence.worth[1] == pytest.approx(2 * (2 * 0.9 * 0.1) / (0.1 - 0.9) ** 2)
    assert evidence.error[1] == pytest.approx(0.8 / 2)


def test_a_bound_at_what_is_asked_holds_it():
    evidence = evidence_of([0.9, 0.8, 0.7, 0.6, 0.5], [1.0, 1.0, 0.0, 1.0, 0.0], 0.75)
    assert evidence.threshold(evidence.bound(0.0)) == pytest.approx(0.55)


def test_calling_no_match_holds_nothing_and_calling_one_does():
    evidence = evidence_of([0.9, 0.8, 0.7], [0.0, 1.0, 0.0], 0.75)
    assert evidence.threshold(np.array([1.0, 0.0, 0.0])) == math.inf
    assert evidence.threshold(np.array([1.0, 1.0, 0.0])) == pytest.approx(0.75)
