"""XGBoost trains boosters in several processes at once, each with a share of the pairs.

Together they choose the cuts of features and sum what each counts of its pairs, round by round (`xgboost.collective`), so that all of them
grow the same trees. The first one also has the validation pairs: it says when to stop, and keeps the boosters.
"""

from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
import xgboost
from xgboost import collective

from indexing.running.parts import PartFolder, put_bytes, read_array
from indexing.running.tasks import Counts, Task
from reranking.boosters.boosting import to_bytes
from reranking.boosters.feature_blocks import FeatureBlocks
from reranking.boosters.growing import Metric, StopEarly

TARGETS, WEIGHTS = "targets.npy", "weights.npy"
JUDGED, JUDGED_TARGETS, JUDGED_CATEGORIES = "judged.npy", "judged_targets.npy", "judged_categories.npy"


@dataclass(frozen=True)
class Sharing:
    """It is what all shares need: where the pairs are, and whether they are weighted, the parameters of each member, what ends training,
    looked at every `step` rounds, and where the shares meet."""

    parts: PartFolder
    features: FeatureBlocks
    weighted: bool
    parameters: tuple[Mapping[str, Any], ...]
    max_rounds: int
    patience: int
    step: int
    metric: Metric
    meeting: Mapping[str, str | int]

    def open(self) -> "Sharing":
        return self


def boost_share(task: Task, sharing: Sharing) -> Counts:
    """Train all members on a share of the pairs, the rows `first` to `last`. Raises ConnectionError where the others are gone."""
    # before the others are there: a matrix asks them how wide theirs is
    judged = _Judged.read(sharing) if task.number == 0 else None
    try:
        with (
            redirect_stdout(StringIO()),  # where XGBoost says which rank it got, whatever it is asked to say
            collective.CommunicatorContext(**sharing.meeting, dmlc_task_id=f"{task.number:06}"),
        ):
            _boost(task, sharing, judged)
    except xgboost.core.XGBoostError as error:
        raise ConnectionError(_told(error)) from error
    return {"pairs": task.last - task.first}


def member_name(number: int) -> str:
    """Return the name of the part that a member is kept as."""
    return f"member_{number}.ubj"


def _boost(task: Task, sharing: Sharing, judged: "_Judged | None") -> None:
    threads = max(sharing.parameters[0]["nthread"], 1)
    matrix = xgboost.QuantileDMatrix(_ShareIterator(task, sharing), nthread=threads)

    def measure(booster: xgboost.Booster) -> float:
        """Return what the first share measures, to all of them."""
        measured = collective.broadcast(None if judged is None else judged.measure(booster), 0)
        assert measured is not None  # the first one measures
        return measured

    for number, parameters in enumerate(sharing.parameters):
        stop = StopEarly(measure, rounds=sharing.max_rounds, patience=sharing.patience, step=sharing.step)
        booster = xgboost.train({**parameters, "nthread": threads}, matrix, sharing.max_rounds, callbacks=[stop])
        if judged is not None:
            put_bytes(sharing.parts, member_name(number), to_bytes(booster[: stop.best_round + 1]))


class _ShareIterator(xgboost.DataIter):
    """It hands the rows of a share to XGBoost, block by block."""

    def __init__(self, task: Task, sharing: Sharing) -> None:
        super().__init__(release_data=True)  # before anything can fail: it is taken down again then
        self._task, self._blocks = task, sharing.features
        self._targets = read_array(sharing.parts, TARGETS)
        self._weights = read_array(sharing.parts, WEIGHTS) if sharing.weighted else None
        rows = (self._blocks.rows_of(number) for number in range(len(self._blocks.starts)))
        self._numbers = [
            number for number, part in enumerate(rows) if part.start < task.last and part.stop > task.first
        ]
        self._next = 0

    def next(self, input_data: Any) -> bool:
        if self._next == len(self._numbers):
            return False
        number = self._numbers[self._next]
        block = self._blocks.rows_of(number)
        rows = slice(max(block.start, self._task.first), min(block.stop, self._task.last))
        features = self._blocks.block(number)[rows.start - block.start : rows.stop - block.start]
        weights = None if self._weights is None else np.asarray(self._weights[rows])
        input_data(data=features, label=np.asarray(self._targets[rows]), weight=weights)
        self._next += 1
        return True

    def reset(self) -> None:
        self._next = 0


@dataclass(frozen=True)
class _Judged:
    """It is the validation pairs, and by what they are measured."""

    matrix: xgboost.DMatrix
    targets: Any
    categories: Any
    metric: Metric

    @classmethod
    def read(cls, sharing: Sharing) -> "_Judged":
        features, targets, categories = (
            np.array(read_array(sharing.parts, name)) for name in (JUDGED, JUDGED_TARGETS, JUDGED_CATEGORIES)
        )
        return cls(xgboost.DMatrix(features, nthread=1), targets, categories, sharing.metric)

    def measure(self, booster: xgboost.Booster) -> float:
        return float(self.metric(booster.predict(self.matrix), self.targets, self.categories))


def _told(error: Exception) -> str:
    """Return the innermost of what XGBoost says of an error, without where in its code that was."""
    lines = [line.strip() for line in str(error).partition("Stack trace")[0].splitlines() if line.strip()]
    return lines[-1].rpartition("]: ")[2] if lines else type(error).__name__
