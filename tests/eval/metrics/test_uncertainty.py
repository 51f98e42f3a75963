"""All intervals of a report come from the same draws, each as if it had been measured alone."""

import numpy as np
import pyarrow as pa
import pytest

from eval.inputs.joining import JudgedPairs
from eval.metrics.curves import rank_pairs
from eval.metrics.intervals import Draws, PairGroups, decision_intervals, draw_weights, weighted_interval
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


def test_what_was_held_in_a_category_is_its_precision(measured):
    found, _, targets, codes, groups, (held, *_) = measured
    own = codes == 1
    alone = [np.average(targets[own & held], weights=weights[own & held]) for weights in draw_weights(groups, DRAWS)]
    assert found.held[1].rounds == DRAWS.rounds
    assert min(alone) <= found.held[1].low < targets[own & held].mean() < found.held[1].high <= max(alone)
