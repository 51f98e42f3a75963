"""Bounds of a share hold the truth where few pairs are counted, alone or in groups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from eval.metrics.proportions import independent_worth, proportion_bounds
from scripts.benchmarks.coverage import measure_precision


@pytest.mark.parametrize(("called", "precision"), [(8, 0.9), (10, 0.9), (30, 0.95)])
@pytest.mark.parametrize("kind", ["alone", "together"])
def test_few_called_pairs_hold_the_truth_as_often_as_is_said(kind, called, precision):
    found = measure_precision(kind, called, precision, seeds=(0,), samples=400)[0]
    assert found.coverage >= 0.95
    assert found.flat == 0


@given(st.integers(1, 200), st.data(), st.sampled_from([0.5, 0.9, 0.95]))
def test_independent_pairs_have_the_exact_bounds(count, data, confidence):
    right = data.draw(st.integers(0, count))
    alone = np.arange(count)
    found = proportion_bounds(alone < right, alone, alone, confidence)
    exact = binomtest(right, count).proportion_ci(confidence, method="exact")
    assert found == pytest.approx((exact.low, exact.high), abs=1e-9)


@st.composite
def called_pairs(draw):
    """Pairs of few product groups, some inside one and some between two, and which of them are right."""
    count, most = draw(st.integers(1, 60)), draw(st.integers(1, 20))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    left, right = random.integers(0, most, (2, count))
    inside = random.random(count) < draw(st.floats(0, 1))
    return random.random(count) < draw(st.floats(0, 1)), left, np.where(inside, left, right)


def slow_worth(hits, left, right, untold=4.0):
    """The effective number by a loop over all couples."""
    count, sharing, disagreeing = len(hits), 0, 0
    for one in range(count):
        for other in set(range(count)) - {one}:
            if {left[one], right[one]} & {left[other], right[other]}:
                sharing += 1
                disagreeing += hits[one] != hits[other]
    share = sum(hits) / count
    chance = 2 * share * (1 - share)
    agreement = 1 if not sharing or not chance else min(max(1 - disagreeing / (sharing * chance), 0), 1)
    seen = min(share, 1 - share) * count / (1 + sharing / count)
    trusted = (seen * agreement + untold) / (seen + untold)
    return max(count / (1 + trusted * sharing / count), 1)


@given(called_pairs())
def test_the_effective_number_is_that_of_a_loop_over_couples(pairs):
    assert independent_worth(*pairs) == pytest.approx(slow_worth(*pairs))


@given(called_pairs(), st.sampled_from([0.5, 0.95]))
def test_bounds_hold_the_share_and_are_never_equal(pairs, confidence):
    low, high = proportion_bounds(*pairs, confidence)
    assert 0 <= low <= pairs[0].mean() <= high <= 1
    assert high - low > 0.001


@given(called_pairs())
def test_turned_pairs_and_other_codes_have_the_same_bounds(pairs):
    hits, left, right = pairs
    codes = np.random.default_rng(1).permutation(20) * 10**9 - 5
    assert proportion_bounds(hits, codes[right], codes[left], 0.95) == proportion_bounds(*pairs, 0.95)


@pytest.mark.parametrize("right", [40, 38, 30])
def test_groups_widen(right):
    hits = np.arange(40) < right
    alone, tens = np.arange(40), np.arange(40) // 10
    few, many = proportion_bounds(hits, tens, tens, 0.95), proportion_bounds(hits, alone, alone, 0.95)
    assert few[0] < many[0]
    assert few[1] >= many[1]


def test_all_right_in_two_groups_is_worth_two():
    groups = np.arange(20) // 10
    assert independent_worth(np.ones(20, dtype=bool), groups, groups) == 2


def test_a_group_on_either_side_ties_pairs_together():
    hits, alone = np.ones(10, dtype=bool), np.arange(10)
    assert independent_worth(hits, alone, np.full(10, 99)) == 1
    assert independent_worth(hits, np.full(10, 99), alone) == 1
    assert independent_worth(hits, alone, alone + 100) == 10


def test_groups_whose_pairs_are_right_and_wrong_alike_count_nearly_in_full():
    groups = np.arange(4000) // 10
    freely = np.random.default_rng(0).random(4000) < 0.5
    together = (np.random.default_rng(0).random(400) < 0.5)[groups]
    assert independent_worth(freely, groups, groups) > 2000
    assert independent_worth(together, groups, groups) == pytest.approx(400, rel=0.01)
