"""Workers compute the features of a training, and train in shares: what comes of it is the same, whoever dies on the way."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from tried_tasks import Troubled, closeness, dying, silent

from eval.metrics.precision_auc import weighted
from indexing.errors import InputError, Unfinished
from indexing.product_index import open_index
from indexing.running.attempts import CrewRunner
from indexing.running.processes import ProcessCrew
from reranking.boosters.boosting import BoostingOptions, boost, from_bytes, predict, to_bytes
from reranking.boosters.examples import Examples
from reranking.boosters.feature_blocks import write_feature_blocks
from reranking.boosters.shares import ShardedBoosting
from reranking.model.card import render_card
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import read_labelled
from reranking.training.apart import feature_parts
from reranking.training.apart.training_elsewhere import TrainingElsewhere
from reranking.training.examples import TrainingRoom
from reranking.training.judging import stacked_choice
from reranking.training.train_reranker import train_reranker

METRIC = partial(weighted, level=0.75)
QUICK = BoostingOptions(eta=0.3, max_rounds=6, patience=3, members=1, threads=1)
TWO = replace(QUICK, members=2, subsample=0.7, max_rounds=20, patience=20)
FITS = 1 << 30

pytestmark = pytest.mark.usefixtures("early_first_look")


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def pairs(index, sample):
    return {name: read_labelled([sample / f"pairs_{name}.parquet"], index.catalog) for name in ("train", "valid")}


@pytest.fixture(scope="module")
def runner():
    """Two processes."""
    crew = ProcessCrew(2)
    yield CrewRunner(crew, 120.0)
    crew.close()


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(feature_parts, "PART_PAIRS", 800)


def train(index, pairs, folder, *, runner=None, world_size=None, memory=FITS, metric=METRIC, **asked):
    crew = None if runner is None else TrainingElsewhere(runner, folder / "model", world_size)
    room = TrainingRoom(memory, folder / "features", crew=crew)
    options = TrainOptions(**{"boosting": QUICK, "judge_by": "validation", "stacked": "keep"} | asked)
    with room.cleared():
        model = train_reranker(
            index, pairs["train"], pairs["valid"], metric=metric, options=options, room=room
        ).reranker
    if crew is not None:
        crew.clear()
    return model


def content(model):
    """All that a model learned."""
    learned = [model.learned.words.models[0].stored().tobytes(), *map(to_bytes, model.learned.look.members)]
    return (
        model.fingerprint,
        [to_bytes(member) for member in model.members],
        learned,
        model.judged.pairs.features.tobytes(),
    )


@pytest.mark.parametrize(("memory", "judge_by"), [(FITS, "folds"), (1, "validation")])
def test_parts_in_any_order_and_twice_give_the_same_model(index, pairs, tmp_path, small_parts, memory, judge_by):
    whole = train(index, pairs, tmp_path, memory=memory, judge_by=judge_by)
    parts = train(index, pairs, tmp_path, runner=Troubled(1), world_size=1, memory=memory, judge_by=judge_by)
    assert content(parts) == content(whole)
    assert whole.learned.look is not None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("left_out", [{"words"}, {"rivals"}, {"words", "rivals"}])
def test_parts_are_computed_without_what_is_left_out(index, pairs, tmp_path, small_parts, monkeypatch, left_out):
    def loss(trial, columns, small):
        mean = 1.0 + 0.5 * sum(family not in left_out for family in missing(columns)) - 0.1 * len(missing(columns))
        return np.full(len(trial.judged.targets), mean)

    def missing(columns):
        return {"words", "rivals"} - set(columns)

    monkeypatch.setattr(stacked_choice, "_columns", lambda signals, choice: choice)
    monkeypatch.setattr(stacked_choice, "_losses_of", loss)
    whole, parts = (
        train(index, pairs, tmp_path, runner=runner, world_size=1, stacked="auto", judge_by="folds")
        for runner in (None, Troubled(1))
    )
    assert {verdict.signal for verdict in parts.report.stacked if not verdict.stays} == left_out
    assert parts.fingerprint == whole.fingerprint
    assert parts.judged.pairs.features.tobytes() == whole.judged.pairs.features.tobytes()
    assert (parts.learned.words is None, parts.learned.look is None) == (
        left_out == {"words", "rivals"},
        "rivals" in left_out,
    )


def test_processes_give_the_same_model(index, pairs, tmp_path, small_parts, runner):
    found = train(index, pairs, tmp_path, runner=runner)
    assert content(found) == content(train(index, pairs, tmp_path))
    assert "world size" not in render_card(found)


def test_the_seconds_told_of_features_begin_when_all_is_counted(index, pairs, tmp_path, small_parts):
    crew, told, given = TrainingElsewhere(Troubled(), tmp_path / "model"), [], pairs["train"]
    signals = crew.signals(index, given, TrainOptions(stacked="keep"), cross=None, progress=lambda *_: None)
    signals.compute_all(given.left, given.right, stage="features", progress=lambda *step: told.append(step[0]))
    assert list(dict.fromkeys(told)) == ["count words", "features"]


def test_finished_parts_are_passed_over(index, pairs, tmp_path, small_parts, monkeypatch):
    computed, most = [], 2

    def few(task, shared):
        if len(computed) >= most:
            raise Unfinished("the driver was stopped")
        computed.append((shared.kind.among, task.number))
        return compute(task, shared)

    compute = feature_parts.compute_part
    monkeypatch.setattr(feature_parts, "compute_part", few)
    with pytest.raises(Unfinished):
        train(index, pairs, tmp_path, runner=Troubled())
    before, most = set(computed), 10**6
    computed.clear()
    assert content(train(index, pairs, tmp_path, runner=Troubled())) == content(train(index, pairs, tmp_path))
    assert before
    assert before & set(computed) == set()


def test_shares_repeat_exactly_and_the_card_says_how_many(index, pairs, tmp_path, small_parts, runner):
    here = train(index, pairs, tmp_path)
    shared, again = (train(index, pairs, tmp_path, runner=runner, world_size=2) for _ in range(2))
    assert content(shared) == content(again)
    assert content(shared) != content(here)
    assert abs(shared.report.metric - here.report.metric) < 0.1
    assert "trained in 2 shares of the pairs at once (world size 2)" in render_card(shared)
    assert list(tmp_path.iterdir()) == []


def test_features_that_do_not_fit_are_shared_by_all_workers(index, pairs, tmp_path, monkeypatch, runner):
    monkeypatch.setattr("reranking.training.examples.BLOCK_PAIRS", 500)
    assert train(index, pairs, tmp_path, runner=runner, memory=1).report.world_size == 2


def sooner(scores, targets, categories):
    """A metric that likes the first round best, whose scores are the nearest to those of all pairs."""
    return -float(np.std(scores))


@pytest.fixture(scope="module")
def examples():
    """Pairs whose two features say how likely they match, to train on and to validate by."""
    random = np.random.default_rng(0)
    features = random.normal(size=(1500, 3)).astype(np.float32)
    targets = (features[:, 0] + features[:, 1] * features[:, 2] > 0.5).astype(np.float64)
    weights = random.uniform(0.5, 2, 1500)
    whole = Examples(features, targets, np.zeros(1500, dtype=np.int64), weights)
    return whole.take(np.arange(1000)), whole.take(np.arange(1000, 1500))


def shared(examples, folder, runner, *, shares=2, metric=closeness, train=None):
    fit = ShardedBoosting(runner, folder / "model", shares)
    return [to_bytes(member) for member in fit(train or examples[0], examples[1], metric, options=TWO, seed=3)]


@pytest.mark.parametrize("shares", [1, 2])
def test_shares_learn_what_one_process_learns(examples, tmp_path, runner, shares):
    found = [from_bytes(member) for member in shared(examples, tmp_path, runner, shares=shares)]
    here = boost(*examples, closeness, options=TWO, seed=3)
    features, targets = examples[1].features, examples[1].targets
    assert len(found) == len(here) == 2
    assert np.corrcoef(predict(found, features), predict(here, features))[0, 1] > 0.9
    assert (
        abs(
            closeness(predict(found, features), targets, targets) - closeness(predict(here, features), targets, targets)
        )
        < 0.05
    )


def test_shares_score_many_validation_pairs_every_five_rounds(examples, tmp_path, runner, monkeypatch):
    every = shared(examples, tmp_path, runner, metric=sooner)
    monkeypatch.setattr("reranking.boosters.growing.MANY_JUDGED", 500)
    fifth = shared(examples, tmp_path, runner, metric=sooner)
    assert [[from_bytes(member).num_boosted_rounds() for member in members] for members in (every, fifth)] == [
        [1, 1],
        [5, 5],
    ]


def test_shares_of_features_on_disk_are_those_of_features_in_memory(examples, tmp_path, runner, monkeypatch):
    monkeypatch.setattr("reranking.boosters.shares.BLOCK_PAIRS", 300)
    train = examples[0]
    blocks = write_feature_blocks(np.split(train.features, [300, 600, 900]), tmp_path / "blocks")
    on_disk = shared(examples, tmp_path, runner, train=replace(train, features=blocks))
    assert on_disk == shared(examples, tmp_path, runner)


def test_a_worker_that_dies_begins_all_again_and_the_boosters_are_the_same(examples, tmp_path, runner):
    found = shared(examples, tmp_path, runner, metric=partial(dying, folder=tmp_path, most=2))
    assert len(list(tmp_path.glob("died_*"))) == 2
    assert found == shared(examples, tmp_path, runner)


def test_a_worker_that_dies_again_and_again_is_told_of(examples, tmp_path, runner):
    told = r"in 2 shares was begun 3 times, and part 0 .* its process died there: look there, then run the same command"
    with pytest.raises(Unfinished, match=told):
        shared(examples, tmp_path, runner, metric=partial(dying, folder=tmp_path, most=99))
    assert list(tmp_path.glob("model*")) == []


def test_a_worker_that_says_nothing_is_given_up(examples, tmp_path, runner, monkeypatch):
    monkeypatch.setattr("reranking.boosters.meeting.SILENCE_S", 3)
    monkeypatch.setattr("reranking.boosters.shares.ATTEMPTS", 1)
    with pytest.raises(Unfinished, match=r"begun 1 times, and part 1 .* met: .*imeout"):
        shared(examples, tmp_path, runner, metric=silent)


def test_pairs_of_one_kind_are_refused_as_everywhere(examples, tmp_path, runner):
    train = replace(examples[0], targets=np.ones(1000))
    with pytest.raises(InputError, match="all 1000 training pairs are matches"):
        shared(examples, tmp_path, runner, train=train)
