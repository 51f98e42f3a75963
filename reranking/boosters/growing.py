"""A booster grows until validation pairs say that it is enough, alone or beside others."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event
from typing import Any

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from indexing.errors import InputError
from indexing.machine.progress import Progress
from indexing.machine.threads import thread_count, wait_passively
from reranking.boosters.examples import Examples

wait_passively()
try:
    import xgboost as xgboost
except ImportError as error:  # the extras bring it: which of the two, only the user knows
    raise InputError("XGBoost is not installed: run pip install 'heroic[cpu]', or 'heroic[gpu]' with a GPU") from error

MANY_JUDGED, ROUNDS_A_LOOK = 50_000, 5  # so many validation pairs are scored every few rounds alone
Metric = Callable[[Floats1d, Floats1d, Ints1d], float]  # scores, targets, category codes -> higher is better
Parameters = dict[str, Any]  # XGBoost's


def rounds_a_look(valid: int) -> int:
    """Return after how many rounds each so many validation pairs are scored, to stop by: that takes half as long as to grow a tree."""
    return ROUNDS_A_LOOK if valid >= MANY_JUDGED else 1


class StopEarly(xgboost.callback.TrainingCallback):
    """It ends a training of at most `rounds` after `patience` of them without a better metric, as `measure` says of the booster every
    `step` rounds and after the last one, and keeps which round was the best."""

    def __init__(self, measure: Callable[[xgboost.Booster], float], *, rounds: int, patience: int, step: int) -> None:
        super().__init__()
        self._measure, self._rounds, self._patience, self._step = measure, rounds, patience, step
        self._best, self.best_round = -np.inf, 0

    def after_iteration(self, model: xgboost.Booster, epoch: int, evals_log: Any) -> bool:
        if (epoch + 1) % self._step and epoch + 1 < self._rounds:
            return False
        value = self._measure(model)
        if value > self._best:
            self._best, self.best_round = value, epoch
        return epoch - self.best_round >= self._patience


def grow(
    parameters: Parameters,
    matrix: xgboost.DMatrix,
    judged: xgboost.DMatrix,
    valid: Examples,
    metric: Metric,
    *,
    rounds: int,
    patience: int,
) -> xgboost.Booster:
    """Train a booster on `matrix`, cut at the round that had the best metric on the `valid` pairs, whose features are `judged`."""

    def measure(booster: xgboost.Booster) -> float:
        return metric(booster.predict(judged), valid.targets, valid.categories)

    stop = StopEarly(measure, rounds=rounds, patience=patience, step=rounds_a_look(len(valid.targets)))
    booster = xgboost.train(parameters, matrix, rounds, callbacks=[stop])
    return booster[: stop.best_round + 1]


def grow_apart(
    one: Callable[[Parameters, Metric], xgboost.Booster],
    members: Sequence[Parameters],
    metric: Metric,
    progress: Progress,
) -> list[xgboost.Booster]:
    """Train members one beside the other, each by `one` on a single processor; where one fails, or the user interrupts, all end."""
    ended = Event()

    def measured(scores: Floats1d, targets: Floats1d, categories: Ints1d) -> float:
        if ended.is_set():
            raise InterruptedError("another member has ended the training")
        return metric(scores, targets, categories)

    progress("train", 0, len(members))
    with ThreadPoolExecutor(min(thread_count(), len(members))) as pool:
        growing = [pool.submit(one, parameters | {"nthread": 1}, measured) for parameters in members]
        try:
            for count, grown in enumerate(as_completed(growing), 1):
                grown.result()
                progress("train", count, len(members))
        except BaseException:
            ended.set()
            raise
    return [grown.result() for grown in growing]
