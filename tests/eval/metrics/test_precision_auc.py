"""The metric against METRIC's table, against a slow and obvious oracle, and under what must not change it."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import auc, precision_recall_curve

from eval.metrics.curves import rank_pairs
from eval.metrics.precision_auc import legacy, measure, weighted
from indexing.errors import InputError


def ranked(*runs):
    """Scores falling by one a pair over runs of (target, how many)."""
    targets = np.concatenate([np.full(count, float(target)) for target, count in runs])
    return np.arange(len(targets), 0, -1, dtype=float), targets


def constant(positives, negatives):
    return np.full(positives + negatives, 0.5), np.repeat([1.0, 0.0], [positives, negatives])


CASES = [
    ("perfect ranking", ranked((1, 30), (0, 70)), 1, 1),
    ("constant score, 30 % positives", constant(30, 70), None, 0),
    ("constant score, 80 % positives", constant(80, 20), 0.90, 0.90),
    ("constant score, 76 % positives", constant(76, 24), 0.88, 0.88),
    ("no positives", ranked((0, 20)), None, 0),
    ("all positives, any score", ranked((1, 20)), 1, 1),
    ("all positives, constant score", constant(20, 0), 1, 1),
    ("one positive on top, then only negatives", ranked((1, 1), (0, 20)), 1, 1),
    ("a negative on top and 0.75 never reached", ranked((0, 1), (1, 2), (0, 20)), None, 0),
    ("1 negative on top, then 29 positives", ranked((0, 1), (1, 29)), 0.917, 0.880),
    ("3 positives, 5 negatives, 27 positives", ranked((1, 3), (0, 5), (1, 27)), 0.807, 0.754),
    ("3 positives, 20 negatives, 27 positives", ranked((1, 3), (0, 20), (1, 27)), 0.10, 0.10),
]


@pytest.mark.parametrize(("pairs", "expected"), [c[1:3] for c in CASES], ids=[c[0] for c in CASES])
def test_legacy_has_the_value_of_the_table(pairs, expected):
    value = legacy(*pairs, np.zeros(len(pairs[0]), dtype=np.int64))
    assert value is None if expected is None else value == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(("pairs", "expected"), [(c[1], c[3]) for c in CASES], ids=[c[0] for c in CASES])
def test_weighted_has_the_value_of_the_table(pairs, expected):
    assert weighted(*pairs, np.zeros(len(pairs[0]), dtype=np.int64)) == pytest.approx(expected, abs=5e-4)


def slow_values(scores, targets, level, weights=None):
    """One category with scikit-learn: (weighted, legacy or None, strict, recall at precision)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns when there are no positives
        precision, recall, _ = precision_recall_curve(targets, scores, sample_weight=weights)
    if not targets.any() or (weights is not None and not (targets * weights).any()):
        return 0.0, None, 0.0, 0.0
    precision, recall = precision[::-1], recall[::-1]
    kept = [i for i in range(len(precision)) if precision[i] >= level]
    if len(kept) < 2:
        return 0.0, None, 0.0, 0.0
    k = kept[-1]
    strict = sum(precision[i] * (recall[i] - recall[i - 1]) for i in range(1, k + 1))
    return auc(recall[: k + 1], precision[: k + 1]), auc(recall[kept], precision[kept]), strict, recall[k]


def slow_means(scores, targets, categories, level, weights=None):
    """(weighted, legacy or None, strict) by a plain loop over categories."""
    heavy = np.ones(len(scores)) if weights is None else weights
    shares, rows = [], []
    for code in np.unique(categories):
        inside = categories == code
        if heavy[inside].sum() == 0:
            continue
        shares.append(heavy[inside].sum())
        rows.append(slow_values(scores[inside], targets[inside], level, None if weights is None else heavy[inside]))
    kept = [(w, r[1]) for w, r in zip(shares, rows, strict=True) if r[1] is not None]
    first = sum(w * v for w, v in kept) / sum(w for w, _ in kept) if kept else None
    means = [sum(w * r[i] for w, r in zip(shares, rows, strict=True)) / sum(shares) for i in (0, 2)]
    return means[0], first, means[1]


@st.composite
def pairs(draw):
    size = draw(st.integers(1, 60))
    distinct = draw(st.integers(1, 40))
    generator = np.random.default_rng(draw(st.integers(0, 10_000)))
    scores = generator.integers(0, distinct, size) / distinct
    targets = (generator.random(size) < draw(st.floats(0, 1)) * (0.5 + scores)).astype(float)
    return scores, targets, generator.integers(0, 4, size) * 7 - 3


levels = st.sampled_from([0.5, 0.75, 0.9, 1.0])


@given(pairs(), levels)
def test_weighted_legacy_and_strict_equal_the_slow_oracle(data, level):
    values = measure(rank_pairs(*data), level)
    slow = slow_means(*data, level)
    assert weighted(*data, level) == pytest.approx(slow[0], abs=1e-12)
    first = legacy(*data, level)
    assert first is None if slow[1] is None else first == pytest.approx(slow[1], abs=1e-12)
    assert values.mean(values.strict) == pytest.approx(slow[2], abs=1e-12)


@st.composite
def finite_scores(draw):
    """Pairs whose scores are any finite numbers of a type, few enough to be tied now and then."""
    dtype, width = draw(st.sampled_from([(np.float32, 32), (np.float64, 64), (np.float64, 32)]))
    known = draw(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=width), min_size=1, max_size=8))
    size, random = draw(st.integers(1, 40)), np.random.default_rng(draw(st.integers(0, 10_000)))
    scores = random.choice(np.array(known, dtype=dtype), size)
    return scores, (random.random(size) < draw(st.floats(0, 1))).astype(float), random.integers(0, 3, size)


@given(finite_scores(), levels)
def test_any_finite_scores_have_the_value_of_the_slow_oracle(data, level):
    slow = slow_means(*data, level)
    assert weighted(*data, level) == pytest.approx(slow[0], abs=1e-12)
    values = measure(rank_pairs(*data), level)
    assert values.mean(values.strict) == pytest.approx(slow[2], abs=1e-12)


FARTHEST = [(np.float32, 3.3e38, -3.3e38), (np.float32, 3e-45, 1e-45), (np.float32, 1e-38, -1e-38)]
FARTHEST += [(np.float64, 1.7e308, -1.7e308), (np.float64, 1e300, 0), (np.float64, 1e-310, 0)]


@pytest.mark.parametrize(("dtype", "high", "low"), FARTHEST)
def test_scores_as_far_apart_or_as_near_as_can_be_are_ranked(dtype, high, low):
    scores, codes = np.array([high, low, high, low, high], dtype=dtype), np.zeros(5, dtype=np.int64)
    assert weighted(scores, np.array([1.0, 0.0, 1.0, 0.0, 1.0]), codes) == 1
    assert weighted(scores, np.array([0.0, 1.0, 0.0, 1.0, 0.0]), codes) == 0


@given(pairs(), levels)
def test_each_category_equals_the_slow_oracle(data, level):
    values = measure(rank_pairs(*data), level)
    for place, code in enumerate(values.categories):
        inside = data[2] == code
        slow = slow_values(data[0][inside], data[1][inside], level)
        assert values.weighted[place] == pytest.approx(slow[0], abs=1e-12)
        assert values.recall_at_precision[place] == pytest.approx(slow[3], abs=1e-12)
        assert (values.pairs[place], values.positives[place]) == (inside.sum(), data[1][inside].sum())


@given(pairs(), levels, st.integers(0, 1000))
def test_whole_number_weights_are_as_good_as_repeated_pairs(data, level, seed):
    times = np.random.default_rng(seed).integers(0, 4, len(data[0]))
    times[0] = 1
    repeated = [np.repeat(column, times) for column in data]
    value = weighted(*data, level, weights=times.astype(float))
    assert value == pytest.approx(weighted(*repeated, level), abs=1e-12)
    assert value == pytest.approx(slow_means(*data, level, times.astype(float))[0], abs=1e-12)


@given(pairs(), levels)
def test_a_monotone_transform_changes_nothing(data, level):
    scores, *rest = data
    assert weighted(np.exp(3 * scores) - 5, *rest, level) == weighted(scores, *rest, level)
    assert legacy(np.exp(3 * scores) - 5, *rest, level) == legacy(scores, *rest, level)


@given(pairs(), levels, st.integers(0, 1000))
def test_the_order_of_the_pairs_changes_nothing(data, level, seed):
    order = np.random.default_rng(seed).permutation(len(data[0]))
    assert weighted(*(column[order] for column in data), level) == weighted(*data, level)


@given(pairs(), levels)
def test_the_threshold_holds_the_precision_and_reaches_the_recall(data, level):
    scores, targets, categories = data
    values = measure(rank_pairs(*data), level)
    for place, code in enumerate(values.categories):
        threshold = values.threshold[place]
        if np.isnan(threshold):
            assert values.recall_at_precision[place] == 0
            continue
        called = (categories == code) & (scores >= threshold)
        true = targets[categories == code].sum()
        assert targets[called].mean() >= level
        assert targets[called].sum() / true == pytest.approx(values.recall_at_precision[place])


def test_trailing_negatives_do_not_lower_the_threshold():
    scores, targets = ranked((1, 9), (0, 3))
    values = measure(rank_pairs(scores, targets))
    assert values.threshold[0] == scores[8]


def test_a_constant_score_gets_its_trivial_floor():
    scores, targets = constant(80, 20)
    values = measure(rank_pairs(scores, targets))
    assert values.trivial[0] == pytest.approx(0.9) == values.weighted[0]
    assert values.strict[0] == pytest.approx(0.8)


def test_a_category_that_fails_lowers_weighted_and_raises_legacy():
    good, bad = ranked((1, 10), (0, 10)), ranked((0, 20))
    joined = [np.concatenate(columns) for columns in zip(good, bad, strict=True)]
    categories = np.repeat([0, 1], 20)
    assert weighted(*joined, categories) == pytest.approx(0.5)
    assert legacy(*joined, categories) == pytest.approx(1.0)


def test_float32_scores_are_compared_as_they_are():
    scores, targets, categories = np.float32([0.1, 0.2, 0.3]), np.array([0.0, 1.0, 1.0]), np.zeros(3, dtype=np.int64)
    assert weighted(scores, targets, categories) == 1


def test_boolean_scores_can_be_measured():
    assert weighted(np.array([True, False]), np.array([1.0, 0.0]), np.zeros(2, dtype=np.int64)) == 1


def test_nan_scores_are_refused_with_their_rows():
    with pytest.raises(InputError, match=r"2 scores are NaN \(at positions 1, 3\)"):
        weighted(np.array([1, np.nan, 2, np.nan]), np.ones(4), np.zeros(4, dtype=np.int64))


@pytest.mark.parametrize("level", [0, -1, 1.01, float("nan")])
def test_a_level_that_is_no_precision_is_refused(level):
    with pytest.raises(InputError, match="precision level"):
        weighted(np.ones(2), np.ones(2), np.zeros(2, dtype=np.int64), level)


def test_no_pairs_are_refused():
    with pytest.raises(InputError, match="no pairs"):
        weighted(np.ones(0), np.ones(0), np.zeros(0, dtype=np.int64))


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="2 scores, 3 targets"):
        weighted(np.ones(2), np.ones(3), np.zeros(2, dtype=np.int64))


@settings(max_examples=20)
@given(st.integers(2, 50))
def test_categories_may_be_any_codes(size):
    generator = np.random.default_rng(size)
    data = generator.random(size), (generator.random(size) < 0.5).astype(float)
    codes = generator.integers(0, 3, size)
    assert weighted(*data, codes) == weighted(*data, np.array([10**12, -5, 0])[codes])


def test_weights_that_are_all_zero_are_refused():
    with pytest.raises(InputError, match="all weights are 0"):
        weighted(np.ones(2), np.ones(2), np.zeros(2, dtype=np.int64), weights=np.zeros(2))


@given(pairs(), levels, st.integers(0, 1000))
def test_every_value_of_weighed_categories_is_that_of_repeated_pairs(data, level, seed):
    times = np.random.default_rng(seed).integers(1, 4, len(data[0]))
    weighed = measure(rank_pairs(*data), level, weights=times / 8)
    repeated = measure(rank_pairs(*(np.repeat(column, times) for column in data)), level)
    assert weighed.pairs == pytest.approx(repeated.pairs / 8)
    for name in ("weighted", "legacy", "strict", "recall_at_precision", "threshold", "trivial"):
        np.testing.assert_allclose(getattr(weighed, name), getattr(repeated, name), atol=1e-12)


def test_a_category_without_weight_is_worth_nothing():
    scores, targets = ranked((1, 4))
    values = measure(rank_pairs(scores, targets, np.array([0, 0, 1, 1])), weights=np.array([0.0, 0, 1, 1]))
    assert (values.pairs.tolist(), values.positives.tolist()) == ([0, 2], [0, 2])
    assert (values.weighted.tolist(), values.trivial.tolist()) == ([0, 1], [0, 1])


@pytest.mark.parametrize(("positives", "trivial"), [(30, 0.0), (75, 0.875), (100, 1.0)])
def test_a_constant_score_is_worth_something_where_enough_pairs_are_matches(positives, trivial):
    values = measure(rank_pairs(*constant(positives, 100 - positives)))
    assert values.trivial[0] == pytest.approx(trivial) == values.weighted[0]


@pytest.mark.parametrize("codes", [[-3, 4], [0, 2**16], [1, 2**16 + 1], [5, 2**17 - 1], [7, 3**16 - 1]])
def test_categories_come_by_rising_code_whatever_its_size(codes):
    scores, targets = ranked((1, 2), (0, 2), (1, 2))
    ranking = rank_pairs(scores, targets, np.array(codes)[[1, 0, 1, 0, 1, 0]])
    assert ranking.categories.tolist() == codes
    assert ranking.points().pairs.tolist() == [3, 3]
    assert ranking.order.tolist() == [1, 3, 5, 0, 2, 4]


def test_without_matches_no_point_has_recall():
    scores, targets = ranked((0, 50))
    assert rank_pairs(scores, targets).points().recall.tolist() == [0.0] * 50
