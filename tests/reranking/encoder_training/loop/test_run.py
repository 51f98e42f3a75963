"""Training runs: early stopping, the best epoch, the time limit, and going on after a kill."""

import numpy as np
import pytest
import torch

from indexing.errors import InputError
from reranking.encoder_training.loop.checkpoint import read_checkpoint, write_checkpoint
from reranking.encoder_training.loop.run import RESUMED, Place, RunOptions, run_training
from reranking.encoder_training.loop.schedule import Schedule


class Killed(Exception):
    """What stands for a kill in these tests."""


class Line:
    """Learns y = 3x from noisy points, through dropout; judged by a list of metrics, or by its error."""

    def __init__(self, metrics=None, *, killed_at=None, schedule=None):
        torch.manual_seed(7)
        self.module = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.Linear(4, 1))
        self.schedule = schedule or Schedule(0.05)
        self.optimizer = self.schedule.optimizer(self.module)
        self.metrics, self.killed_at = metrics and list(metrics), killed_at

    def batches(self, epoch):
        return list(np.random.default_rng(epoch).normal(size=(5, 8, 4)).astype(np.float32))

    def learn(self, batch, *, step, done):
        if step == self.killed_at:
            raise Killed
        x = torch.from_numpy(batch)
        return self.schedule.take_step(self.optimizer, ((self.module(x) - 3 * x[:, :1]) ** 2).mean(), done=done)

    def judge(self):
        if self.metrics:
            return self.metrics.pop(0)
        x = torch.eye(4)
        with torch.no_grad():
            return -float(((self.module(x) - 3 * x[:, :1]) ** 2).mean())


def weights(learner):
    return {name: value.tolist() for name, value in learner.module.state_dict().items()}


def test_it_learns_and_keeps_the_curve():
    learner = Line()
    history = run_training(learner, RunOptions(epochs=6, patience=6))
    assert [epoch.number for epoch in history.epochs] == list(range(7))
    assert history.epochs[0].loss is None
    assert history.best.metric > history.epochs[0].metric
    assert history.ended == "all 6 epochs"


def test_the_weights_of_the_best_epoch_are_kept():
    found = []

    class Watched(Line):
        def judge(self):
            found.append(weights(self))
            return super().judge()

    learner = Watched([0.1, 0.5, 0.4, 0.3])
    history = run_training(learner, RunOptions(epochs=3, patience=5))
    assert history.best.number == 1
    assert weights(learner) == found[1] != found[3]


def test_it_ends_when_nothing_gets_better():
    history = run_training(Line([0.1, 0.5, 0.4, 0.5, 0.9]), RunOptions(epochs=9, patience=2))
    assert len(history.epochs) == 4
    assert history.ended == "no better metric in 2 epochs"


def test_the_time_limit_ends_it_after_a_judgement():
    history = run_training(Line(), RunOptions(epochs=100, minutes=1e-9))
    assert "time limit" in history.ended


@pytest.mark.parametrize("step", [3, 5, 7, 14])
def test_a_killed_run_goes_on_to_the_same_weights_and_curve(tmp_path, step):
    options, made = RunOptions(epochs=4, patience=9, checkpoint_s=0), {"seed": 1}
    whole = Line()
    expected = run_training(whole, options)
    with pytest.raises(Killed):
        run_training(Line(killed_at=step), options, place=Place(tmp_path / "c", made))
    resumed = Line()
    told = []
    history = run_training(resumed, options, place=Place(tmp_path / "c", made, resume=True), tell=told.append)
    assert weights(resumed) == weights(whole)
    assert [(e.number, e.loss, e.metric) for e in history.epochs] == [
        (e.number, e.loss, e.metric) for e in expected.epochs
    ]
    assert told[0].startswith(f"going on from step {step}")
    assert not (tmp_path / "c").exists()


def test_a_finished_run_that_is_kept_is_not_trained_again(tmp_path):
    options, place = RunOptions(epochs=2), Place(tmp_path / "c", {}, resume=True, keep=True)
    first = Line()
    run_training(first, options, place=place)
    again = Line(killed_at=10)
    run_training(again, options, place=place)
    assert weights(again) == weights(first)


def test_another_runs_checkpoint_is_refused_with_both_values(tmp_path):
    options = RunOptions(epochs=2, checkpoint_s=0)
    with pytest.raises(Killed):
        run_training(Line(killed_at=3), options, place=Place(tmp_path / "c", {"batch": 64}))
    with pytest.raises(InputError, match="made with batch 64, now it is 32"):
        run_training(Line(), options, place=Place(tmp_path / "c", {"batch": 32}, resume=True))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda state: state.pop("step"), "step is missing"),
        (lambda state: state.update(colour="red"), "it does not know the key 'colour'"),
        (lambda state: state["epochs"][0].pop("metric"), "epochs.metric is missing"),
    ],
)
def test_a_checkpoint_of_other_keys_is_one_line_with_what_to_do(tmp_path, change, told):
    place = Place(tmp_path / "c", {}, resume=True, keep=True)
    run_training(Line(), RunOptions(epochs=1), place=place)
    found = read_checkpoint(tmp_path / "c")
    change(found.state)
    write_checkpoint(tmp_path / "c", found)
    with pytest.raises(InputError) as error:
        run_training(Line(), RunOptions(epochs=1), place=place)
    assert str(error.value) == f"{tmp_path / 'c'}: {told}: remove it and train anew"


def test_without_resume_it_begins_anew(tmp_path):
    options = RunOptions(epochs=2, checkpoint_s=0)
    with pytest.raises(Killed):
        run_training(Line(killed_at=3), options, place=Place(tmp_path / "c", {"batch": 64}))
    assert run_training(Line(), options, place=Place(tmp_path / "c", {"batch": 32})).epochs[0].number == 0


def test_a_checkpoint_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "c").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="is no checkpoint of a training"):
        run_training(Line(), RunOptions(), place=Place(tmp_path / "c", {}, resume=True))


def test_a_checkpoint_on_a_full_disk_says_so(tmp_path):
    (tmp_path / "c.tmp").mkdir()  # what cannot be written into
    with pytest.raises(InputError, match="cannot be written"):
        run_training(Line(), RunOptions(epochs=1), place=Place(tmp_path / "c", {}))


def test_a_checkpoint_holds_model_best_and_moments(tmp_path):
    run_training(Line(), RunOptions(epochs=1), place=Place(tmp_path / "c", {"seed": 1}, keep=True))
    found = read_checkpoint(tmp_path / "c")
    assert found.state["made"] == {"seed": 1}
    assert found.model.keys() == found.best.keys() == {"1.weight", "1.bias"}
    assert "0.exp_avg" in found.moments


def test_a_loss_that_is_no_number_ends_in_one_line():
    class Broken(Line):
        def learn(self, batch, *, step, done):
            return float("nan")

    with pytest.raises(InputError, match="smaller --learning-rate"):
        run_training(Broken(), RunOptions(epochs=1))


@pytest.mark.parametrize("options", [{"epochs": 0}, {"patience": 0}, {"minutes": 0}])
def test_nonsense_is_refused(options):
    with pytest.raises(InputError):
        RunOptions(**options)


def test_the_rate_rises_then_falls_to_nothing():
    schedule = Schedule(1e-3, warmup=0.1)
    rates = [schedule.rate(done) for done in (0, 0.05, 0.1, 0.5, 1)]
    assert 0 < rates[0] < rates[1] < rates[2] > rates[3] > rates[4] == 0


@pytest.mark.parametrize(("step", "noted"), [(3, False), (7, True)])
def test_an_interrupt_says_that_there_is_a_checkpoint_to_go_on_from(tmp_path, step, noted):
    class Interrupted(Line):
        def learn(self, batch, *, step, done):
            if step == self.killed_at:
                raise KeyboardInterrupt
            return super().learn(batch, step=step, done=done)

    for resume, at, kept in ((False, step, noted), (True, 9, True)):
        with pytest.raises(KeyboardInterrupt) as interrupt:  # an epoch has five steps
            run_training(Interrupted(killed_at=at), RunOptions(epochs=4), place=Place(tmp_path / "c", {}, resume))
        assert getattr(interrupt.value, "__notes__", []) == [RESUMED] * kept
