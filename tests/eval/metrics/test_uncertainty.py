"""All intervals of a report come from the same draws, each as if it had been measured alone."""

import numpy as np
import pyarrow as pa
import pytest

from eval.inputs.joining import JudgedPairs
from eval.metrics.curves import rank_pairs
from eval.metrics.intervals import Draws, PairGroups, decision_intervals, draw_weights, weighted_interval
from eval.metrics.proportions import proportion_bounds
from eval.metrics.uncertainty import measure_uncertainty

DRAWS = Draws(rounds=60, confidence=0.8, seed=2)
LEVEL = 0.6


def judged(scores, targets):
    size = len(scores)
    left, right = np.arange(size) * 2, np.arange(size) * 2 + 1
    rows, swapped = np.arange(size), np.zeros(size, dtype=bool)
    return JudgedPairs(
        pa.array(left), pa.array(right), left, right, 2 * size, targets, scores, rows, swapped, np.clip(scores, 0, 1)
    )


@pytest.fixture
def measured():
    """240 pairs of two categories, and a third of one pair; what is measured of them, and what it is made of."""
    generator = np.random.default_rng(6)
    scores = generator.random(241)
    targets = (generator.random(241) < scores).astype(float)
    codes = np.append(np.arange(240) % 2, 2)
    groups = PairGroups(np.append(np.arange(240) // 3, 500), np.append(np.arange(240) // 3 + 1, 500))
    decisions = [scores > at for at in (0.5, 0.6, 0.7)]
    found = measure_uncertainty(
        rank_pairs(scores, targets, codes), judged(scores, targets), codes, groups, level=LEVEL, draws=DRAWS,
        **dict(zip(("held", "match", "match_f1"), decisions, strict=True)),
    )  # fmt: skip
    return found, scores, targets, codes, groups, decisions


def test_the_headline_is_measured_at_the_level_asked_for(measured):
    found, scores, targets, codes, groups, _ = measured
    assert found.weighted == weighted_interval(scores, targets, codes, groups, DRAWS, level=LEVEL)
    assert found.weighted != weighted_interval(scores, targets, codes, groups, DRAWS)


def test_decisions_have_the_intervals_that_they_have_alone(measured):
    found, _, targets, _, groups, (_, match, match_f1) = measured
    assert found.precision == decision_intervals(match, targets, groups, DRAWS)
    assert found.f1 == decision_intervals(match_f1, targets, groups, DRAWS)


def test_a_category_has_the_interval_of_its_pairs_over_the_draws_that_have_any(measured):
    found, _, _, codes, groups, _ = measured
    rounds = np.zeros(3, dtype=int)
    for weights in draw_weights(groups, DRAWS):
        rounds += np.bincount(codes, weights=weights) > 0
    assert [interval.rounds for interval in found.categories] == rounds.tolist()
    assert rounds[2] < DRAWS.rounds == rounds[0]


def test_what_was_held_in_a_category_has_the_bounds_of_what_was_called_there(measured):
    found, _, targets, codes, groups, (held, *_) = measured
    own = (codes == 1) & held
    expected = proportion_bounds(targets[own] == 1, groups.left[own], groups.right[own], DRAWS.confidence)
    assert (found.held[1].low, found.held[1].high) == expected
    assert expected[0] < targets[own].mean() < expected[1]


def test_recall_has_the_bounds_of_the_matches_that_were_called(measured):
    found, _, targets, _, groups, (_, match, _) = measured
    true = targets == 1
    expected = proportion_bounds(match[true], groups.left[true], groups.right[true], DRAWS.confidence)
    assert (found.precision.recall.low, found.precision.recall.high) == expected


def test_decisions_that_are_all_right_are_not_surely_so():
    scores, targets = np.arange(16) / 16, np.repeat([0.0, 1.0], 8)
    alone, called = np.arange(16), scores >= 0.5
    found = measure_uncertainty(
        rank_pairs(scores, targets), judged(scores, targets), np.zeros(16, dtype=np.int64), PairGroups(alone, alone),
        level=LEVEL, draws=Draws(rounds=5), held=called, match=called, match_f1=None,
    )  # fmt: skip
    for share in (found.held[0], found.precision.precision, found.precision.recall):
        assert (share.low, share.high, share.rounds) == (pytest.approx(0.6306, abs=1e-4), 1.0, 0)
