"""What validation pairs say of a model: thresholds, probabilities, and a warning where nothing can be a match."""

from dataclasses import replace

import numpy as np
import pytest

from reranking.decisions.asked_precision import AskedPrecision
from reranking.decisions.calibration import calibrate
from reranking.decisions.judgement import judge
from reranking.decisions.thresholds import decide
from reranking.decisions.validation import ValidationPairs

NAMES = ["phones", "cables", "chairs"]
ASKED = AskedPrecision(0.8, {"cables": 0.6})


@pytest.fixture
def pairs():
    """600 pairs of three categories; of the third, scores say nothing and a fifth are matches."""
    random = np.random.default_rng(2)
    codes, scores = np.arange(600) % 3, random.random(600)
    targets = (random.random(600) < np.where(codes == 2, 0.2, scores > 0.5)).astype(float)
    return ValidationPairs(scores, targets, codes, np.arange(600) // 2, np.arange(600) // 2 + 1000)


def test_it_holds_the_decisions_and_the_maps_of_its_seed(pairs):
    judged = judge(pairs, NAMES, asked=ASKED, seed=8)
    assert judged.decided == decide(pairs, NAMES, ASKED, seed=8)
    assert judged.calibrated == calibrate(pairs, NAMES, seed=8)
    assert judged.decided != decide(pairs, NAMES, ASKED)
    assert judged.calibrated != calibrate(pairs, NAMES)


def test_categories_in_which_nothing_is_called_are_named(pairs):
    judged = judge(pairs, NAMES, asked=ASKED, seed=0)
    (warning,) = judged.unsure_warnings()
    assert warning.startswith("nothing is called a match in chairs (100 times as many such labels would not do: ")
    assert judged.unsure == ("chairs",)
    assert judge(pairs.take(pairs.categories < 2), NAMES[:2], asked=ASKED, seed=0).unsure_warnings() == []


def few(groups, seed=0, of_each=12):
    """Pairs of so many product groups, a third of them matches, that scores part without a mistake."""
    random = np.random.default_rng(seed)
    numbers = np.repeat(np.arange(groups), of_each)
    targets = (np.arange(len(numbers)) % 3 == 0).astype(float)
    scores = random.random(len(numbers)) * 0.4 + 0.5 * targets
    return ValidationPairs(scores, targets, np.zeros(len(numbers), dtype=int), numbers, numbers)


def test_where_pairs_are_too_few_it_says_how_many_product_groups_more_are_needed():
    asked = AskedPrecision(0.95)
    found = judge(few(6), ["all"], asked=asked, seed=0)
    (warning,) = found.unsure_warnings()
    lacking = found.decided.lacking["all"]
    assert f"all (label pairs of about {lacking:,} more product groups)" in warning
    assert "--assume" in warning
    assert judge(few(6 + 2 * lacking), ["all"], asked=asked, seed=0).unsure == ()
    assert judge(few(6 + lacking // 3), ["all"], asked=asked, seed=0).unsure == ("all",)


def drawn(groups, code, random, apart=2.0):
    """Pairs of so many product groups of a category, of four pairs each, whose scores part matches and others roughly."""
    numbers = np.repeat(np.arange(groups), 4) + 1_000_000 * code + random.integers(1_000_000)
    targets = (random.random(len(numbers)) < 0.35).astype(float)
    scores = 1 / (1 + np.exp(-apart * (targets - 0.5) - random.normal(size=len(numbers))))
    return ValidationPairs(scores, targets, np.full(len(numbers), code), numbers, numbers)


def test_with_as_many_groups_more_as_it_says_about_half_have_a_threshold():
    """A small category beside a larger one, which does not grow with it."""
    enough = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        pairs = drawn(60, 0, random).followed_by(drawn(20, 1, random))
        lacking = decide(pairs, ["a", "b"], AskedPrecision(0.9)).lacking.get("b")
        if lacking is not None:
            more = pairs.followed_by(drawn(lacking, 1, random))
            enough.append("b" not in decide(more, ["a", "b"], AskedPrecision(0.9)).lacking)
    assert len(enough) > 15
    assert 0.35 < np.mean(enough) < 0.85


def test_a_category_without_pairs_lacks_what_all_together_lack():
    lacking = decide(few(6), ["all", "none"], AskedPrecision(0.95)).lacking
    assert lacking["none"] == lacking["all"] > 1


def test_the_best_guess_decides_where_that_is_asked_and_is_marked():
    found = judge(few(6), ["all"], asked=AskedPrecision(0.95, assume=True), seed=0)
    assert 0.4 < found.decided.thresholds.by_category["all"] <= 0.5
    assert found.decided.report.assumed == ("all",)
    assert found.decided.report.held[0].recall == 1
    (warning,) = found.unsure_warnings()
    assert warning.startswith("precision not assured in all (label pairs of about")


def test_of_few_labels_nothing_is_reckoned_by_a_model_that_more_of_them_change():
    judged = judge(few(6), ["all"], asked=AskedPrecision(0.95), seed=0)
    (warning,) = judged.unsure_warnings(few=True)
    assert warning.startswith("nothing is called a match in all (label more pairs and train again)")


def test_categories_that_lack_the_same_are_told_together_with_what_to_do_once():
    judged = judge(few(6), ["all", "none"], asked=AskedPrecision(0.95), seed=0)
    (warning,) = judged.unsure_warnings(few=True)
    assert warning.startswith("nothing is called a match in all, none (label more pairs and train again): no score")
    lacking = replace(judged.decided, lacking={"all": 3, "none": None, "other": 3})
    (warning,) = replace(judged, decided=lacking).unsure_warnings()
    assert "in all, other (label pairs of about 3 more product groups); none (100 times as many" in warning


def test_the_best_guess_never_decides_where_pairs_are_mixed(pairs):
    asked = AskedPrecision(0.8, {"cables": 0.6}, assume=True)
    assert judge(pairs, NAMES, asked=asked, seed=0).decided.report.assumed == ()
    plain, assuming = (judge(pairs, NAMES, asked=one, seed=0).decided.thresholds.by_category for one in (ASKED, asked))
    assert plain == assuming


def test_best_guesses_leave_the_thresholds_of_sure_categories_as_they_are():
    changed = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        pairs = (
            drawn(48, 0, random).followed_by(drawn(6, 1, random, apart=1.0)).followed_by(drawn(6, 2, random, apart=1.0))
        )
        plain, assuming = (decide(pairs, NAMES, AskedPrecision(0.8, assume=assume)) for assume in (False, True))
        changed += bool(assuming.report.assumed)
        for name, threshold in plain.thresholds.by_category.items():
            assert name in plain.lacking or assuming.thresholds.by_category[name] == threshold
    assert changed > 5
