"""The search for settings: seeded, resumable, given up early where it does not pay, never worse than the start."""

import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

pytest.importorskip("optuna", reason="the extra tune brings it")

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from eval.metrics.precision_auc import weighted
from indexing.errors import InputError
from indexing.product_index import open_index
from indexing.storage.artefact import fingerprint_of
from reranking.boosters.boosting import BoostingOptions
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import read_labelled
from reranking.training.train_reranker import train_reranker
from reranking.training.tuning import SPACE, SearchOptions, run_search, search_settings


class Folds:
    """Folds whose metric is best at eta 0.1 and depth 5, with nothing to train."""

    count = 3

    def __init__(self):
        self.seen = []

    def fold_metrics(self, metric, settings, seed):
        value = 1 - abs(np.log(settings.eta / 0.1)) - 0.1 * abs(settings.max_depth - 5)
        self.seen.append((settings, 0))
        for number in range(self.count):
            self.seen[-1] = (settings, number + 1)
            yield value


@pytest.fixture
def searched():
    """The trials of a search, and what its folds saw, after so many steps."""

    def run(*steps, seed=0):
        study = optuna.create_study(direction="maximize", pruner=optuna.pruners.MedianPruner())
        folds = Folds()
        for trials in steps:
            run_search(study, folds, weighted, BoostingOptions(), SearchOptions(trials, seed=seed))
        return study, folds

    return run


def params(study):
    return [trial.params for trial in study.trials]


def test_the_first_trial_is_of_the_settings_to_begin_with(searched):
    study, _ = searched(1)
    start = BoostingOptions()
    assert params(study) == [{name: getattr(start, name) for name in SPACE}]


def test_it_comes_nearer_to_the_best(searched):
    study, _ = searched(40)
    assert study.best_value > study.trials[0].value + 0.3
    assert study.best_params["eta"] == pytest.approx(0.1, rel=0.4)


def test_the_same_seed_tries_the_same(searched):
    assert params(searched(15)[0]) == params(searched(15)[0])
    assert params(searched(15)[0]) != params(searched(15, seed=1)[0])


def test_a_search_in_parts_tries_what_one_in_one_go_tries(searched):
    assert params(searched(4, 12, 15)[0]) == params(searched(15)[0])


def test_a_search_that_has_its_trials_tries_no_more(searched):
    assert len(params(searched(5, 5, 3)[0])) == 5


def test_a_trial_that_falls_behind_is_given_up_early(searched):
    study, folds = searched(25)
    pruned = [trial.number for trial in study.trials if trial.state == optuna.trial.TrialState.PRUNED]
    assert pruned
    assert all(folds.seen[number][1] < Folds.count for number in pruned)


def test_a_booster_each_is_enough_for_a_trial(searched):
    assert {settings.members for settings, _ in searched(3)[1].seen} == {1}


def test_a_search_of_no_trials_is_refused():
    with pytest.raises(InputError, match="--trials 0: give 1 or more"):
        SearchOptions(0)


class TestOnTheSample:
    @pytest.fixture
    def index(self, sample_index):
        return open_index(sample_index)

    @pytest.fixture
    def pairs(self, index, sample):
        return read_labelled([sample / "pairs_train.parquet"], index.catalog)

    @pytest.fixture
    def search(self, index, pairs, brief_training):
        def run(trials, storage=None, pairs=pairs, **options):
            return search_settings(
                index,
                pairs,
                metric=weighted,
                options=brief_training(**options),
                search=SearchOptions(trials, storage, seed=options.get("seed", 0)),
            )

        return run

    def test_a_search_that_was_ended_goes_on_to_the_same_end(self, search, tmp_path):
        search(1, tmp_path / "ended")
        assert search(3, tmp_path / "ended") == search(3)

    def test_what_is_found_is_no_worse_than_the_start(self, search):
        found = search(3)
        assert found.trials == 3
        assert found.value >= found.default

    def test_a_storage_of_another_search_is_refused(self, search, pairs, tmp_path):
        search(1, tmp_path / "storage")
        for other in ({"seed": 1}, {"least_pairs": 7}, {"pairs": pairs.take(np.arange(len(pairs) - 1))}):
            with pytest.raises(InputError, match="holds a search over other pairs or with other options"):
                search(1, tmp_path / "storage", **other)

    def test_a_search_that_tried_settings_without_words_and_rivals_does_not_go_on_with_them(
        self, search, index, pairs, brief_training, tmp_path
    ):
        """Its trials have values of other features."""
        columns = [side.tolist() for side in (pairs.left, pairs.right, pairs.targets)]
        for learned in (True, False):
            options = brief_training(words=learned, rivals=False)
            before = fingerprint_of(index.fingerprint, columns, asdict(options), SearchOptions(1).folds, 0)
            path = tmp_path / str(learned)
            storage = JournalStorage(JournalFileBackend(str(path)))
            optuna.create_study(study_name=before, storage=storage, direction="maximize")
            if learned:
                with pytest.raises(InputError, match="or one of an older version: name another file"):
                    search(1, path, words=learned, rivals=False)
            else:
                assert search(1, path, words=learned, rivals=False).trials == 1

    def test_a_file_that_is_no_storage_is_refused_and_left_as_it_is(self, search, tmp_path):
        (tmp_path / "notes.txt").write_text("mine\nalone\n")
        with pytest.raises(InputError, match="is no storage of a search"):
            search(1, tmp_path / "notes.txt")
        assert (tmp_path / "notes.txt").read_text() == "mine\nalone\n"

    def test_the_settings_found_give_the_same_boosters_again(self, search, index, pairs):
        settings = search(2).boosting
        options = TrainOptions(boosting=settings)
        models = [train_reranker(index, pairs, metric=weighted, options=options).reranker for _ in range(2)]
        assert models[0].fingerprint == models[1].fingerprint
        assert models[0].report.options.boosting.eta == settings.eta


def test_without_optuna_one_line_says_what_to_install(sample_index, sample, tmp_path):
    code = "import sys; sys.modules['optuna'] = None; from scripts.main import run; run()"
    words = ["train", sample_index, sample / "pairs_train.parquet", "--out", tmp_path / "model", "--trials", "2"]
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "heroic: Optuna is not installed: run pip install 'heroic[tune]'\n"
    assert not (tmp_path / "model").exists()
