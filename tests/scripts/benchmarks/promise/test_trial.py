from dataclasses import replace

import numpy as np
import pytest

from indexing.product_index import open_index
from reranking.decisions.prior_shift import AskedPrior
from reranking.model.score_pairs import ScoreOptions, score_pairs
from reranking.pairs.labelled import join_labelled, read_labelled
from scripts.benchmarks.labelled_set import LabelledSet
from scripts.benchmarks.promise.situations import (
    SITUATIONS,
    Choices,
    Setting,
    make_matches_only,
    make_seen,
    make_shares,
    make_sources,
)
from scripts.benchmarks.promise.trial import Trial


@pytest.fixture(scope="module")
def opened(sample, sample_index):
    index = open_index(sample_index)
    pairs = {
        name: read_labelled([sample / f"pairs_{name}.parquet"], index.catalog) for name in ("train", "valid", "test")
    }
    return LabelledSet("sample", index, pairs)


@pytest.fixture
def skipped():
    return []


@pytest.fixture
def brief(monkeypatch, brief_training):
    """Let a trial train for a few rounds only."""
    monkeypatch.setattr("scripts.benchmarks.promise.trial.TrainOptions", brief_training)


class TestTrial:
    @pytest.fixture
    def trial(self, opened, brief, tmp_path):
        setting = Setting("all", opened.pairs["train"], opened.pairs["valid"], {"test": opened.pairs["test"]})
        return Trial(opened, "shares", setting, 0.75, 0, tmp_path)

    def test_a_run_counts_the_calls_and_those_of_the_models_own_thresholds(self, trial, tmp_path, monkeypatch):
        models = []
        train = Trial._train
        monkeypatch.setattr(Trial, "_train", lambda self: models.append(train(self)) or models[-1])
        everything = join_labelled(list(trial.opened.pairs.values()))
        mostly = everything.take(np.flatnonzero((everything.targets == 1) | (np.arange(len(everything)) % 50 == 0)))
        (run,) = replace(trial, setting=replace(trial.setting, scored={"many": mostly})).runs({})
        options = ScoreOptions(prior=AskedPrior("model"))
        own = score_pairs(
            trial.opened.index, tmp_path / "pairs.parquet", tmp_path / "own.parquet",
            model=models[0].reranker, options=options,
        )  # fmt: skip
        assert run.sure
        assert run.own_calls == own.matches != run.calls
        assert 0 < run.right <= run.calls
        assert run.training_warnings == models[0].warnings
        assert run.recall > run.own_recall

    def test_what_is_done_is_not_trained_again(self, trial, monkeypatch):
        monkeypatch.setattr(Trial, "_train", lambda self: pytest.fail("trained"))
        assert list(trial.runs(dict.fromkeys(trial.keys))) == []

    def test_a_refusal_is_the_outcome_of_every_run(self, trial):
        others = trial.setting.train.take(np.flatnonzero(trial.setting.train.targets == 0))
        test = trial.opened.pairs["test"]
        (first, second) = replace(trial, setting=Setting("x", others, None, {"a": test, "b": test})).runs({})
        assert "only non-matches" in first.refused
        assert (second.scored, second.refused, second.held) == ("b", first.refused, None)


class TestSituations:
    def test_the_command_names_all(self):
        from scripts.benchmarks.promise.__main__ import GIVEN, NAMES

        assert tuple(SITUATIONS) == (*NAMES, GIVEN)

    def test_shares_of_matches_are_drawn_of_the_test_pairs(self, opened, skipped):
        (setting,) = make_shares(opened, 0, Choices((4.0, 0.1), learned=1.0), skipped.append)
        shares = {name: float(pairs.targets.mean()) for name, pairs in setting.scored.items()}
        assert shares == {"4:1": pytest.approx(0.8, abs=0.01), "1:10": pytest.approx(1 / 11, abs=0.01)}
        assert setting.train.targets.mean() == setting.valid.targets.mean() == 0.5

    def test_products_seen_and_new_have_the_same_products_and_another_dealing(self, opened, skipped, monkeypatch):
        monkeypatch.setattr("scripts.benchmarks.promise.situations.LEAST_SEEN", 0.0)
        settings = list(make_seen(opened, 0, Choices(), skipped.append))
        assert [setting.learned for setting in settings] == ["products seen", "products new"]
        for setting in settings:
            assert not set(setting.train.products) & set(setting.valid.products)
            assert not set(setting.scored["test"].products) & set(setting.train.products)

    def test_a_set_whose_products_have_few_offers_is_skipped(self, opened, skipped, monkeypatch):
        monkeypatch.setattr("scripts.benchmarks.promise.splits.HALVED", 100)
        assert list(make_seen(opened, 0, Choices(), skipped.append)) == []
        assert skipped == ["0.000 of validation matches can be of products in training, under 0.1"]

    def test_a_source_is_in_the_scored_pairs_alone(self, opened, skipped, monkeypatch):
        monkeypatch.setattr("scripts.benchmarks.promise.situations.LEAST_MATCHES", 1)
        sources = opened.index.catalog.table["source"].to_numpy()
        settings = list(make_sources(opened, 0, Choices(sources=2), skipped.append))
        assert len(settings) == 2
        for setting in settings:
            ((source, scored),) = setting.scored.items()
            assert source not in sources[np.concatenate([setting.train.products, setting.valid.products])]
            assert ((sources[scored.left] == source) | (sources[scored.right] == source)).all()

    def test_a_source_with_few_matches_is_skipped(self, opened, skipped):
        assert list(make_sources(opened, 0, Choices(sources=1), skipped.append)) == []
        assert "matches among the test pairs, under 100" in skipped[0]

    def test_labels_are_the_matches_of_training_and_a_few_others(self, opened, skipped):
        none, few = make_matches_only(opened, 0, Choices(), skipped.append)
        matches = int(opened.pairs["train"].targets.sum())
        assert [(len(setting.train), int(setting.train.targets.sum())) for setting in (none, few)] == [
            (matches, matches),
            (matches + 20, matches),
        ]
        assert none.valid is few.valid is None
