"""Thresholds and probabilities at another share of matches."""

import numpy as np
import pyarrow as pa
import pytest

from indexing.errors import InputError
from reranking.decisions.asked_precision import AskedPrecision
from reranking.decisions.calibration import UNCALIBRATED, calibrate
from reranking.decisions.prior import ShareCounts, counts_of, estimate_share
from reranking.decisions.prior_shift import AskedPrior, Validation, shift_to
from reranking.decisions.thresholds import decide, f1_threshold
from reranking.decisions.validation import ValidationPairs


def drawn(count, share, seed):
    random = np.random.default_rng(seed)
    targets = (random.random(count) < share).astype(float)
    return 1 / (1 + np.exp(-(random.normal(size=count) + 2.5 * (targets - 0.5)))), targets


def best_f1(validation):
    return f1_threshold(validation.pairs.scores, validation.pairs.targets, validation.pairs.weights)


@pytest.fixture(scope="module")
def validation():
    """12,000 pairs of two categories, of which 40 % and 20 % are matches."""
    parts = [drawn(6000, share, seed) for seed, share in enumerate((0.4, 0.2))]
    scores, targets = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    groups = np.arange(12_000)
    return Validation(ValidationPairs(scores, targets, np.repeat([0, 1], 6000), groups, groups + 12_000), ("a", "b"))


@pytest.mark.parametrize("share", [0.05, 0.1, 0.6])
@pytest.mark.parametrize("asked", [0.75, 0.9])
def test_precision_is_held_at_the_share_that_is_met(validation, share, asked):
    shift = shift_to({"a": share}, validation, AskedPrecision(asked), seed=0)
    scores, targets = drawn(60_000, share, 9)
    called = scores >= shift.thresholds.by_category["a"]
    assert asked - 0.01 <= targets[called].mean() <= asked + 0.08


@pytest.mark.parametrize("share", [0.003, 0.01])
def test_where_matches_become_rare_what_was_never_seen_counts(share):
    """Of 25 validations of 2,000 pairs, few choose a threshold that others, each worth up to a hundred matches, break."""
    held = []
    for seed in range(25):
        scores, targets = drawn(2000, 0.3, seed)
        groups = np.arange(2000)
        found = Validation(ValidationPairs(scores, targets, np.zeros(2000, int), groups, groups + 2000), ("a",))
        threshold = shift_to({"a": share}, found, AskedPrecision(0.75), seed=0).thresholds.by_category["a"]
        scores, targets = drawn(400_000, share, 99)
        called = scores >= threshold
        held.append(targets[called].mean() if called.any() else 1.0)
    assert sum(precision < 0.75 for precision in held) <= 6
    assert min(held) > 0.6


def test_a_category_without_matches_is_told_a_share_without_becoming_certain():
    scores, targets = drawn(540, 0.3, 0)
    targets[:40] = 0
    groups, codes = np.arange(540), np.repeat([1, 0], [40, 500])
    found = Validation(ValidationPairs(scores, targets, codes, groups, groups + 540), ("a", "b"))
    shift = shift_to({"b": 0.2}, found, AskedPrecision(0.75), seed=0)
    assert shift.probabilities(np.array([0.02]), pa.array(["b"], pa.large_string()))[0] < 0.2


def test_without_a_shift_the_thresholds_are_the_models(validation):
    shares, asked = validation.shares, AskedPrecision(0.8)
    shifted = shift_to(shares, validation, asked, seed=3).thresholds
    plain = decide(validation.pairs, validation.names, asked, seed=3).thresholds
    assert shifted.by_category == pytest.approx(plain.by_category)
    assert shifted.f1 == pytest.approx(plain.f1)


def test_categories_that_are_not_named_keep_their_thresholds_nearly(validation):
    asked = AskedPrecision(0.8)
    plain = decide(validation.pairs, validation.names, asked, seed=0).thresholds.by_category
    shifted = shift_to({"a": 0.05}, validation, asked, seed=0).thresholds.by_category
    assert shifted["a"] > plain["a"] + 0.1
    assert shifted["b"] == pytest.approx(plain["b"], abs=0.05)


def test_weights_count_a_pair_as_often(validation):
    pairs = validation.pairs.take(np.arange(0, 12_000, 6))
    times = np.where(pairs.targets == 1, 3, 1)
    weighed = ValidationPairs(
        pairs.scores, pairs.targets, pairs.categories, pairs.left_groups, pairs.right_groups, times.astype(float)
    )
    repeated = pairs.take(np.repeat(np.arange(len(pairs)), times))
    one, other = (decide(these, validation.names, AskedPrecision(0.8)).thresholds for these in (weighed, repeated))
    assert one.by_category == pytest.approx(other.by_category, abs=0.03)
    assert one.f1 == pytest.approx(other.f1, abs=0.005)


def test_probabilities_are_moved_by_category(validation):
    shift = shift_to({"a": 0.1, "b": 0.2}, validation, AskedPrecision(0.8), seed=0)
    categories = pa.array(["a", "b"], pa.large_string())
    low, same = shift.probabilities(np.array([0.5, 0.5]), categories)
    assert low == pytest.approx(0.1 / 0.9 / (0.4 / 0.6 + 0.1 / 0.9), abs=0.02)
    assert same == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("text", ["model", "estimate"])
def test_the_two_words_are_kinds(text):
    assert AskedPrior.parse(text) == AskedPrior(text)


@pytest.mark.parametrize(
    "text",
    ["0", "1", "1e-20", "0.9999999999999999", "1.5", "-0.1", "nan", "inf", "half", "", "shares.txt", "no such.yaml"],
)
def test_anything_else_that_is_no_share_is_refused(text):
    with pytest.raises(InputError):
        AskedPrior.parse(text)


def counted(**sizes):
    counts = ShareCounts()
    for name, size in sizes.items():
        counts.counts |= counts_of(np.full(size, 0.3), [name], np.zeros(size, dtype=int), 0).counts
    return counts


def test_a_share_of_all_moves_the_odds_of_each_category_alike(validation):
    told = AskedPrior.parse("0.1").told(counted(a=1000, b=3000), validation)
    assert (told["a"] + 3 * told["b"]) / 4 == pytest.approx(0.1)
    odds = {name: told[name] / (1 - told[name]) / (share / (1 - share)) for name, share in validation.shares.items()}
    assert odds["a"] == pytest.approx(odds["b"])


def test_the_share_of_the_others_is_told_of_categories_without_pairs_too(validation):
    sizes = ShareCounts({name: np.array([size]) for name, size in {"a": 1.0, "b": 3.0, "c": 0.0, "d": 0.0}.items()})
    told = AskedPrior("told", 0.3, {"a": 0.05, "b": 0.1}).told(sizes, validation)
    assert told == {"a": 0.05, "b": 0.1, "c": pytest.approx(0.3), "d": pytest.approx(0.3)}


def test_a_file_tells_categories_and_the_rest(validation, tmp_path):
    path = tmp_path / "shares.yaml"
    path.write_text("a: 0.05\ndefault: 0.3\n")
    told = AskedPrior.parse(str(path)).told(counted(a=10, b=10, c=30), validation)
    assert told["a"] == 0.05
    assert (told["b"] + 3 * told["c"]) / 4 == pytest.approx(0.3)
    path.write_text("{}\n")
    with pytest.raises(InputError, match="names no category"):
        AskedPrior.parse(str(path))
    path.write_text("aa: 0.5\n")
    with pytest.raises(InputError, match="--prior names 'aa', no evaluation category: there are a, b, c"):
        AskedPrior.parse(str(path)).told(counted(a=10, c=30), validation)
    path.write_text(f"a: {'9' * 400}\n")
    with pytest.raises(InputError, match="category 'a'"):
        AskedPrior.parse(str(path))
    path.write_text("a: 1.5\n")
    with pytest.raises(InputError, match="category 'a'"):
        AskedPrior.parse(str(path))


def thinned(keep, seed, count=30_000, share=0.1):
    """Return a validation whose others were thinned to a share `keep` of them, each of those kept weighing 1 / keep."""
    scores, targets = drawn(count, share, seed)
    kept = np.flatnonzero((targets == 1) | (np.random.default_rng(seed + 1000).random(count) < keep))
    groups = np.arange(len(kept))
    weights = np.where(targets[kept] == 1, 1.0, 1 / keep)
    columns = scores[kept], targets[kept], np.zeros(len(kept), dtype=int), groups, groups + count
    return Validation(ValidationPairs(*columns, weights), ("a",))


def test_weights_give_a_thinned_validation_its_share_back():
    found = thinned(0.1, 0)
    assert found.pairs.targets.mean() > 0.4
    assert found.share == pytest.approx(0.1, abs=0.01)
    assert found.shares["a"] == pytest.approx(found.share)


@pytest.mark.parametrize(("share", "sure"), [(0.1, False), (0.3, True), (0.02, True)])
def test_the_share_of_scored_pairs_is_found_against_the_weighed_one(share, sure):
    validation = thinned(0.2, 0)
    calibration = calibrate(validation.pairs, validation.names).calibration
    reference = validation.reference(calibration, best_f1(validation))
    scores, targets = drawn(20_000, share, 7)
    categories = pa.array(["a"] * len(scores), pa.large_string())
    decided = decide(validation.pairs, validation.names, AskedPrecision(0.75)).thresholds
    counts = ShareCounts()
    counts.add(calibration.of(scores, categories), categories, int((scores >= decided.f1).sum()))
    found = estimate_share(counts, reference)
    assert found.sure is sure
    assert found.agree
    assert found.found == pytest.approx(targets.mean(), rel=0.2)


def test_thresholds_of_a_thinned_validation_hold_where_it_was_thinned_from():
    validation = thinned(0.1, 3)
    threshold = decide(validation.pairs, validation.names, AskedPrecision(0.75)).thresholds.by_category["a"]
    scores, targets = drawn(100_000, 0.1, 11)
    called = scores >= threshold
    assert 0.75 <= targets[called].mean() <= 0.85
    assert targets[called].sum() > 0.25 * targets.sum()


def test_a_pair_moved_to_another_share_keeps_its_own_weight():
    """Thinned and weighed, and moved to a share, thresholds are about those of all pairs moved there."""
    shares, asked = {"a": 0.3}, AskedPrecision(0.75)
    found, whole = (
        shift_to(shares, part, asked, seed=0).thresholds.by_category["a"] for part in (thinned(0.2, 5), thinned(1, 5))
    )
    assert found == pytest.approx(whole, abs=0.04)


def test_thinning_counts_for_less_than_all_pairs():
    """Others that stand for ten tell less of the share than ten, though weights make them as many."""

    def effective(validation):
        reference = validation.reference(calibrate(validation.pairs, validation.names).calibration, best_f1(validation))
        return reference.counts.pairs / reference.design_effect

    assert effective(thinned(0.1, 0)) < effective(thinned(1, 0)) / 2


def test_independent_pairs_are_not_worth_less_because_they_weigh_unlike():
    """Of thinned pairs a third and more are matches, by their weights a tenth: about the wrong one they would seem to go together."""
    assert thinned(0.1, 0).reference(UNCALIBRATED, 0.5).design_effect < 1.1


def test_matches_alone_do_not_make_a_category_certain_where_matches_become_rare(validation):
    """Of forty matches no other is known, but others as they weigh in all categories may be among them."""
    alone, random = 20_000 + np.arange(40), np.random.default_rng(1)
    only = ValidationPairs(random.uniform(0.05, 0.95, 40), np.ones(40), np.full(40, 2), alone, alone)
    found = Validation(validation.pairs.followed_by(only), ("a", "b", "c"))
    shares = {"a": 0.4, "b": 0.2, "c": 0.01}
    few, common = (shift_to(shares, found, AskedPrecision(0.9), seed=0).thresholds.by_category[name] for name in "cb")
    assert few > common


def test_another_mix_of_categories_that_share_a_map_is_no_other_share():
    """A category of few validation pairs, hardly matches, is most of what is scored: the map of all is wrong there."""

    def two(common, rare, seed):
        parts = [
            drawn(count, share, seed + place) for place, (count, share) in enumerate(((common, 0.5), (rare, 0.03)))
        ]
        scores, targets = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        groups = np.arange(len(scores))
        codes = np.repeat([0, 1], [common, rare])
        return ValidationPairs(scores, targets, codes, groups, groups + len(groups))

    sure = 0
    for seed in range(0, 40, 4):
        found, scored = Validation(two(1800, 200, seed), ("a", "b")), two(400, 3600, seed + 2)
        calibration = calibrate(found.pairs, found.names).calibration
        assert "b" not in calibration.by_category
        probabilities = calibration.of(
            scored.scores, pa.array(found.names, pa.large_string()).take(pa.array(scored.categories))
        )
        counts = counts_of(probabilities, found.names, scored.categories, 0)
        sure += estimate_share(counts, found.reference(calibration, best_f1(found))).sure
    assert sure <= 1
