"""Learned signals stay where they pay on new products, and are left out where they mislead."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from reranking.boosters.boosting import BoostingOptions
from reranking.boosters.examples import Examples
from reranking.model.card import render_card
from reranking.model.folder import load_reranker, save_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.learned import cross as cross_signals
from reranking.signals.learned import stacking
from reranking.signals.stacked import stacked_among
from reranking.training.examples import TrainingRoom, prepare_training_signals
from reranking.training.judging import stacked_choice, stacked_trials
from reranking.training.judging.stacked_choice import StackedChoice, choose_stacked
from reranking.training.judging.stacked_trials import SignalTrial, new_pairs
from reranking.training.train_reranker import train_reranker
from reranking.training.training_pairs import TrainingPairs

OPTIONS = TrainOptions(boosting=BoostingOptions(threads=1, max_rounds=20, members=1), judge_by="validation")


def metric(scores, targets, categories):
    return float(-np.mean((scores - targets) ** 2))


def pairs_of(offers, products, seed=0):
    """Return the matches among offers of these products, and four times as many others of them."""
    random = np.random.default_rng(seed)
    matches = offers.matches(products)
    own = np.flatnonzero(np.isin(offers.product, products))
    left, right = (random.choice(own, 4 * len(matches)) for _ in range(2))
    rows = offers.product[left] != offers.product[right]
    left, right = (
        np.concatenate([getattr(matches, name), side[rows]]) for name, side in (("left", left), ("right", right))
    )
    keys = np.unique(np.minimum(left, right) * len(offers.product) + np.maximum(left, right))
    left, right = np.divmod(keys, len(offers.product))
    return LabelledPairs(left, right, (offers.product[left] == offers.product[right]).astype(np.float64))


@pytest.fixture(scope="module", autouse=True)
def small_sets():
    """Learn words and rivals from the few matches of a made catalogue, and be content with few new pairs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacking, "LEAST_MATCHES", 20)
        patch.setattr(stacked_trials, "LEAST_NEW", 30)
        yield


@pytest.fixture(scope="module")
def sides(offers, small_sets):
    return pairs_of(offers, np.arange(160)), pairs_of(offers, np.arange(160, 240), seed=1)


@pytest.fixture(scope="module")
def learned(offers, sides, small_sets):
    """The pairs to train on and validate by, and what was learned from them."""
    data = TrainingPairs.of(offers.index, *sides, OPTIONS)
    return data, prepare_training_signals(offers.index, data.train, data.products, OPTIONS)


def with_losses(monkeypatch, losses):
    """Let trials have these losses, by the choice of signals, and return the choice that was made of them."""
    trial = SignalTrial(
        *(Examples(np.zeros((2, 3), np.float32), np.array([0.0, 1.0]), np.zeros(2, int)) for _ in range(2)), 0
    )
    monkeypatch.setattr(stacked_choice, "_columns", lambda signals, choice: choice)
    monkeypatch.setattr(
        stacked_choice, "_losses_of", lambda trial, choice, small: np.zeros(2) + losses["".join(sorted(choice))]
    )
    return [[trial]]


def decided(monkeypatch, signals, losses):
    dealings = with_losses(monkeypatch, losses)
    return stacked_choice._decided(signals, stacked_choice._Losses.of(dealings, signals, OPTIONS), "folds")


def test_signals_that_pay_stay(monkeypatch, learned):
    found = decided(monkeypatch, learned[1], {"rivalswords": 0.10, "rivals": 0.12, "words": 0.15, "": 0.2})
    assert [(one.signal, one.stays, one.loss, one.without) for one in found.verdicts] == [
        ("rivals", True, 0.10, 0.15),
        ("words", True, 0.10, 0.12),
    ]
    assert stacked_among(found.signals.names) == ("words", "rivals")


def test_a_signal_that_costs_no_more_than_noise_stays(monkeypatch, learned):
    found = decided(monkeypatch, learned[1], {"rivalswords": 0.1000, "rivals": 0.0995, "words": 0.15, "": 0.2})
    assert not found.left_out


@pytest.mark.parametrize(
    ("without", "stays"),
    [
        ([0.05, 0.149], True),
        ([0.09, 0.08], False),
        ([0.12, 0.07], True),
        ([0.0709, 0.0991], True),
    ],  # 1.5 standard errors
)
def test_a_signal_is_left_out_only_where_most_pairs_lose_by_it(monkeypatch, learned, without, stays):
    losses = {"rivalswords": 0.10, "rivals": np.array(without), "words": 0.15, "": 0.2}
    found = decided(monkeypatch, learned[1], losses)
    assert found.left_out == (frozenset() if stays else {"words"})


def test_the_same_pairs_judged_again_prove_no_more(monkeypatch, learned):
    losses = {"rivalswords": 0.10, "rivals": np.array([0.108, 0.072]), "words": 0.15, "": 0.2}
    for often in (1, 3):
        dealings = with_losses(monkeypatch, losses) * often
        judged = stacked_choice._Losses.of(dealings, learned[1], OPTIONS)
        assert judged.pairs == 2 * often
        assert not stacked_choice._decided(learned[1], judged, "folds").left_out


def test_the_most_misleading_is_left_out_first_and_the_other_is_judged_without_it(monkeypatch, learned):
    found = decided(monkeypatch, learned[1], {"rivalswords": 0.20, "rivals": 0.18, "words": 0.15, "": 0.16})
    assert [(one.signal, one.stays, one.loss, one.without) for one in found.verdicts] == [
        ("rivals", False, 0.20, 0.15),
        ("words", True, 0.15, 0.16),
    ]
    assert stacked_among(found.signals.names) == ("words",)
    assert found.signals.rivals is None


def test_all_can_be_left_out(monkeypatch, learned):
    found = decided(monkeypatch, learned[1], {"rivalswords": 0.20, "rivals": 0.18, "words": 0.15, "": 0.1})
    assert found.left_out == {"words", "rivals"}
    assert found.signals.words is found.signals.rivals is None
    assert len(found.signals.names) == len(learned[1].plain.features)


def test_unshown_words_are_read_by_the_first_look_alone(learned):
    _, signals = learned
    hidden = signals.without({"words"})
    pairs = learned[0].valid
    every, shown = (one.compute(pairs.left, pairs.right) for one in (signals, hidden))
    assert stacked_among(hidden.names) == ("rivals",)
    assert not [name for name in hidden.names if name.startswith("learned_")]
    np.testing.assert_array_equal(shown, every[:, [signals.names.index(name) for name in hidden.names]])


def test_validation_judges_where_its_products_are_new_and_folds_where_they_are_not(offers, sides, learned):
    data, signals = learned
    assert len(new_pairs(offers.index, data)) == len(sides[1])
    by_validation = choose_stacked(offers.index, data, signals, OPTIONS)
    assert {one.by for one in by_validation.verdicts} == {"validation"}
    assert {one.judgements % len(sides[1]) for one in by_validation.verdicts} == {0}
    assert all(" of validation pairs of new products " in one.told() for one in by_validation.verdicts)
    train, _ = sides
    rows = np.random.default_rng(0).permutation(len(train))
    again = TrainingPairs.of(offers.index, train.take(np.sort(rows[200:])), train.take(np.sort(rows[:200])), OPTIONS)
    assert new_pairs(offers.index, again) is None
    by_folds = choose_stacked(offers.index, again, signals, OPTIONS)
    assert {one.by for one in by_folds.verdicts} == {"folds"}
    assert {one.judgements % len(again.train) for one in by_folds.verdicts} == {0}
    assert not any("new products" in one.told() for one in by_folds.verdicts)


def test_a_fold_is_judged_by_what_learned_from_no_pair_that_touches_it(offers, sides, learned, monkeypatch):
    data, signals = learned
    seen, examples = [], []
    real, real_examples = stacked_trials.prepare_training_signals, stacked_trials._examples

    def noted(index, train, *rest, **named):
        seen.append(train)
        return real(index, train, *rest, **named)

    def noted_examples(signals, pairs):
        examples.append(pairs)
        return real_examples(signals, pairs)

    monkeypatch.setattr(stacked_trials, "prepare_training_signals", noted)
    monkeypatch.setattr(stacked_trials, "_examples", noted_examples)
    folds = stacked_trials.TrialFolds.of(offers.index, data, OPTIONS, None)
    judged = [len(trial.judged.targets) for trial in folds.trials(0, stacked_among(signals.names), lambda *args: None)]
    assert sum(judged) == len(data.train)
    products = [set(offers.product[train.products]) for train in seen]
    assert all(len(known) < 160 for known in products)
    for train, among, of_fold in zip(seen, examples[0::2], examples[1::2], strict=True):
        assert among is train
        assert not set(of_fold.left) & {*train.left, *train.right}
    assert set.union(*products) == set(range(160))


def test_a_cross_encoder_scores_a_pair_once_whatever_fold_asks(offers, learned, monkeypatch):
    asked = []

    def score(number, left, right):
        asked.extend((number, one, other) for one, other in zip(left, right, strict=True))
        return np.full(len(left), 0.25 + 0.5 * number, dtype=np.float32)

    data, signals = learned
    folds = np.full(len(offers.product), -1)
    folds[data.train.products] = offers.product[data.train.products] % 2
    cross = SimpleNamespace(count=2, template="{title}", folds=lambda catalog: folds)
    monkeypatch.setattr(cross_signals, "_FoldScorer", lambda cross: score)
    trials = stacked_trials.TrialFolds.of(offers.index, data, OPTIONS, cross)
    column = signals.with_cross(offers.index, cross, data.train.products).names.index("cross_score")
    for number in range(2):
        found = list(trials.trials(number, ("words", "rivals", "cross"), lambda *args: None))
        scores = np.concatenate([trial.judged.features[:, column] for trial in found])
        assert len(scores) == len(data.train)
        assert set(scores.tolist()) == {0.25, 0.5, 0.75}
    assert asked
    assert len(asked) == len(set(asked))


def test_many_pairs_are_judged_by_some_product_groups(offers, learned, monkeypatch):
    data, _ = learned
    monkeypatch.setattr(stacked_trials, "MOST_FOLDED", 300)
    folds = stacked_trials.TrialFolds.of(offers.index, data, OPTIONS, None)
    assert 300 <= len(folds.pairs) <= 330
    whole = {(left, right) for left, right in zip(data.train.left, data.train.right, strict=True)}
    drawn = {(left, right) for left, right in zip(folds.pairs.left, folds.pairs.right, strict=True)}
    of_groups = set(folds.groups[folds.pairs.products])
    inside = {pair for pair in whole if set(folds.groups[list(pair)]) <= of_groups}
    assert drawn <= inside


def test_what_is_left_out_is_said_and_the_model_scores_without_it(offers, sides, tmp_path, monkeypatch):
    def misleading(trial, columns, small):
        return np.full(len(trial.judged.targets), float(len(columns)))  # the more is shown the worse

    monkeypatch.setattr(stacked_choice, "_losses_of", misleading)
    said = []
    room = TrainingRoom(1 << 30, tmp_path / "room", said.append)
    model = train_reranker(offers.index, *sides, metric=metric, options=OPTIONS, room=room).reranker
    assert model.learned.words is model.learned.look is None
    assert [line for line in said if line.startswith("signals:")] == [
        f"signals: {verdict.told()}" for verdict in model.report.stacked
    ]
    assert "rivals: left out: log-loss of" in render_card(model)
    save_reranker(model, tmp_path / "model")
    again = load_reranker(tmp_path / "model")
    assert again.report.stacked == model.report.stacked
    _, valid = sides
    scorer = PairScorer.prepare(offers.index, again, valid.products)
    np.testing.assert_array_equal(scorer.score(valid.left, valid.right), model.validation.pairs.scores)


def test_a_model_whose_words_are_unshown_scores_as_it_was_trained(offers, sides, tmp_path, monkeypatch):
    losses = {"rivalswords": 0.20, "rivals": 0.15, "words": 0.25, "": 0.25}
    with_losses(monkeypatch, losses)
    model = train_reranker(offers.index, *sides, metric=metric, options=OPTIONS).reranker
    assert [one.signal for one in model.report.stacked if not one.stays] == ["words"]
    assert model.learned.words is not None
    save_reranker(model, tmp_path / "model")
    _, valid = sides
    scorer = PairScorer.prepare(offers.index, load_reranker(tmp_path / "model"), valid.products)
    np.testing.assert_array_equal(scorer.score(valid.left, valid.right), model.validation.pairs.scores)


def test_keep_asks_nothing(offers, learned, monkeypatch):
    data, signals = learned
    monkeypatch.setattr(stacked_choice, "new_pairs", None)
    assert choose_stacked(offers.index, data, signals, replace(OPTIONS, stacked="keep")) == StackedChoice(signals)


def test_validation_judges_by_boosters_of_more_seeds_while_one_cannot_tell(offers, learned, monkeypatch):
    data, signals = learned
    for clear, seeds in ((True, [0]), (False, [0, 1000, 2000])):
        asked = []

        def loss(trial, columns, small, clear=clear, asked=asked):
            asked.append(trial.seed)
            return np.full(len(trial.judged.targets), 1000.0 - len(columns) * clear * 5)

        monkeypatch.setattr(stacked_choice, "_losses_of", loss)
        told = []
        found = choose_stacked(offers.index, data, signals, OPTIONS, progress=lambda *far, told=told: told.append(far))
        assert [far for far in told if far[0] == "signals judged"] == [
            ("signals judged", done, 3) for done in (*range(len(seeds)), 3)
        ]
        assert ("features trial", len(data.valid), len(data.valid)) in told
        assert sorted(set(asked)) == seeds
        assert {one.judgements for one in found.verdicts} == {len(seeds) * len(data.valid)}
