"""Calibration finds the probabilities behind scores, and gives a category a map of its own only where that pays."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from indexing.errors import InputError
from indexing.storage.records import read_record, stored_record
from reranking.decisions.calibration import (
    LEAST_OF_EACH,
    UNCALIBRATED,
    BetaMap,
    Calibration,
    IsotonicMap,
    calibrate,
    calibration_error,
    fit_beta,
    fit_isotonic,
    log_losses,
)
from reranking.decisions.validation import ValidationPairs

PAIRS = 4000
weights = st.floats(0, 5)
knots = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=6, unique_by=lambda k: k[0])


def pairs_of(*bendings, count=PAIRS, seed=0):
    """Pairs of categories whose probability of a match is the score to the power of its bending."""
    random = np.random.default_rng(seed)
    scores = random.random(count * len(bendings))
    codes = np.repeat(np.arange(len(bendings)), count)
    targets = (random.random(len(scores)) < scores ** np.array(bendings)[codes]).astype(float)
    groups = np.arange(len(scores))
    return ValidationPairs(scores, targets, codes, groups, groups)


@pytest.mark.parametrize("seed", range(4))
def test_the_map_of_many_pairs_is_the_same_whatever_the_threads(seed):
    random = np.random.default_rng(seed)
    targets = (random.random(60_000) < 0.1).astype(float)
    scores = (1 / (1 + np.exp(3 - 2.5 * targets - random.normal(size=60_000)))).astype(np.float32)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            found.append(fit_beta(scores, targets))
    assert found[0] == found[1]


@pytest.mark.parametrize("fit", [fit_beta, fit_isotonic])
def test_it_finds_the_probabilities_that_made_the_targets(fit):
    pairs = pairs_of(2.0, count=20_000)
    grid = np.linspace(0.1, 0.9, 9)
    np.testing.assert_allclose(fit(pairs.scores, pairs.targets).of(grid), grid**2, atol=0.05)


@pytest.mark.parametrize("fit", [fit_beta, fit_isotonic])
@given(st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=1, max_size=30))
def test_any_pairs_give_probabilities_that_rise_and_are_never_sure(fit, given_pairs):
    scores, targets = np.array([s / 10 for s, _ in given_pairs]), np.array([float(t) for _, t in given_pairs])
    found = fit(scores, targets).of(np.linspace(0, 1, 21))
    assert (np.diff(found) >= 0).all()
    assert ((found > 0) & (found < 1)).all()


def test_categories_that_are_alike_share_the_map():
    calibrated = calibrate(pairs_of(2.0, 2.0), ["phones", "cables"])
    assert [row.method for row in calibrated.report.categories] == ["shared", "shared"]
    assert calibrated.calibration.by_category == {}


def test_a_category_that_differs_has_a_map_of_its_own():
    calibrated = calibrate(pairs_of(0.4, 3.0), ["phones", "cables"])
    assert set(calibrated.calibration.by_category) == {"phones", "cables"}
    assert all(row.error < 0.03 < row.error_of_scores for row in calibrated.report.categories)


def test_a_category_of_few_matches_shares_the_map_however_it_differs():
    pairs = pairs_of(0.4, 3.0)
    few = pairs.take(np.flatnonzero((pairs.categories == 0) | (np.cumsum(pairs.categories) <= 20)))
    assert calibrate(few, ["phones", "cables"]).report.categories[1].method == "shared"


def test_the_error_after_is_less_than_before_and_judged_out_of_fold():
    calibrated = calibrate(pairs_of(3.0), ["rest"])
    assert calibrated.report.error < 0.03
    assert calibrated.report.error_of_scores == pytest.approx(0.25, abs=0.03)
    (row,) = calibrated.report.categories
    assert (row.error, row.error_of_scores, row.pairs) == (
        calibrated.report.error,
        calibrated.report.error_of_scores,
        PAIRS,
    )


def test_the_calibration_error_is_the_gap_meaned_over_pairs():
    probabilities, targets = np.array([0.15, 0.15, 1.0, 0.0]), np.array([1.0, 0.0, 1.0, 0.0])
    assert calibration_error(probabilities, targets) == pytest.approx(2 * 0.35 / 4)
    assert calibration_error(np.zeros(0), np.zeros(0)) == 0


def test_the_loss_is_the_logarithm_of_what_was_said_of_the_truth():
    np.testing.assert_allclose(log_losses(np.array([0.5, 0.25]), np.array([1.0, 0.0])), -np.log([0.5, 0.75]))


def test_a_single_group_is_calibrated_all_the_same():
    one = pairs_of(2.0, count=100)
    together = np.zeros(100, np.int64)
    calibrated = calibrate(ValidationPairs(one.scores, one.targets, one.categories, together, together), ["rest"])
    assert calibrated.report.error == calibrated.report.error_of_scores


def isotonic(knots):
    scores, heights = (sorted(column) for column in zip(*knots, strict=True))
    return IsotonicMap(tuple(s / 100 for s in scores), tuple(h / 100 for h in heights))


maps = st.one_of(st.builds(BetaMap, weights, weights, st.floats(-5, 5)), st.builds(isotonic, knots))


@given(maps, st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_a_higher_score_never_gets_a_lower_probability(one, scores):
    found = one.of(np.sort(np.array(scores))).astype(np.float32)
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


@given(maps, st.dictionaries(st.text(max_size=3), maps, max_size=2))
def test_it_comes_back_from_json(default, by_category):
    calibration = Calibration(default, by_category)
    stored = json.loads(json.dumps(stored_record(calibration)))
    assert read_record(stored, Calibration, where="it", remedy="again") == calibration


def test_without_anything_learned_probabilities_are_the_scores():
    scores = np.array([0.0, 0.2, 0.7, 1.0])
    np.testing.assert_allclose(UNCALIBRATED.of(scores, pa.array(["a"] * 4, pa.large_string())), scores, atol=1e-6)


def test_a_category_without_a_map_of_its_own_has_the_default():
    calibration = Calibration(IsotonicMap((0.5,), (0.1,)), {"phones": IsotonicMap((0.5,), (0.9,))})
    categories = pa.array(["phones", "cables", None], pa.large_string())
    assert calibration.of(np.array([0.5, 0.5, 0.5]), categories).tolist() == [0.9, 0.1, 0.1]


def test_knots_that_fall_are_refused():
    with pytest.raises(InputError, match="must rise"):
        IsotonicMap((0.1, 0.2), (0.5, 0.4))
    with pytest.raises(InputError, match="must rise"):
        IsotonicMap((0.1, 0.1), (0.4, 0.5))


def staircase(count=PAIRS, seed=0):
    """Scores whose probability of a match stands level over long stretches, as no beta map does."""
    random = np.random.default_rng(seed)
    scores = random.random(count)
    targets = (random.random(count) < np.array([0.05, 0.5, 0.95])[(scores * 3).astype(int)]).astype(float)
    return scores, targets


def joined(*categories):
    """Pairs of categories (scores, targets), each pair a group of its own."""
    scores, targets = (np.concatenate(columns) for columns in zip(*categories, strict=True))
    groups = np.arange(len(scores))
    codes = np.repeat(np.arange(len(categories)), [len(one) for one, _ in categories])
    return ValidationPairs(scores, targets, codes, groups, groups)


@pytest.mark.parametrize(
    ("pairs", "method"),
    [(pairs_of(2.0), "beta"), *((joined(staircase(seed=seed)), "isotonic") for seed in range(3))],
)
def test_the_map_of_all_is_the_one_that_suits_unseen_pairs_better(pairs, method):
    calibrated = calibrate(pairs, ["rest"])
    fit = {"beta": fit_beta, "isotonic": fit_isotonic}[method]
    assert calibrated.report.method == method
    assert calibrated.calibration.default == fit(pairs.scores, pairs.targets)


def test_each_category_has_the_map_that_suits_it_fitted_to_its_pairs():
    bent = pairs_of(0.4, seed=1)
    pairs = joined((bent.scores, bent.targets), staircase())
    calibrated = calibrate(pairs, ["phones", "cables"])
    assert [(row.category, row.method) for row in calibrated.report.categories] == [
        ("phones", "beta"),
        ("cables", "isotonic"),
    ]
    expected = {"phones": fit_beta(bent.scores, bent.targets), "cables": fit_isotonic(*staircase())}
    assert calibrated.calibration.by_category == expected


@pytest.mark.parametrize("bendings", [(2.0, 0.5), (2.0, 2.0)], ids=["own maps", "shared"])
def test_the_same_seed_judges_alike_and_another_otherwise(bendings):
    pairs = pairs_of(*bendings, count=300)
    first = calibrate(pairs, ["a", "b"], seed=3)
    assert first == calibrate(pairs, ["a", "b"], seed=3)
    assert first.report.error != calibrate(pairs, ["a", "b"], seed=4).report.error


@pytest.mark.parametrize(("rare", "own"), [(LEAST_OF_EACH - 1, False), (LEAST_OF_EACH, True)])
@pytest.mark.parametrize("kind", [0.0, 1.0], ids=["non-matches", "matches"])
def test_a_map_of_its_own_takes_enough_matches_and_enough_others(kind, rare, own):
    targets = np.r_[np.full(rare, kind), np.full(2000, 1 - kind)]
    odd = np.where(targets == kind, 0.5, np.random.default_rng(0).random(len(targets)))
    bent = pairs_of(2.0)
    calibrated = calibrate(joined((bent.scores, bent.targets), (odd, targets)), ["phones", "odd"])
    assert ("odd" in calibrated.calibration.by_category) == own


def test_a_map_that_nothing_speaks_for_is_not_taken():
    one = pairs_of(2.0, count=200)
    together = np.zeros(200, np.int64)  # one group: no fold can be judged by another
    calibrated = calibrate(ValidationPairs(one.scores, one.targets, one.categories, together, together), ["rest"])
    assert calibrated.report.categories[0].method == "shared"


@pytest.mark.parametrize(
    ("scores", "targets"),
    [([], []), ([0.9], [0.0]), ([0.2, 0.6, 0.8], [1.0, 0.0, 1.0]), ([0.3, 0.9] * 9, [1.0, 0.0] * 9)],
)
def test_of_few_pairs_the_beta_map_is_the_likeliest_near_leaving_scores_as_they_are(scores, targets):
    scores, targets = np.array(scores), np.array(targets)

    def loss(weights):
        probabilities = BetaMap(*np.abs(weights[:2]), weights[2]).of(scores)
        return (
            log_losses(probabilities, targets).sum()
            + ((np.r_[np.abs(weights[:2]), weights[2]] - [1, 1, 0]) ** 2).sum() / 2
        )

    best = minimize(loss, [1, 1, 0], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-12, "maxiter": 5000}).x
    found = fit_beta(scores, targets)
    assert (found.rising, found.falling, found.offset) == pytest.approx((*np.abs(best[:2]), best[2]), abs=1e-3)


def test_equal_scores_weigh_as_many_as_they_are():
    found = fit_isotonic(np.array([0.2, 0.2, 0.2, 0.4]), np.array([1.0, 1.0, 1.0, 0.0]))
    assert (found.scores, found.probabilities) == (pytest.approx((0.25,)), (0.75,))


def test_a_pure_stretch_is_as_sure_as_one_pair_more_of_the_other_kind_leaves_it():
    assert fit_isotonic(np.array([0.2, 0.4]), np.ones(2)).probabilities == (0.75,)
    assert fit_isotonic(np.array([0.2, 0.4]), np.zeros(2)).probabilities == (0.25,)


@pytest.mark.parametrize(
    ("probabilities", "error"), [([0.15, 0.85], 0.85), ([0.85, 0.95], 0.55), ([0.95, 1.0], 0.475), ([0.1, 0.2], 0.55)]
)
def test_gaps_of_different_parts_do_not_cancel_out(probabilities, error):
    assert calibration_error(np.array(probabilities), np.array([1.0, 0.0])) == pytest.approx(error)


@pytest.mark.parametrize(
    "weights", [(-0.1, 1.0, 0.0), (1.0, -0.1, 0.0), (np.nan, 1.0, 0.0), (np.inf, 1.0, 0.0), (1.0, 1.0, np.inf)]
)
def test_weights_that_would_let_probabilities_fall_are_refused(weights):
    with pytest.raises(InputError, match="both are finite and at least 0"):
        BetaMap(*weights)


@pytest.mark.parametrize(("scores", "probabilities"), [((), ()), ((0.1, 0.2), (0.5,)), ((), (0.5,))])
def test_knots_are_pairs_and_there_is_one_at_least(scores, probabilities):
    with pytest.raises(InputError, match="isotonic calibration with"):
        IsotonicMap(scores, probabilities)


def test_a_weight_counts_a_pair_as_often():
    random = np.random.default_rng(2)
    targets = (random.random(400) < 0.4).astype(float)
    scores = random.beta(1 + 3 * targets, 4 - 3 * targets)
    often = random.integers(1, 4, size=400)
    repeated = np.repeat(scores, often), np.repeat(targets, often)
    at = np.linspace(0, 1, 21)
    for fit in (fit_beta, fit_isotonic):
        one, other = fit(scores, targets, often.astype(float)), fit(*repeated)
        middle = slice(1, -1)  # ends depend on how many pairs there are
        np.testing.assert_allclose(one.of(at)[middle], other.of(at)[middle], atol=2e-3)
    error = calibration_error(scores, targets, often.astype(float))
    assert error == pytest.approx(calibration_error(*repeated))


def test_weights_move_the_probabilities_of_all_maps():
    bent = pairs_of(2.0)
    weights = np.where(bent.targets == 1, 1.0, 5.0)
    plain, weighed = (calibrate(replace(bent, weights=part), ["phones"]) for part in (None, weights))
    names = pa.array(["phones"] * len(bent), pa.large_string())
    found = weighed.calibration.of(bent.scores, names)
    assert np.average(found, weights=weights) == pytest.approx(np.average(bent.targets, weights=weights), abs=0.02)
    assert found.mean() < plain.calibration.of(bent.scores, names).mean() - 0.05
    assert weighed.report.error < 0.05
