"""Decisions hold the precision that is asked, on groups that did not choose, and say what that costs."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from reranking.decisions.asked_precision import AskedPrecision
from reranking.decisions.calibration import fit_beta
from reranking.decisions.thresholds import (
    CAUTIONS,
    LEAST_POSITIVES,
    Thresholds,
    called,
    decide,
    f1_threshold,
    read_thresholds,
)
from reranking.decisions.validation import ValidationPairs

OWN = Thresholds({"phones": 0.5, "cables": 0.9}, default=0.7, f1=0.4)


def pairs_of(*categories, groups=None):
    """Validation pairs, each a group of its own; a category is (scores, targets)."""
    scores = np.concatenate([scores for scores, _ in categories]).astype(float)
    targets = np.concatenate([targets for _, targets in categories]).astype(float)
    codes = np.repeat(np.arange(len(categories)), [len(scores) for scores, _ in categories])
    groups = np.arange(len(scores)) if groups is None else groups
    return ValidationPairs(scores, targets, codes, groups, groups)


def noisy(count, seed=0):
    """Scores that are the probabilities of a match."""
    random = np.random.default_rng(seed)
    scores = random.beta(0.4, 0.5, count)
    return scores, (random.random(count) < scores).astype(float)


def apart(matches, others, *, top=1.0):
    """Matches score `top`, the others score 0: the threshold is half of `top`."""
    return np.array([top] * matches + [0.0] * others), np.array([1.0] * matches + [0.0] * others)


def thresholds(pairs, names, asked=0.75, **by_category):
    return decide(pairs, names, AskedPrecision(asked, by_category)).thresholds


def precision(scores, targets, threshold):
    return targets[scores >= threshold].mean()


@pytest.mark.parametrize("asked", [0.6, 0.75, 0.9])
def test_the_precision_is_held_on_pairs_not_seen_before(asked):
    unseen = noisy(200_000, seed=99)
    held = [
        precision(*unseen, thresholds(pairs_of(noisy(2000, seed)), ["rest"], asked).by_category["rest"])
        for seed in range(20)
    ]
    assert np.mean(np.array(held) >= asked) >= 0.9
    assert np.mean(held) < asked + 0.06


def test_a_category_of_many_pairs_decides_for_itself():
    chosen = thresholds(pairs_of(apart(500, 500, top=0.4), apart(500, 500, top=0.8)), ["phones", "cables"])
    assert chosen.by_category == {"phones": pytest.approx(0.2), "cables": pytest.approx(0.4)}


def test_a_category_without_pairs_takes_the_threshold_of_all():
    chosen = thresholds(pairs_of(noisy(2000), (np.zeros(0), np.zeros(0))), ["phones", "cables"])
    assert chosen.by_category["cables"] == chosen.default


def test_a_few_matches_hardly_move_a_category_from_the_threshold_of_all():
    few = np.array([0.99, 0.98, 0.05]), np.array([1.0, 1.0, 0.0])
    chosen = thresholds(pairs_of(noisy(3000), few), ["phones", "cables"])
    assert chosen.by_category["cables"] == pytest.approx(chosen.default, abs=0.1)


def test_many_non_matches_move_a_category_of_few_matches_up():
    hard = np.linspace(0.5, 0.95, 400), np.tile([1.0] + [0.0] * 19, 20)
    assert hard[1].sum() < LEAST_POSITIVES
    chosen = thresholds(pairs_of(noisy(3000), hard), ["phones", "cables"])
    assert chosen.by_category["cables"] > 0.9 > chosen.by_category["phones"]


def test_a_category_that_never_reaches_the_precision_calls_nothing():
    hopeless = np.full(1200, 0.5), np.tile([1.0, 0.0, 0.0, 0.0], 300)
    decided = decide(pairs_of(apart(500, 100), hopeless), ["phones", "hopeless"], AskedPrecision(0.75))
    assert decided.thresholds.by_category["hopeless"] == math.inf
    row = decided.report.held[1]
    assert (row.category, row.called, row.held, row.recall) == ("hopeless", 0, None, 0.0)


def test_a_category_may_be_asked_for_a_precision_of_its_own():
    alike = pairs_of(noisy(3000), noisy(3000, seed=1))
    chosen = thresholds(alike, ["phones", "cables"], 0.6, cables=0.9)
    assert chosen.by_category["cables"] > chosen.by_category["phones"]


def test_pairs_of_few_large_groups_make_the_threshold_more_careful():
    random = np.random.default_rng(0)
    scores = random.random(3000)
    groups = np.arange(3000) // 100
    targets = (scores + random.normal(0, 0.4, 30)[groups] > 0.5).astype(float)
    alone = thresholds(pairs_of((scores, targets)), ["rest"]).by_category["rest"]
    grouped = thresholds(pairs_of((scores, targets), groups=groups), ["rest"]).by_category["rest"]
    assert grouped > alone


def test_what_was_held_is_said_with_the_recall_that_it_cost():
    (row,) = decide(pairs_of(noisy(2000)), ["rest"], AskedPrecision(0.8)).report.held
    assert row.asked == 0.8
    assert row.held > 0.8
    assert row.paid > 0
    assert row.called == pytest.approx(row.matches * row.recall / row.held)


def test_a_category_without_matches_has_no_recall():
    rows = decide(
        pairs_of(noisy(2000), (np.full(50, 0.01), np.zeros(50))), ["a", "b"], AskedPrecision(0.75)
    ).report.held
    assert (rows[1].matches, rows[1].recall, rows[1].paid) == (0, None, None)


def test_the_order_of_the_pairs_does_not_matter():
    pairs = pairs_of(noisy(1000))
    mixed = pairs.take(np.random.default_rng(1).permutation(1000))
    asked = AskedPrecision(0.75)
    assert decide(mixed, ["rest"], asked) == decide(pairs, ["rest"], asked)


def test_a_single_group_is_no_evidence_out_of_fold():
    decided = decide(pairs_of(apart(30, 30), groups=np.zeros(60, np.int64)), ["rest"], AskedPrecision(0.75))
    assert decided.thresholds.f1 == pytest.approx(0.5)
    assert (decided.report.held[0].called, decided.report.held[0].held) == (0, None)


def column(*names):
    return pa.array(names, pa.large_string())


def precision_recall(scores, targets, threshold):
    """(precision, recall) of calling a match what scores at least the threshold; precision None where nothing does."""
    hit = scores >= threshold
    right = targets[hit].sum()
    return (right / hit.sum() if hit.any() else None), (right / targets.sum() if targets.any() else 0.0)


def f1(scores, targets, threshold):
    precision, recall = precision_recall(scores, targets, threshold)
    return 2 * precision * recall / (precision + recall) if precision and recall else 0.0


judged = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=30)


def columns_of(pairs):
    return np.array([s / 8 for s, _ in pairs], np.float32), np.array([float(t) for _, t in pairs])


@given(judged, st.integers(1, 3))
def test_it_finds_the_best_f1_that_is_expected(pairs, often):
    """Every cut is tried on pairs of which each is a match as far as the map of scores says, others weighing more or less."""
    scores, targets = columns_of(pairs)
    weights = np.where(targets == 1, 1.0, often)
    threshold = f1_threshold(scores, targets, weights)
    assert (threshold == math.inf) == (not targets.any())
    if targets.any():
        likely = weights * fit_beta(scores, targets, weights / weights.mean()).of(scores)

        def expected(at):
            called = scores >= at
            return 2 * likely[called].sum() / (weights[called].sum() + likely.sum())

        assert expected(threshold) == pytest.approx(max(expected(at) for at in np.unique(scores)))


def test_of_many_pairs_it_is_the_best_f1():
    scores, targets = gaussian(200_000, 0)
    best = max(f1(scores, targets, at) for at in np.linspace(0.02, 0.98, 97))
    assert f1(scores, targets, f1_threshold(scores, targets)) == pytest.approx(best, abs=0.001)


def test_of_few_pairs_it_holds_more_on_others_than_the_cut_that_was_best_on_them():
    unseen = gaussian(100_000, 99)
    held = []
    for seed in range(40):
        scores, targets = gaussian(400, seed)
        best = max(np.unique(scores), key=lambda at: f1(scores, targets, at))
        held.append([f1(*unseen, at) for at in (f1_threshold(scores, targets), best)])
    ours, theirs = np.array(held).T
    assert ours.mean() > theirs.mean() + 0.005
    assert ours.std() < theirs.std()


def gaussian(count, seed):
    """Scores of which those of matches, a tenth, lie 2.5 standard deviations higher."""
    random = np.random.default_rng(seed)
    targets = (random.random(count) < 0.1).astype(float)
    return 1 / (1 + np.exp(-(random.normal(size=count) + 2.5 * targets - 3))), targets


@given(judged, st.integers(0, 10))
def test_the_order_of_the_pairs_does_not_matter_in_threshold(pairs, seed):
    scores, targets = columns_of(pairs)
    order = np.random.default_rng(seed).permutation(len(scores))
    assert f1_threshold(scores, targets) == f1_threshold(scores[order], targets[order])


def test_without_pairs_nothing_is_called():
    assert f1_threshold(np.zeros(0), np.zeros(0)) == math.inf


def test_each_pair_is_decided_by_its_category_and_one_not_named_by_the_default():
    categories = column("phones", "cables", "tvs", None)
    assert OWN.of(categories).tolist() == [0.5, 0.9, 0.7, 0.7]
    assert called(np.full(4, 0.7), categories, OWN).tolist() == [True, False, True, True]


def test_a_score_at_the_threshold_is_called():
    assert called(np.array([0.5], np.float32), column("phones"), OWN).tolist() == [True]


@pytest.fixture
def written(tmp_path):
    def write(text):
        (tmp_path / "t.yaml").write_text(text)
        return tmp_path / "t.yaml"

    return write


def test_a_users_thresholds_lie_over_the_models(written):
    chosen = read_thresholds(written("phones: 0.25\ntvs: 1\ndefault: .inf\n")).over(OWN)
    assert chosen == Thresholds({"phones": 0.25, "cables": 0.9, "tvs": 1.0}, default=math.inf, f1=0.4)


def test_without_a_default_of_its_own_the_models_stays(written):
    assert read_thresholds(written("phones: 0.25")).over(OWN).default == OWN.default


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("phones: high", "category 'phones' has threshold 'high': give a number"),
        ("phones: true", "category 'phones' has threshold True"),
        ("phones: .nan", "category 'phones' has threshold nan"),
        ("phones:", "category 'phones' has threshold None"),
        ("- 0.5", "holds no mapping: write lines such as"),
        ("", "holds no mapping"),
        ("phones: [", "is not YAML"),
    ],
)
def test_yaml_that_is_no_mapping_to_numbers_is_refused(written, text, said):
    with pytest.raises(InputError, match=rf"t\.yaml: {said}"):
        read_thresholds(written(text))


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "t.yaml").write_bytes(b"\xff\xfe\x80phones")
    with pytest.raises(InputError, match=r"t\.yaml: "):
        read_thresholds(tmp_path / "t.yaml")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"gone\.yaml: cannot be read \(No such file"):
        read_thresholds(tmp_path / "gone.yaml")


def test_what_is_asked_of_a_category_is_what_asking_it_of_all_gives():
    cautions = set()
    for seed in range(12):
        pairs = pairs_of(noisy(150, seed), noisy(150, seed + 50))
        own = decide(pairs, ["a", "b"], AskedPrecision(0.1, {"a": 0.9, "b": 0.9}))
        every = decide(pairs, ["a", "b"], AskedPrecision(0.9))
        assert (own.thresholds.by_category, own.report.held) == (every.thresholds.by_category, every.report.held)
        assert own.report.caution == every.report.caution
        cautions.add(own.report.caution)
    assert len(cautions) > 1  # more than the least where what was called out of fold fell short


def test_where_nothing_is_called_there_is_no_reason_for_more_caution():
    hopeless = np.full(200, 0.5), np.tile([1.0, 0.0, 0.0, 0.0], 50)
    assert decide(pairs_of(hopeless), ["hopeless"], AskedPrecision(0.75)).report.caution == CAUTIONS[0]


def test_what_is_paid_is_the_recall_that_no_caution_would_have_had_on_top(monkeypatch):
    pairs, asked = pairs_of(noisy(1500, seed=4)), AskedPrecision(0.85)
    (row,) = decide(pairs, ["rest"], asked).report.held
    monkeypatch.setattr("reranking.decisions.thresholds.CAUTIONS", (0.0,))
    (bold,) = decide(pairs, ["rest"], asked).report.held
    assert row.paid == pytest.approx(bold.recall - row.recall)
    assert 0 < row.paid < 0.5
    assert bold.paid == 0


def test_pairs_that_all_score_alike_are_called_out_of_fold_when_they_are_matches():
    (row,) = decide(pairs_of((np.full(60, 0.5), np.ones(60))), ["rest"], AskedPrecision(0.5)).report.held
    assert (row.called, row.held, row.recall, row.paid) == (60, 1.0, 1.0, 0.0)


@pytest.mark.parametrize(("matches", "own"), [(LEAST_POSITIVES - 1, False), (LEAST_POSITIVES, True)])
def test_a_category_looks_at_its_own_cuts_once_it_has_enough_matches(matches, own):
    chosen = thresholds(pairs_of(noisy(3000), apart(matches, 600, top=0.4)), ["phones", "cables"], 0.5)
    assert (chosen.by_category["cables"] == pytest.approx(0.2)) == own


def test_without_categories_of_their_own_all_have_the_default():
    assert Thresholds({}, default=0.3, f1=0.4).of(column("phones", None)).tolist() == [0.3, 0.3]
