"""The share of matches among scored pairs, found without labels."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from reranking.decisions.calibration import Calibration, IsotonicMap
from reranking.decisions.prior import (
    CallRates,
    ShareCounts,
    ShareReference,
    at_their_own_share,
    counts_of,
    estimate_share,
    moved,
)
from reranking.decisions.prior_shift import Validation
from reranking.decisions.validation import ValidationPairs

CALLED = 0.55  # from this score on pairs are called
SEPARATION = 2.5  # standard deviations between the scores of matches and of others


def drawn(count, share, seed, *, separation=SEPARATION):
    """Scores from 0 to 1 and targets of so many pairs, of which a share are matches: spread alike whatever the share."""
    random = np.random.default_rng(seed)
    targets = (random.random(count) < share).astype(float)
    return 1 / (1 + np.exp(-(random.normal(size=count) + separation * (targets - 0.5)))), targets


def posterior(scores, share):
    """The true probability of a match by the score, where a share are matches."""
    odds = SEPARATION * np.log(scores / (1 - scores)) + np.log(share / (1 - share))
    return 1 / (1 + np.exp(-odds))


def validation(count=20_000, share=0.3, *, categories=1, seed=0):
    scores, targets = drawn(count, share, seed)
    codes = np.arange(count) % categories
    groups = np.arange(count)
    return Validation(ValidationPairs(scores, targets, codes, groups, groups + count), tuple("abcd"[:categories]))


def calibrated(share=0.3):
    knots = np.linspace(0.001, 0.999, 999)
    return Calibration(IsotonicMap(tuple(knots.tolist()), tuple(posterior(knots, share).tolist())), {})


def scored(count, share, seed, *, separation=SEPARATION, name="a", before=0.3):
    scores, targets = drawn(count, share, seed, separation=separation)
    decided = int((scores >= CALLED).sum())
    return counts_of(posterior(scores, before), [name], np.zeros(count, dtype=int), decided), targets.mean()


@pytest.fixture(scope="module")
def reference():
    return validation().reference(calibrated(), CALLED)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3, 0.6, 0.9])
def test_the_share_is_found_within_a_tenth_and_so_it_is_by_the_calls(reference, share):
    for seed in range(5):
        counts, true = scored(5000, share, seed + 1)
        found = estimate_share(counts, reference)
        assert found.found == pytest.approx(true, rel=0.2 if share < 0.1 else 0.1)
        assert found.agree


def test_a_share_that_is_validations_is_no_sure_difference(reference):
    sure = [estimate_share(scored(5000, 0.3, seed)[0], reference).sure for seed in range(1, 21)]
    assert sum(sure) <= 1


@pytest.mark.parametrize("share", [0.1, 0.6])
def test_another_share_is_surely_there(reference, share):
    found = estimate_share(scored(5000, share, 3)[0], reference)
    assert found.sure
    assert np.sign(found.found - found.expected) == np.sign(share - 0.3)
    assert found.expected == pytest.approx(0.3, abs=0.01)


def test_pairs_in_groups_make_the_share_less_sure():
    scores, targets = drawn(400, 0.3, 0)
    alone = Validation(
        ValidationPairs(scores, targets, np.zeros(400, int), np.arange(400), np.arange(400) + 400), ("a",)
    )
    repeated = ValidationPairs(
        *(np.repeat(column, 20) for column in (scores, targets)),
        np.zeros(8000, int),
        np.arange(8000) // 20,
        np.arange(8000),
    )
    one, many = alone.reference(calibrated(), CALLED), Validation(repeated, ("a",)).reference(calibrated(), CALLED)
    assert one.design_effect < 2 < 15 < many.design_effect
    counts, _ = scored(8000, 0.3, 1)
    assert (
        estimate_share(counts, many).error
        > 2 * estimate_share(counts, validation(8000).reference(calibrated(), CALLED)).error
    )


def test_scores_that_are_spread_otherwise_make_both_ways_disagree(reference):
    scores = np.tile([0.56, 0.02], 5000)  # half are called, but none looks like a sure match
    counts = counts_of(posterior(scores, 0.3), ["a"], np.zeros(10_000, dtype=int), 5000)
    found = estimate_share(counts, reference)
    assert found.found < 0.1 < 0.5 < found.black_box
    assert not found.agree


def test_a_category_of_few_pairs_goes_with_all_pairs():
    reference = validation(categories=2).reference(calibrated(), CALLED)
    many, few = scored(20_000, 0.05, 1)[0], scored(20, 0.9, 2, name="b")[0]
    together = ShareCounts({**many.counts, **few.counts}, many.called + few.called)
    found = estimate_share(together, reference).by_category
    assert found["a"] == pytest.approx(0.05, abs=0.01)
    assert found["b"] < 0.2  # its own 0.9 weighs as 20 pairs do against 200


def test_a_category_that_validation_lacks_is_shifted_like_all(reference):
    counts, _ = scored(5000, 0.1, 1, name="new")
    assert estimate_share(counts, reference).by_category["new"] == pytest.approx(0.1, abs=0.02)


def of_categories(sizes, shares, *, seed, before):
    """Counts of pairs of each category: so many, of which a share are matches, calibrated at the share `before`."""
    together = ShareCounts()
    for place, name in enumerate(sizes):
        counts, _ = scored(sizes[name], shares[name], seed + place, name=name, before=before[name])
        together = ShareCounts({**together.counts, **counts.counts}, together.called + counts.called)
    return together


RICH, POOR = {"a": 0.5, "b": 0.5, "c": 0.5}, {"d": 0.05, "e": 0.05, "f": 0.05}
THRESHOLD = 0.6


def unlike_categories(sizes, seed=0):
    """A reference of rich and poor categories, each calibrated at its own share."""
    shares = RICH | POOR
    parts = [drawn(sizes[name], shares[name], seed + 50 + place) for place, name in enumerate(shares)]
    called = [np.concatenate([np.asarray(s[t == target] >= THRESHOLD) for s, t in parts]) for target in (1, 0)]
    rates = CallRates(called[0].mean(), called[1].mean(), {}, (len(called[0]), len(called[1])))
    counts = of_categories(sizes, shares, seed=seed + 50, before=shares)
    overall = sum(sizes[name] * shares[name] for name in shares) / sum(sizes.values())
    return ShareReference(counts, overall, shares, rates)


@pytest.mark.parametrize(("rich", "poor"), [(150, 1500), (1500, 150), (30, 3000)])
def test_another_mix_of_categories_is_no_shift_of_shares(rich, poor):
    reference = unlike_categories(dict.fromkeys("abcdef", 400))
    for seed in range(5):
        sizes = dict.fromkeys("abc", rich) | dict.fromkeys("def", poor)
        found = estimate_share(of_categories(sizes, RICH | POOR, seed=seed, before=RICH | POOR), reference)
        assert not found.sure
        assert found.agree
        assert found.found == pytest.approx(found.expected, rel=0.25)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_category_alone_is_measured_from_its_own_share(share):
    reference = unlike_categories(dict.fromkeys("abcdef", 2000))
    counts = of_categories({"a": 4000}, {"a": share}, seed=7, before=RICH)
    assert estimate_share(counts, reference).by_category["a"] == pytest.approx(share, abs=0.04)


@pytest.mark.parametrize("count", [1, 5])
def test_a_handful_of_pairs_says_little_and_is_never_sure_of_it(reference, count):
    for probability in (0.01, 0.05, 0.6, 0.9):
        counts = counts_of(np.full(count, probability), ["a"], np.zeros(count, dtype=int), 0)
        found = estimate_share(counts, reference)
        assert not found.sure
        assert 0.02 < found.found < 0.95


@pytest.mark.parametrize("design_effect", [1.0, 15.0])
def test_a_share_far_below_is_seen_though_no_pair_looks_like_a_match(reference, design_effect):
    there = replace(reference, design_effect=design_effect)
    counts, _ = scored(4000, 0.003, 2)
    found = estimate_share(counts, there)
    assert found.sure
    assert found.found < 0.03
    assert found.error < 1


@pytest.mark.parametrize("share", [0.003, 0.01, 0.99])
def test_both_ways_seldom_disagree_without_a_reason(share):
    held = validation()
    there = held.reference(calibrated(), CALLED)
    told = [estimate_share(scored(500, share, seed)[0], there).agree for seed in range(1, 41)]
    assert sum(told) >= 38


def test_validation_of_one_kind_is_no_reference():
    pairs = validation(100).pairs
    assert Validation(pairs.take(np.flatnonzero(pairs.targets == 1)), ("a",)).reference(calibrated(), CALLED) is None


def test_counts_add_up_over_blocks():
    scores, _ = drawn(1000, 0.3, 0)
    codes = np.arange(1000) % 2
    whole = counts_of(scores, ["a", "b"], codes, 7)
    parts = ShareCounts()
    for start in range(0, 1000, 300):
        part = slice(start, start + 300)
        parts.add(scores[part], pa.array(np.array(["a", "b"])[codes[part]], pa.large_string()), 0)
    assert whole.pairs == parts.pairs == 1000
    for name in "ab":
        np.testing.assert_array_equal(whole.counts[name], parts.counts[name])


def test_moved_probabilities_are_those_of_the_other_share():
    scores, _ = drawn(100, 0.3, 0)
    there = moved(posterior(scores, 0.3), np.full(100, 0.3), np.full(100, 0.05))
    np.testing.assert_allclose(there, posterior(scores, 0.05), rtol=1e-6)
    np.testing.assert_allclose(moved(np.array([0.0, 1.0]), np.full(2, 0.3), np.full(2, 0.9)), [0.0, 1.0], atol=1e-9)


def test_pairs_among_which_none_matches_are_not_likely_however_high_they_score(reference):
    scores, _ = drawn(20_000, 0.0, 8)
    given = posterior(scores, 0.3)
    names = pa.array(["a"] * len(given), pa.large_string())
    found = at_their_own_share(given, names, int((scores >= 0.55).sum()), reference)
    assert (given >= 0.5).mean() > 0.03
    assert (found >= 0.5).mean() < 0.005
    assert np.all(np.diff(found[np.argsort(given)]) >= 0)
