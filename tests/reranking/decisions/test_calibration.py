"""Calibration finds the probabilities behind scores, and gives a category a map of its own only where that pays."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from indexing.storage.records import read_record, stored_record
from reranking.decisions.calibration import (
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
