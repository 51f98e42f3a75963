"""Models learned where matches are frequent, asked for 0.75, and pairs of which one in nine is a match."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from reranking.decisions.asked_precision import AskedPrecision
from reranking.decisions.judgement import judge
from reranking.decisions.prior import ShareCounts, ShareEstimate, estimate_share
from reranking.decisions.prior_shift import AskedPrior, Validation
from reranking.decisions.thresholds import called
from reranking.decisions.validation import ValidationPairs
from reranking.explain.promise_warnings import promise_warnings
from reranking.model.scores_writer import Calls, Scored
from reranking.model.scoring.prior_choice import PriorChoice, choose_prior

ASKED, MET = AskedPrecision(0.75), 0.11


def drawn(count, share, seed):
    random = np.random.default_rng(seed)
    targets = (random.random(count) < share).astype(float)
    scores = 1 / (1 + np.exp(-(random.normal(size=count) + 2.5 * (targets - 0.5))))
    return scores, targets, pa.array(["rest"] * count, pa.large_string())


@pytest.fixture(scope="module", params=[0.38, 0.44])
def model(request):
    """What decides by validation pairs of which so many are matches."""
    scores, targets, _ = drawn(6_000, request.param, seed=0)
    groups = np.arange(6_000)
    pairs = ValidationPairs(scores, targets, np.zeros(6_000, dtype=int), groups, groups + 6_000)
    made = judge(pairs, ("rest",), asked=ASKED, seed=0)
    calibration = made.calibrated.calibration
    return SimpleNamespace(
        validation=Validation(pairs, ("rest",)),
        report=SimpleNamespace(options=SimpleNamespace(seed=0), one_sided=(), decisions=None, without_labels=None),
        calibration=calibration,
        decisions=made.decided.thresholds,
        asked=ASKED,
        probabilities=calibration.of,
    )


@pytest.fixture(scope="module")
def scored():
    return drawn(20_000, MET, seed=1)


def decide(model, scored, kind):
    """What is called of scored pairs, and what is said of it."""
    scores, _, categories = scored
    counts = ShareCounts()
    decided = int((scores >= model.decisions.f1).sum())
    counts.add(model.probabilities(scores, categories), categories, decided)
    choice = choose_prior(model, AskedPrior(kind), counts)
    rows = called(scores, categories, choice.thresholds(model))
    expected = float(choice.probabilities(model, scores, categories)[rows].sum())
    said = Scored(choice, calls={"rest": Calls(int(rows.sum()), expected)})
    return rows, said


def test_what_is_asked_is_held_expected_and_not_warned_about(model, scored):
    rows, said = decide(model, scored, "estimate")
    held = scored[1][rows].mean()
    assert held >= 0.95 * ASKED.default
    assert said.expected_precision == pytest.approx(held, abs=0.03)
    assert said.choice.estimate.found == pytest.approx(MET, rel=0.1)
    assert promise_warnings(said, model) == []


def test_the_models_own_thresholds_hold_half_of_it_and_are_warned_about(model, scored):
    rows, said = decide(model, scored, "model")
    assert scored[1][rows].mean() < 0.5
    assert "--prior model leaves its thresholds" in promise_warnings(said, model)[0]


@pytest.mark.parametrize(("share", "moves"), [(MET, True), (0.7, False)])
def test_labels_of_one_kind_are_moved_to_fewer_matches_never_to_more(model, share, moves):
    """Pairs that they say nothing of look like many matches: to lower thresholds for these would call them."""
    report = SimpleNamespace(
        options=SimpleNamespace(seed=0), one_sided=("labels",), decisions=None, without_labels=None
    )
    one_sided = SimpleNamespace(**{**vars(model), "report": report})
    _, said = decide(one_sided, drawn(20_000, share, seed=1), "estimate")
    assert said.choice.estimate.sure
    assert (said.choice.shift is not None, said.choice.withheld) == (moves, None if moves else "labels")
    _, plain = decide(model, drawn(20_000, share, seed=1), "estimate")
    assert plain.choice.shift is not None
    assert plain.choice.withheld is None


@pytest.mark.parametrize(
    ("share", "kind", "withheld"), [(0.7, "estimate", True), (MET, "estimate", False), (0.7, "model", False)]
)
def test_calls_of_another_kind_move_no_threshold_down(model, share, kind, withheld):
    _, said = decide(model, drawn(20_000, share, seed=1), kind)
    found = said.choice.withhold()
    assert (found is not said.choice) == withheld
    if withheld:
        assert (found.shift, found.withheld, found.estimate) == (None, "kind", said.choice.estimate)


def doubted(model, *, likely=True, found=0.05, kind="estimate"):
    """A choice that leaves the model's share for one that is not surely another."""
    expected = model.validation.share
    estimate = ShareEstimate(expected, found, 0.5, None, {"rest": found}, sure=False, agree=True, likely=likely)
    return PriorChoice(AskedPrior(kind), estimate)


def test_where_fewer_matches_are_likely_probabilities_are_told_at_that_share_too(model):
    names = pa.array(["rest"] * 2, pa.large_string())
    scores = np.array([0.5, 0.9])
    before = model.probabilities(scores, names)
    after = doubted(model).at_found(model, scores, names)
    odds = 0.05 / 0.95 / (model.validation.share / (1 - model.validation.share))
    np.testing.assert_allclose(after / (1 - after), before / (1 - before) * odds)
    for choice in (doubted(model, likely=False), doubted(model, found=0.9), doubted(model, kind="model")):
        assert choice.at_found(model, scores, names) is None


def test_a_smaller_share_that_is_likely_takes_the_promise_back(model):
    calls = {"rest": Calls(100, 90.0)}
    (said,) = promise_warnings(Scored(doubted(model), calls=calls, matches_at_found=60.0), model)
    assert said.startswith("precision not assured: 0.050 of the pairs seem to be matches where the model expects")
    assert "0.60 is expected of all 100 calls" in said
    assert "--prior 0.050" in said
    assert promise_warnings(Scored(doubted(model), calls=calls, matches_at_found=74.0), model) == []
    assert promise_warnings(Scored(doubted(model), calls={}, matches_at_found=0.0), model) == []


def test_few_files_of_the_same_share_are_likely_another(model):
    """Twenty files as validation was; a difference of two standard errors downwards is there in one of forty."""
    reference = model.validation.reference(model.calibration, model.decisions.f1)
    found = 0
    for seed in range(20):
        scores, _, categories = drawn(1500, model.validation.share, seed=100 + seed)
        counts = ShareCounts()
        counts.add(model.probabilities(scores, categories), categories, int((scores >= model.decisions.f1).sum()))
        estimate = estimate_share(counts, reference)
        found += estimate.likely and estimate.found < estimate.expected
    assert found <= 2
