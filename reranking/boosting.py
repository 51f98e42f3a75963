"""Gradient-boosted trees through XGBoost, stopped early on the mission's metric."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.progress import Progress, silent
from indexing.threads import wait_passively

wait_passively()
try:
    import xgboost
except ImportError as error:  # the extras bring it: which of the two, only the user knows
    raise InputError("XGBoost is not installed: run pip install 'heroic[cpu]', or 'heroic[gpu]' with a GPU") from error

FEW_PAIRS, FEW_MEMBERS = 50_000, 3
Metric = Callable[[Floats1d, Floats1d, Ints1d], float]  # scores, targets, category codes -> higher is better


@dataclass(frozen=True)
class BoostingOptions:
    """XGBoost's own settings, by its own names, and `members`: models of different seeds whose scores are meaned.

    `positive_weight` is that of a match, a non-match weighing 1.

    0 members: three for fewer training pairs than FEW_PAIRS, whose scores a seed sways, else one.
    """

    eta: float = 0.05
    max_depth: int = 7
    min_child_weight: float = 3.0
    subsample: float = 0.8
    colsample_bytree: float = 0.5
    reg_lambda: float = 3.0
    positive_weight: float = 1.0
    max_rounds: int = 1500
    patience: int = 100  # rounds without a better metric
    members: int = 0
    threads: int = 0  # 0: one a core

    def parameters(self, seed: int) -> dict[str, Any]:
        return {
            "objective": "binary:logistic",
            "tree_method": "hist",
            "eta": self.eta,
            "max_depth": self.max_depth,
            "min_child_weight": self.min_child_weight,
            "subsample": self.subsample,
            "colsample_bytree": self.colsample_bytree,
            "lambda": self.reg_lambda,
            "scale_pos_weight": self.positive_weight,
            "nthread": self.threads,
            "seed": seed,
            "disable_default_eval_metric": 1,
        }


@dataclass(frozen=True)
class Examples:
    """Features (p, f) float32 of pairs, their targets (p,) and category codes (p,)."""

    features: Floats2d
    targets: Floats1d
    categories: Ints1d


def boost(
    train: Examples,
    valid: Examples,
    metric: Metric,
    *,
    options: BoostingOptions,
    seed: int,
    progress: Progress = silent,
) -> list[xgboost.Booster]:
    """Train the members, each cut at the round that had the best metric on the validation pairs.

    Raises InputError when the training pairs are all matches or all non-matches.
    """
    if train.targets.min() == train.targets.max():
        what = "matches" if train.targets[0] else "non-matches"
        raise InputError(f"all {len(train.targets)} training pairs are {what}: training needs both")
    matrix = xgboost.QuantileDMatrix(train.features, train.targets, nthread=options.threads or None)
    # not a QuantileDMatrix: predicting from one after every round takes three times as long as training
    judged = xgboost.DMatrix(valid.features, valid.targets, nthread=options.threads or None)
    members = []
    count = options.members or (FEW_MEMBERS if len(train.targets) < FEW_PAIRS else 1)
    for member in range(count):
        progress("train", member, count)
        members.append(_boost_one(matrix, judged, valid, metric, options, seed + 1000 * member))
    progress("train", count, count)
    return members


def predict(members: Sequence[xgboost.Booster], features: Floats2d) -> Floats1d:
    """The mean score (p,) float32 of the members, from 0 to 1."""
    if not len(features):
        return np.zeros(0, dtype=np.float32)
    scores = [member.inplace_predict(np.ascontiguousarray(features, dtype=np.float32)) for member in members]
    return np.asarray(np.mean(scores, axis=0), dtype=np.float32)


def contributions(members: Sequence[xgboost.Booster], features: Floats2d) -> Floats2d:
    """What each feature adds to the log-odds of pairs (p, f + 1), float32, meaned over the members; the last column is
    what they start from. These are SHAP values (Lundberg et al., "From local explanations to global understanding with
    explainable AI for trees", Nature Machine Intelligence 2, 2020)."""
    matrix = xgboost.DMatrix(np.ascontiguousarray(features, dtype=np.float32))
    added = [member.predict(matrix, pred_contribs=True) for member in members]
    return np.asarray(np.mean(added, axis=0), dtype=np.float32)


def gains(members: Sequence[xgboost.Booster], names: Sequence[str]) -> dict[str, float]:
    """Each feature's share of the total gain of all splits, largest first."""
    total = dict.fromkeys(names, 0.0)
    for member in members:
        for feature, gain in member.get_score(importance_type="total_gain").items():
            total[names[int(feature[1:])]] += float(np.sum(gain))
    whole = sum(total.values()) or 1.0
    return dict(sorted(((name, gain / whole) for name, gain in total.items()), key=lambda item: -item[1]))


def to_bytes(booster: xgboost.Booster) -> bytes:
    """UBJSON."""
    return bytes(booster.save_raw("ubj"))


def from_bytes(content: bytes) -> xgboost.Booster:
    """Raises InputError for what is no booster."""
    if not content:  # XGBoost would end the process
        raise InputError("the booster cannot be read (it is empty): train the model again")
    try:
        return xgboost.Booster(model_file=bytearray(content))
    except xgboost.core.XGBoostError as error:
        raise InputError(f"the booster cannot be read ({str(error).splitlines()[0]}): train the model again") from error


def _boost_one(
    matrix: xgboost.DMatrix,
    judged: xgboost.DMatrix,
    valid: Examples,
    metric: Metric,
    options: BoostingOptions,
    seed: int,
) -> xgboost.Booster:
    def judge(scores: Floats1d, data: xgboost.DMatrix) -> tuple[str, float]:
        return "metric", metric(scores, valid.targets, valid.categories)

    stop = xgboost.callback.EarlyStopping(
        rounds=options.patience, metric_name="metric", data_name="valid", maximize=True
    )
    booster = xgboost.train(
        options.parameters(seed),
        matrix,
        options.max_rounds,
        evals=[(judged, "valid")],
        custom_metric=judge,
        callbacks=[stop],
        verbose_eval=False,
    )
    return booster[: booster.best_iteration + 1]
