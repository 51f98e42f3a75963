"""Bootstrap by product group."""

from statistics import NormalDist

import numpy as np
import pytest

from eval.metrics.intervals import (
    BLOCKS,
    Draws,
    PairGroups,
    bca_bounds,
    bootstrap,
    decision_intervals,
    draw_weights,
    leave_out_weights,
    weighted_interval,
)
from eval.metrics.precision_auc import weighted
from indexing.errors import InputError


def some_pairs(size=400, seed=0):
    generator = np.random.default_rng(seed)
    scores = generator.random(size)
    targets = (generator.random(size) < scores).astype(float)
    groups = PairGroups(generator.integers(0, 60, size), generator.integers(0, 60, size))
    return scores, targets, generator.integers(0, 3, size), groups


def test_a_pair_inside_a_group_weighs_m_and_between_two_groups_the_product():
    groups = PairGroups(np.array([5, 5, 9]), np.array([5, 9, 9]))
    for inside_five, between, inside_nine in draw_weights(groups, Draws(rounds=30, seed=1)):
        assert inside_five + inside_nine == 2  # two groups were drawn with replacement
        assert between == inside_five * inside_nine


def test_the_interval_holds_the_value_and_is_repeatable():
    *pairs, groups = some_pairs()
    first = weighted_interval(*pairs, groups, Draws(rounds=100, seed=3))
    assert first is not None
    assert first == weighted_interval(*pairs, groups, Draws(rounds=100, seed=3))
    assert first.low < weighted(*pairs) < first.high
    assert (first.confidence, first.rounds) == (0.95, 100)


def test_a_wider_confidence_gives_a_wider_interval():
    *pairs, groups = some_pairs()
    narrow = weighted_interval(*pairs, groups, Draws(rounds=100, confidence=0.5))
    wide = weighted_interval(*pairs, groups, Draws(rounds=100, confidence=0.95))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_a_perfect_ranking_has_an_interval_of_no_width_where_every_category_has_positives():
    targets = np.tile([1.0, 0.0], 20)
    groups = PairGroups(np.arange(40) // 2, np.arange(40) // 2)
    interval = weighted_interval(targets, targets, np.zeros(40, dtype=np.int64), groups, Draws(rounds=50))
    assert (interval.low, interval.high) == (1.0, 1.0)


def test_pairs_of_one_group_move_together():
    generator = np.random.default_rng(0)
    targets = np.repeat((generator.random(20) < 0.5).astype(float), 20)
    together = PairGroups(np.arange(400) // 20, np.arange(400) // 20)
    alone = PairGroups(np.arange(400), np.arange(400))
    called = np.ones(400, dtype=bool)
    wide = decision_intervals(called, targets, together, Draws(rounds=200)).precision
    narrow = decision_intervals(called, targets, alone, Draws(rounds=200)).precision
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_decisions_that_call_nothing_have_no_precision_interval():
    intervals = decision_intervals(np.zeros(4, dtype=bool), np.ones(4), PairGroups(np.arange(4), np.arange(4)), Draws())
    assert intervals.precision is None
    assert intervals.recall is not None
    assert intervals.f1 is not None
    assert (intervals.recall.low, intervals.f1.high) == (0.0, 0.0)
    assert intervals.recall.high == pytest.approx(0.602, abs=1e-3)  # none of 4, Clopper and Pearson


def test_rounds_in_which_nothing_was_drawn_are_left_out():
    groups = PairGroups(np.array([0]), np.array([1]))  # 1 of 2 draws has both groups
    sum_of, unknown = bootstrap(
        lambda weights: np.array([weights.sum(), np.nan]), np.array([1.0, np.nan]), groups, Draws(rounds=100)
    )
    assert 0 < sum_of.rounds < 100
    assert unknown is None


def test_an_interval_contains_its_value_where_one_false_match_decides():
    targets = np.r_[0.0, np.ones(40), np.zeros(10)]  # the best-scored is wrong: most draws are without it
    scores = np.arange(len(targets), 0, -1, dtype=float)
    codes = np.zeros(len(targets), dtype=np.int64)
    groups = PairGroups(np.arange(len(targets)), np.arange(len(targets)) + np.where(targets == 1, 0, 100))
    value = weighted(scores, targets, codes)
    interval = weighted_interval(scores, targets, codes, groups, Draws(rounds=200))
    assert interval.low <= value <= interval.high


def test_a_value_in_the_middle_of_even_draws_has_the_percentiles():
    drawn = np.arange(1001) / 1000
    assert bca_bounds(0.5, drawn, np.zeros(0), 0.9) == pytest.approx((0.05, 0.95), abs=1e-6)


def test_a_value_below_most_draws_moves_the_bounds_down():
    drawn = np.arange(1001) / 1000
    low, high = bca_bounds(0.3, drawn, np.zeros(0), 0.9)
    assert low < 0.05
    assert high < 0.95


def test_group_columns_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="3 left groups, 2 right"):
        PairGroups(np.arange(3), np.arange(2))


@pytest.mark.parametrize("wrong", [{"rounds": -1}, {"confidence": 1.0}, {"confidence": 0.0}])
def test_draws_that_cannot_be_are_refused(wrong):
    with pytest.raises(InputError):
        Draws(**wrong)


def test_without_rounds_there_is_no_interval():
    *pairs, groups = some_pairs()
    assert weighted_interval(*pairs, groups, Draws(rounds=0)) is None


EVEN = np.arange(1001) / 1000  # draws whose quantiles are their shares


def turned_shares(share_below, left_out, confidence):
    """The two shares of draws between which a BCa interval lies, after Efron (1987), with Python's normal distribution."""
    normal = NormalDist()
    gaps = [sum(left_out) / len(left_out) - value for value in left_out]
    spread = sum(gap**2 for gap in gaps)
    acceleration = sum(gap**3 for gap in gaps) / (6 * spread**1.5) if spread else 0.0
    bias = normal.inv_cdf(share_below)
    ends = [bias + normal.inv_cdf((1 + sign * confidence) / 2) for sign in (-1, 1)]
    return [normal.cdf(bias + end / (1 - acceleration * end)) for end in ends]


@pytest.mark.parametrize("left_out", [[0.1, 0.2, 0.9], [0.9, 0.8, 0.1, 0.85], [0.5, 0.5, 0.5, 0.501]])
def test_skewed_blocks_turn_the_bounds_as_efron_says(left_out):
    found = bca_bounds(0.3, EVEN, np.array([np.nan, *left_out]), 0.9)
    assert found == pytest.approx(turned_shares((300 + 0.5) / 1001, left_out, 0.9), abs=1e-6)


def test_blocks_that_all_give_the_same_turn_nothing():
    assert bca_bounds(0.3, EVEN, np.full(5, 0.25), 0.9) == bca_bounds(0.3, EVEN, np.zeros(0), 0.9)


def test_a_value_that_no_draw_reaches_counts_as_half_a_draw_from_the_end():
    drawn = EVEN[::100]  # 11 draws
    low, high = bca_bounds(-1.0, drawn, np.zeros(0), 0.5)
    assert (low, high) == (-1.0, pytest.approx(turned_shares(0.5 / 11, [0.0], 0.5)[1]))
    low, high = bca_bounds(2.0, drawn, np.zeros(0), 0.5)
    assert (low, high) == (pytest.approx(turned_shares(1 - 0.5 / 11, [0.0], 0.5)[0]), 2.0)


def test_each_group_is_left_out_once_with_all_pairs_that_touch_it():
    inside = np.arange(100)
    groups = PairGroups(np.r_[inside, inside], np.r_[inside, (inside + 1) % 100])
    weights = np.array(list(leave_out_weights(groups, 0)))
    assert len(weights) == BLOCKS
    assert (1 - weights[:, :100]).sum(axis=0).tolist() == [1.0] * 100
    assert set((1 - weights[:, :100]).sum(axis=1)) == {2, 3}
    np.testing.assert_array_equal(weights[:, 100:], weights[:, :100] * np.roll(weights[:, :100], -1, axis=1))


def test_an_interval_is_that_of_its_draws_and_blocks():
    scores, targets, codes, groups = some_pairs(120)
    draws = Draws(rounds=50, confidence=0.8, seed=4)

    def by_weights(weights):
        return weighted(scores, targets, codes, 0.6, weights=weights)

    drawn, left_out = (
        np.array([by_weights(one) for one in weights])
        for weights in (draw_weights(groups, draws), leave_out_weights(groups, draws.seed))
    )
    expected = bca_bounds(by_weights(np.ones(120)), drawn, left_out, 0.8)
    interval = weighted_interval(scores, targets, codes, groups, draws, level=0.6)
    assert (interval.low, interval.high) == pytest.approx(expected)
    assert expected != pytest.approx(bca_bounds(by_weights(np.ones(120)), drawn, np.zeros(0), 0.8))
