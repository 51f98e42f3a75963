"""Settings are tried on folds that learned words and rivals without them."""

from types import SimpleNamespace

import numpy as np
import pytest

from reranking.boosters.boosting import BoostingOptions
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.learned import cross as cross_signals
from reranking.signals.learned import stacking
from reranking.signals.stacked import stacked_among
from reranking.training.examples import prepare_training_signals
from reranking.training.judging import learned_folds
from reranking.training.judging.learned_folds import prepare_learned_folds

QUICK = BoostingOptions(threads=1, max_rounds=10, members=1)


def metric(scores, targets, categories):
    return float(-np.mean((scores - targets) ** 2))


@pytest.fixture(scope="module")
def pairs(offers):
    """The matches of all products, and as many pairs of neighbouring ones."""
    matches = offers.matches(np.arange(240))
    random = np.random.default_rng(0)
    left, right = (random.integers(0, len(offers.product), 4 * len(matches)) for _ in range(2))
    rows = offers.product[left] // 4 == offers.product[right] // 4
    rows |= random.random(len(left)) < 0.5
    rows &= offers.product[left] != offers.product[right]
    keys = np.unique(np.minimum(left, right)[rows] * len(offers.product) + np.maximum(left, right)[rows])
    others = np.divmod(keys, len(offers.product))
    sides = (np.concatenate([own, other]) for own, other in zip((matches.left, matches.right), others, strict=True))
    return LabelledPairs(*sides, np.repeat([1.0, 0.0], [len(matches), len(keys)]))


@pytest.fixture(scope="module")
def seen(offers, pairs):
    """The folds, and the pairs that signals were learned from for each."""
    learned = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacking, "LEAST_MATCHES", 20)
        real = learned_folds.prepare_training_signals

        def noted(index, train, *rest, **named):
            signals = real(index, train, *rest, **named)
            learned.append((train, signals))
            return signals

        patch.setattr(learned_folds, "prepare_training_signals", noted)
        folds = prepare_learned_folds(offers.index, pairs, TrainOptions(boosting=QUICK), count=3)
    return folds, learned


def test_each_fold_is_learned_without_its_product_groups(offers, pairs, seen):
    folds, learned = seen
    assert folds.count == len(learned) == 3
    for number, ((train, signals), fold) in enumerate(zip(learned, folds.folds, strict=True)):
        assert stacked_among(signals.names) == ("words", "rivals")
        judged = fold.judged(number)
        assert not set(offers.product[train.products]) & set(offers.product[pairs.left[judged]])
        assert len(train) == len(fold.outside(number))


def test_judged_pairs_are_read_as_those_of_new_products_and_the_others_out_of_fold(pairs, seen):
    folds, learned = seen
    for number, ((_, signals), fold) in enumerate(zip(learned, folds.folds, strict=True)):
        for rows, among in ((fold.judged(number), False), (fold.outside(number), True)):
            chosen = pairs.take(rows)
            expected = signals.of_training_pairs(among).compute(chosen.left, chosen.right)
            np.testing.assert_array_equal(fold.examples.features[rows], expected)


def test_all_folds_are_of_the_same_pairs(seen):
    folds, _ = seen
    judged = np.concatenate([fold.judged(number) for number, fold in enumerate(folds.folds)])
    assert sorted(judged.tolist()) == list(range(len(folds.folds[0].examples.targets)))


def test_each_fold_has_its_metric(seen):
    found = list(seen[0].fold_metrics(metric, QUICK, 0))
    assert len(found) == 3
    assert all(-0.25 < value < 0 for value in found)


@pytest.mark.parametrize(("more", "learned"), [(0, ("words",)), (1, ())])
def test_matches_that_are_enough_in_all_are_enough_for_each_fold(offers, pairs, more, learned, monkeypatch):
    seen = []

    def noted(*given, **named):
        seen.append(prepare_training_signals(*given, **named))
        return seen[-1]

    monkeypatch.setattr(stacking, "LEAST_MATCHES", int(pairs.targets.sum()) + more)
    monkeypatch.setattr(learned_folds, "prepare_training_signals", noted)
    prepare_learned_folds(offers.index, pairs, TrainOptions(boosting=QUICK, rivals=False), count=2)
    assert [stacked_among(signals.names) for signals in seen] == [learned] * 2


def test_a_cross_encoder_reads_a_pair_once_whatever_fold_asks(offers, pairs, monkeypatch):
    asked, number_of_fold = [], np.where(np.arange(len(offers.product)) % 3, -1, 0)

    def score(number, left, right):
        asked.extend((number, one, other) for one, other in zip(left, right, strict=True))
        return np.full(len(left), 0.25 + 0.5 * number, dtype=np.float32)

    cross = SimpleNamespace(count=2, template="{title}", folds=lambda catalog: number_of_fold)
    monkeypatch.setattr(cross_signals, "_FoldScorer", lambda cross: score)
    monkeypatch.setattr(learned_folds, "open_cross", lambda folder: cross)
    options = TrainOptions(boosting=QUICK, words=False, rivals=False, cross="folder")
    for fold in prepare_learned_folds(offers.index, pairs, options, count=3).folds:
        assert set(fold.examples.features[:, -1].tolist()) == {0.25, 0.5}  # by the model of its fold, or by both
    assert asked
    assert len(asked) == len(set(asked))


def test_without_words_and_rivals_the_plain_features_are_tried(offers, pairs):
    options = TrainOptions(boosting=QUICK, words=False, rivals=False)
    folds = prepare_learned_folds(offers.index, pairs, options, count=2)
    first, second = (fold.examples.features for fold in folds.folds)
    np.testing.assert_array_equal(first, second)
