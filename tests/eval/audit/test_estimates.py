"""Estimates: exact where all is judged, unbiased where not, and intervals that hold the truth."""

from dataclasses import replace

import numpy as np
import pytest

from eval.audit.answered import Answered, audited_pairs
from eval.audit.estimates import estimate, group_weights, unseen_matches
from eval.audit.population import population_of
from eval.audit.sampling import design_sample, open_sample
from eval.metrics.intervals import Draws, PairGroups
from eval.metrics.precision_auc import weighted
from indexing.errors import InputError

LEVEL = 0.75


def audited(scores, targets, *, budget=300, seed=0, whole=False):
    """The sample that an audit judges, or the whole population judged."""
    population = population_of(scores)
    design = design_sample(population, budget, seed)
    sample = open_sample(1, design, population)
    asked = np.arange(len(targets)) if whole else np.zeros(0, dtype=np.int64)
    while not whole and (more := sample.to_ask(asked, targets[asked], budget)).size:
        asked = np.append(asked, more)
    sides = (side.take(asked) for side in (scores.left, scores.right))
    return audited_pairs(Answered(asked, sample.strata.codes[asked], targets[asked], *sides), design, population)


def true_values(scores, targets):
    called = scores.decisions["match"]
    codes = np.unique(np.array(scores.categories.to_pylist()), return_inverse=True)[1]
    return {
        "matches": targets.sum(),
        "precision": targets[called].mean(),
        "recall": targets[called].sum() / targets.sum(),
        "weighted": weighted(scores.values, targets, codes, LEVEL),
    }


def test_a_population_that_is_judged_whole_is_known(make_scores):
    scores, targets = make_scores(400)
    found = estimate(audited(scores, targets, budget=2000, whole=True), level=LEVEL)
    for name, value in true_values(scores, targets).items():
        measured = getattr(found, name)
        assert measured.value == pytest.approx(value), name
        assert (measured.interval.low, measured.interval.high) == pytest.approx((value, value))
    assert found.unseen == 0


def test_estimates_are_right_on_average_and_intervals_hold_the_truth(scored):
    scores, targets = scored
    true = true_values(scores, targets)
    found = [
        estimate(audited(scores, targets, seed=seed), level=LEVEL, draws=Draws(rounds=100, seed=seed))
        for seed in range(40)
    ]
    for name in ("matches", "precision", "recall"):
        measured = [getattr(one, name) for one in found]
        values = np.array([one.value for one in measured])
        assert abs(values.mean() - true[name]) < 3 * values.std() / np.sqrt(len(found)) + 0.005 * true[name]
        held = np.mean([one.interval.low <= true[name] <= one.interval.high for one in measured])
        assert held >= 0.85, name  # of 40: less than this at a true 0.95 is one in a thousand
        assert all(one.interval.low <= one.value <= one.interval.high for one in measured)


def test_strata_need_fewer_labels_than_chance(scored):
    scores, targets = scored
    sample = audited(scores, targets)
    rows = np.random.default_rng(0).permutation(len(targets))[:300]
    uniform = replace(
        sample,
        strata=np.zeros(300, dtype=np.int64),
        sizes=np.array([len(targets)]),
        likely=np.array([scores.probabilities.mean()]),
        targets=targets[rows],
        scores=scores.values[rows],
        called=scores.decisions["match"][rows],
        categories=np.zeros(300, dtype=np.int64),
        left=rows * 2,
        right=rows * 2 + 1,
    )
    widths = [
        one.interval.high - one.interval.low
        for one in (estimate(sample, level=LEVEL).precision, estimate(uniform, level=LEVEL).precision)
    ]
    assert widths[0] < 0.7 * widths[1]


def test_non_matches_alone_leave_room_for_matches(scored):
    scores, targets = scored
    found = estimate(audited(scores, np.where(scores.decisions["match"], targets, 0.0)), level=LEVEL)
    assert found.recall.value == 1.0
    assert found.recall.interval.low < 0.995
    assert found.unseen > 0


def test_unseen_matches_are_as_many_as_a_sample_would_miss(scored):
    sample = audited(*scored)
    one = replace(
        sample,
        strata=np.zeros(50, dtype=np.int64),
        sizes=np.array([1000]),
        likely=np.array([0.01]),
        targets=np.zeros(50),
        scores=np.zeros(50),
        called=np.zeros(50, dtype=bool),
        categories=np.zeros(50, dtype=np.int64),
        left=np.arange(50),
        right=np.arange(50) + 50,
    )
    most = unseen_matches(one, 0.95)
    assert (1 - 50 / 1000) ** most == pytest.approx(0.05)


def test_categories_with_too_few_judged_pairs_have_no_value_of_their_own(scored):
    sample = audited(*scored)
    found = estimate(sample, level=LEVEL)
    judged = np.bincount(sample.categories, minlength=len(sample.names))
    assert {category.category for category in found.categories} <= set(sample.names)
    for category in found.categories:
        assert category.judged == judged[sample.names.index(category.category)] >= 20
    assert len(found.categories) >= 2


def test_a_stratum_without_a_judged_pair_is_refused(scored):
    sample = audited(*scored)
    with pytest.raises(InputError, match=r"1 of .* strata have no judged pair: go on with the audit"):
        replace(sample, sizes=np.append(sample.sizes, 5), likely=np.append(sample.likely, 0.1))


def test_the_same_seed_gives_the_same_interval(scored):
    sample = audited(*scored)
    first, again = (estimate(sample, level=LEVEL, draws=Draws(seed=4)) for _ in range(2))
    assert first == again


def test_weights_vary_as_those_of_a_bootstrap_and_together_within_a_group():
    groups = PairGroups(np.array([0, 1, 2, 2, 5]), np.array([0, 3, 2, 4, 6]))
    weights = group_weights(groups, 40_000, np.random.default_rng(0))
    assert weights.mean(axis=0) == pytest.approx(np.ones(5), abs=0.03)
    assert weights.var(axis=0) == pytest.approx(np.ones(5), abs=0.1)
    together = np.corrcoef(weights.T)
    assert together[2, 3] > 0.3
    assert abs(together[0, 4]) < 0.03
