"""A training run has epochs over batches, early stopping, a time limit, and checkpoints to go on from after a kill."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch

from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.storage.records import read_record, stored_record
from reranking.encoder_training.loop.checkpoint import (
    Checkpoint,
    Tensors,
    moments_of,
    read_checkpoint,
    restore_moments,
    weights_of,
    write_checkpoint,
)

RESUMED = "run the same command again with --resume: it goes on from the checkpoint"
Tell = Callable[[str], None]  # one line about the run, for a person


def say_nothing(line: str) -> None:
    """Tell nobody."""


class Learner(Protocol):
    """A learner is what is trained: a torch model, its optimizer (AdamW), and what one step and one judgement are."""

    @property
    def module(self) -> torch.nn.Module:
        """Return the model."""

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """Return AdamW over the model's parameters."""

    def batches(self, epoch: int) -> Sequence[Any]:
        """Return the batches of an epoch, from 0: the same whenever asked."""

    def learn(self, batch: Any, *, step: int, done: float) -> float:
        """Learn from a batch and say its loss. `step` counts over all epochs and seeds what is random; `done` is the
        share of the training that is behind, for the learning rate."""

    def judge(self) -> float:
        """Return how good the model is on the validation pairs: higher is better."""


@dataclass(frozen=True)
class RunOptions:
    """These options end a run. `patience`: epochs without a better judgement before it ends; `minutes`: the longest
    it may take, None: as long as it needs; `checkpoint_s`: seconds between checkpoints."""

    epochs: int = 4
    patience: int = 2
    minutes: float | None = None
    checkpoint_s: float = 300.0

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.patience < 1:
            raise InputError(f"{self.epochs} epochs, patience {self.patience}: at least one of each is needed")
        if self.minutes is not None and self.minutes <= 0:
            raise InputError(f"--minutes {self.minutes}: give more than 0")


@dataclass(frozen=True)
class Epoch:
    """It is one row of the training curve. Number 0 is the model as it came, without a loss."""

    number: int
    loss: float | None
    metric: float
    seconds: float


@dataclass(frozen=True)
class History:
    """It keeps the training curve, and why it ended."""

    epochs: tuple[Epoch, ...]
    ended: str

    @property
    def best(self) -> Epoch:
        """Return the epoch whose weights were kept: the first with the best metric."""
        return max(self.epochs, key=lambda epoch: (epoch.metric, -epoch.number))


@dataclass(frozen=True)
class RunState:
    """It says where a run stands, beside its weights: what it is made from, the steps done, the batches of the epoch
    and the sum of their losses, the seconds that it took, and the epochs judged so far."""

    made: Mapping[str, Any]
    step: int
    batch: int
    loss: float
    seconds: float
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True)
class Place:
    """It says where checkpoints go (None: nowhere), what the run is made from (JSON), whether to go on from one
    there, and whether the last one stays: a run of several trainings removes them when all are done."""

    checkpoint: Path | None = None
    made: Mapping[str, Any] = field(default_factory=dict)
    resume: bool = False
    keep: bool = False


def run_training(
    learner: Learner,
    options: RunOptions,
    *,
    place: Place | None = None,
    metric: str = "metric",
    progress: Progress = silent,
    tell: Tell = say_nothing,
) -> History:
    """Train; at the end the learner's model has the weights of its best epoch.

    A run that goes on from a checkpoint ends with the weights of an undisturbed one, on the same machine and unless
    `minutes` ended it. Raises InputError for a checkpoint of another run.
    """
    return _Run(learner, options, place or Place(), metric, progress, tell).run()


class _Run:
    """It is a run under way: `step` counts over all epochs, `batch` within this one."""

    def __init__(
        self, learner: Learner, options: RunOptions, place: Place, metric: str, progress: Progress, tell: Tell
    ) -> None:
        self.learner, self.options, self.place, self.metric = learner, options, place, metric
        self.progress, self.tell = progress, tell
        self.epochs: list[Epoch] = []
        self.best: Tensors = {}
        self.step, self.batch, self.loss = 0, 0, 0.0
        self.before, self.started = 0.0, time.monotonic()
        self.saved = time.monotonic()
        self.steps = 0
        self.kept = False  # whether there is a checkpoint of this run

    @property
    def seconds(self) -> float:
        """Return how long it has taken, over all its lives."""
        return self.before + time.monotonic() - self.started

    def run(self) -> History:
        try:
            return self._run()
        except KeyboardInterrupt as interrupt:
            if self.kept:
                interrupt.add_note(RESUMED)
            raise

    def _run(self) -> History:
        self._take_up()
        self.steps = max(1, len(self.learner.batches(0)) * self.options.epochs)
        if not self.epochs:
            self._judge(0, None)
        ended = self._why_ended()
        while ended is None:
            self._epoch(len(self.epochs))
            ended = self._why_ended()
        self.learner.module.load_state_dict(self.best)
        self._drop_checkpoint()
        return History(tuple(self.epochs), ended)

    def _epoch(self, number: int) -> None:
        batches = self.learner.batches(number - 1)
        stage = f"epoch {number} of {self.options.epochs}"
        self.progress(stage, self.batch, len(batches))
        self.learner.module.train()
        while self.batch < len(batches) and self._done() < 1:
            torch.manual_seed(self.step)  # dropout: so that a run that goes on draws the same
            loss = self.learner.learn(batches[self.batch], step=self.step, done=self._done())
            if not math.isfinite(loss):
                raise InputError(f"the loss is {loss} at step {self.step}: train with a smaller --learning-rate")
            self.loss, self.step, self.batch = self.loss + loss, self.step + 1, self.batch + 1
            self.progress(stage, self.batch, len(batches))
            if time.monotonic() - self.saved > self.options.checkpoint_s:
                self._save()
        self._judge(number, self.loss / max(1, self.batch))
        self.batch, self.loss = 0, 0.0
        self._save()

    def _judge(self, number: int, loss: float | None) -> None:
        self.learner.module.eval()
        metric = self.learner.judge()
        better = not self.epochs or metric > max(epoch.metric for epoch in self.epochs)
        self.epochs.append(Epoch(number, loss, metric, round(self.seconds, 1)))
        if better:
            self.best = weights_of(self.learner.module)
        said = "as it came" if loss is None else f"loss {loss:.4f}"
        left = "" if loss is None else f", about {self._minutes_left():.0f} min left at most"
        self.tell(f"epoch {number} of {self.options.epochs}: {said}, {self.metric} {metric:.4f}{left}")

    def _minutes_left(self) -> float:
        a_step = (self.seconds - self.epochs[0].seconds) / max(1, self.step)
        left = max(0.0, self.steps - self.step) * a_step / 60
        return left if self.options.minutes is None else max(0.0, min(left, self.options.minutes - self.seconds / 60))

    def _done(self) -> float:
        """Return the share of the run that is behind: of its steps, or of its time where that is shorter."""
        by_time = 0.0 if self.options.minutes is None else self.seconds / 60 / self.options.minutes
        return min(1.0, max(self.step / self.steps, by_time))

    def _why_ended(self) -> str | None:
        if len(self.epochs) > self.options.epochs:
            return f"all {self.options.epochs} epochs"
        if self.options.minutes is not None and self.seconds / 60 >= self.options.minutes:
            return f"the time limit of {self.options.minutes:g} minutes"
        last = self.epochs[-1].number - History(tuple(self.epochs), "").best.number
        return f"no better {self.metric} in {last} epochs" if last >= self.options.patience else None

    def _save(self) -> None:
        self.saved = time.monotonic()
        if self.place.checkpoint is None:
            return
        state = RunState(self.place.made, self.step, self.batch, self.loss, self.seconds, tuple(self.epochs))
        model, moments = weights_of(self.learner.module), moments_of(self.learner.optimizer)
        write_checkpoint(self.place.checkpoint, Checkpoint(model, self.best, moments, stored_record(state)))
        self.kept = True

    def _take_up(self) -> None:
        """Go on from the checkpoint, if there is one and that was asked."""
        path = self.place.checkpoint
        if path is None or not self.place.resume or not path.exists():
            return
        found = read_checkpoint(path)
        state = read_record(found.state, RunState, where=str(path), remedy="remove it and train anew")
        _refuse_other(path, state.made, self.place.made)
        self.learner.module.load_state_dict(found.model)
        restore_moments(self.learner.optimizer, found.moments)
        self.step, self.batch, self.loss, self.epochs = state.step, state.batch, state.loss, list(state.epochs)
        self.before, self.best, self.kept = state.seconds, found.best, True
        self.tell(f"going on from step {self.step}, {self.before / 60:.0f} min into the training")

    def _drop_checkpoint(self) -> None:
        if self.place.checkpoint is not None and not self.place.keep:
            self.place.checkpoint.unlink(missing_ok=True)


def _refuse_other(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    for name in sorted({*found, *wanted}):
        if found.get(name) != wanted.get(name):
            raise InputError(
                f"{path}: was made with {name} {found.get(name)}, now it is {wanted.get(name)}: "
                "ask for the same, or train anew without --resume"
            )
