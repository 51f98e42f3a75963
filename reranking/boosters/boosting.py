"""XGBoost trains gradient-boosted trees here, stopped early on the mission's metric."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.machine.device import cuda_devices
from indexing.machine.progress import Progress, silent
from reranking.boosters.bins import first_values
from reranking.boosters.examples import Examples, in_memory
from reranking.boosters.feature_blocks import FeatureBlocks
from reranking.boosters.growing import Metric as Metric
from reranking.boosters.growing import Parameters, grow, grow_apart, xgboost

FEW_PAIRS, FEW_MEMBERS = 50_000, 3
SHARED_PAIRS = 30_000  # of fewer training pairs a tree is grown by one processor
BINS, FEW_BINS = 256, 64  # of each feature; few ones are for small models, which they make faster and no worse
Layout = Literal["one", "categories", "blend"]


@dataclass(frozen=True)
class BoostingOptions:
    """These options are XGBoost's own settings, by its own names, and our own beside them.

    `positive_weight` is that of a match, a non-match weighing 1 (XGBoost's `scale_pos_weight`). `members` says how many models of
    different seeds have their scores meaned; 0 means three for fewer training pairs than FEW_PAIRS, whose scores a seed sways, all but
    the first of them monotone, else one. `monotone` keeps scores from falling where a feature that has a direction speaks more for a
    match. `layout` asks for one model for all, one for each large category, or a blend of both (reranking/boosters/ensemble.py).
    `added_rows` says whether pairs that were mined or inferred are trained on. `device` is where XGBoost works.
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
    monotone: bool = False
    layout: Layout = "one"
    added_rows: bool = True
    device: str = "cpu"

    def parameters(self, seed: int, directions: Sequence[int] = (), *, bins: int = BINS) -> dict[str, Any]:
        """Return XGBoost's parameters, for features of these directions in so many bins."""
        chosen: dict[str, Any] = {} if self.device == "cpu" else {"device": self.device}
        if self.follows(directions):
            chosen["monotone_constraints"] = f"({','.join(map(str, directions))})"
        return {
            **chosen,
            "objective": "binary:logistic",
            "tree_method": "hist",
            "max_bin": bins,
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

    def follows(self, directions: Sequence[int]) -> bool:
        """Return whether a booster of these options is monotone, for features of these directions."""
        return self.monotone and any(directions)


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
    parameters = member_parameters(train, options, seed)
    stopped: Any = {"rounds": options.max_rounds, "patience": options.patience}
    if _grow_apart(train, options, len(parameters)):

        def one(of_member: Parameters, measured: Metric) -> xgboost.Booster:
            matrix = _training_matrix(train, replace(options, threads=1))
            return grow(of_member, matrix, _judged_matrix(valid, 1), valid, measured, **stopped)

        return [_freed(booster, options) for booster in grow_apart(one, parameters, metric, progress)]
    members, matrix, judged = [], _training_matrix(train, options), _judged_matrix(valid, options.threads)
    for member, of_member in enumerate(parameters):
        progress("train", member, len(parameters))
        members.append(grow(of_member, matrix, judged, valid, metric, **stopped))
    progress("train", len(parameters), len(parameters))
    return members


def _grow_apart(train: Examples, options: BoostingOptions, members: int) -> bool:
    """Say whether each member grows on a processor of its own: two that share a tree of few pairs wait for one another longer than they
    work. What is on disk or on a GPU is read by one at a time."""
    alone = options.device != "cpu" or options.threads == 1 or isinstance(train.features, FeatureBlocks)
    return members > 1 and len(train.targets) < FEW_PAIRS and not alone


def _judged_matrix(valid: Examples, threads: int) -> xgboost.DMatrix:
    """Return what is scored while a booster grows; not quantised: predicting from that takes three times as long as training."""
    return xgboost.DMatrix(in_memory(valid.features), valid.targets, nthread=threads or None)


def member_parameters(train: Examples, options: BoostingOptions, seed: int) -> list[dict[str, Any]]:
    """Return XGBoost's parameters of each member that is to be trained on these examples. Raises InputError when they are all matches
    or all non-matches."""
    if train.targets.min() == train.targets.max():
        what = "matches" if train.targets[0] else "non-matches"
        raise InputError(f"all {len(train.targets)} training pairs are {what}: training needs both")
    return [
        of_member.parameters(seed + 1000 * number, train.directions)
        for number, of_member in enumerate(_members(options, len(train.targets)))
    ]


def _members(options: BoostingOptions, pairs: int) -> list[BoostingOptions]:
    """Return the options of each member. Of few pairs trees learn what is chance, which one that may not contradict the directions of
    features does less; one that may tells what those cannot."""
    if options.members or pairs >= FEW_PAIRS:
        return [options] * (options.members or 1)
    return [options] + [replace(options, monotone=True)] * (FEW_MEMBERS - 1)


def monotone_members(train: Examples, options: BoostingOptions) -> tuple[bool, ...]:
    """Return which of the members that are trained on these examples are monotone."""
    return tuple(of_member.follows(train.directions) for of_member in _members(options, len(train.targets)))


def boost_rounds(
    train: Examples, rounds: int, *, options: BoostingOptions, seed: int, bins: int = BINS
) -> xgboost.Booster:
    """Train one booster of so many rounds, which nothing stops."""
    own = _alone_if_few(options, len(train.targets))
    parameters = own.parameters(seed, train.directions, bins=bins)
    return _freed(xgboost.train(parameters, _training_matrix(train, own, bins), rounds), options)


def _alone_if_few(options: BoostingOptions, pairs: int) -> BoostingOptions:
    """Return options of one thread where several would wait for one another longer than they work on so few pairs."""
    return options if options.threads or pairs >= SHARED_PAIRS else replace(options, threads=1)


def _freed(booster: xgboost.Booster, options: BoostingOptions) -> xgboost.Booster:
    """Return a booster that was grown by one thread and predicts by as many as the options say."""
    booster.set_param({"nthread": options.threads})
    return booster


def boost_parts(
    train: Examples, parts: Sequence[Ints1d], rounds: int, *, options: BoostingOptions, seed: int, bins: int = BINS
) -> list[xgboost.Booster]:
    """Train a booster of so many rounds on each part (rows) of examples, quantised once: pairs outside of it weigh nothing.
    The seeds of the boosters follow one another."""
    own = _alone_if_few(options, len(train.targets))
    matrix, members = _training_matrix(train, own, bins), []
    for number, rows in enumerate(parts):
        weights = np.zeros(len(train.targets), dtype=np.float32)
        weights[rows] = 1 if train.weights is None else train.weights[rows]
        matrix.set_weight(weights)
        parameters = own.parameters(seed + number, train.directions, bins=bins)
        members.append(_freed(xgboost.train(parameters, matrix, rounds), options))
    return members


def predict(members: Sequence[xgboost.Booster], features: Floats2d | FeatureBlocks) -> Floats1d:
    """Return the mean score (p,) float32 of the members, from 0 to 1."""
    if not len(features):
        return np.zeros(0, dtype=np.float32)
    rows = np.ascontiguousarray(in_memory(features), dtype=np.float32)
    scores = [_scores(member, rows) for member in members]
    return np.asarray(np.mean(scores, axis=0), dtype=np.float32)


def _scores(member: xgboost.Booster, rows: Floats2d) -> Floats1d:
    if _on_gpu(member):  # rows in the machine's memory cannot be read in place there
        return np.asarray(member.predict(xgboost.DMatrix(rows)), dtype=np.float32)
    return np.asarray(member.inplace_predict(rows), dtype=np.float32)


def on_device(members: Sequence[xgboost.Booster], device: str) -> None:
    """Let boosters work on `cpu` or `cuda` from now on."""
    for member in members:
        member.set_param({"device": device})


def choose_boosting_device(asked: str) -> str:
    """Return `cpu` or `cuda` for what the user asked (`auto`, `cpu`, `cuda`).

    Raises InputError when `cuda` is asked for and cannot be had.
    """
    if asked == "cpu":
        return "cpu"
    able = bool(xgboost.build_info().get("USE_CUDA")) and cuda_devices() > 0
    if asked == "cuda" and not able:
        what = "this machine has no GPU" if not cuda_devices() else "this XGBoost was built without CUDA"
        raise InputError(f"--device cuda: {what}: install heroic[gpu] where a GPU is, or use --device cpu")
    return "cuda" if able else "cpu"


def _on_gpu(member: xgboost.Booster) -> bool:
    return bool(xgboost.build_info().get("USE_CUDA")) and '"device":"cuda' in member.save_config()


class _BlockIterator(xgboost.DataIter):
    """It hands blocks on disk to XGBoost, which keeps them quantised in files of its own beside them."""

    def __init__(self, examples: Examples, blocks: FeatureBlocks) -> None:
        self._examples, self._blocks, self._next = examples, blocks, 0
        super().__init__(cache_prefix=str(blocks.folder / "cache"), release_data=True)

    def next(self, input_data: Any) -> bool:
        if self._next == len(self._blocks.starts):
            return False
        part = self._blocks.rows_of(self._next)
        weights = None if self._examples.weights is None else self._examples.weights[part]
        input_data(data=self._blocks.block(self._next), label=self._examples.targets[part], weight=weights)
        self._next += 1
        return True

    def reset(self) -> None:
        self._next = 0


def _training_matrix(train: Examples, options: BoostingOptions, bins: int = BINS) -> xgboost.DMatrix:
    """Quantise the features: in memory, or through files where they are in blocks; on a GPU by bins of its own."""
    of_bins: dict[str, Any] = {"nthread": options.threads or None, "max_bin": bins}
    if options.device == "cpu":  # to sort columns takes a tenth of the time of XGBoost's sketch of them
        of_bins["ref"] = xgboost.QuantileDMatrix(first_values(train.features, bins), **of_bins)
    if isinstance(train.features, FeatureBlocks):
        return xgboost.ExtMemQuantileDMatrix(_BlockIterator(train, train.features), **of_bins)
    return xgboost.QuantileDMatrix(train.features, train.targets, weight=train.weights, **of_bins)


def contributions(members: Sequence[xgboost.Booster], features: Floats2d) -> Floats2d:
    """Return what each feature adds to the log-odds of pairs (p, f + 1), float32, meaned over the members.

    The last column is what they start from. These are SHAP values (Lundberg et al., "From local explanations to global
    understanding with explainable AI for trees", Nature Machine Intelligence 2, 2020).
    """
    matrix = xgboost.DMatrix(np.ascontiguousarray(features, dtype=np.float32))
    added = [member.predict(matrix, pred_contribs=True) for member in members]
    return np.asarray(np.mean(added, axis=0), dtype=np.float32)


def gains(members: Sequence[xgboost.Booster], names: Sequence[str]) -> dict[str, float]:
    """Return each feature's share of the total gain of all splits, largest first."""
    total = dict.fromkeys(names, 0.0)
    for member in members:
        for feature, gain in member.get_score(importance_type="total_gain").items():
            total[names[int(feature[1:])]] += float(np.sum(gain))
    whole = sum(total.values()) or 1.0
    return dict(sorted(((name, gain / whole) for name, gain in total.items()), key=lambda item: -item[1]))


def to_bytes(booster: xgboost.Booster) -> bytes:
    """Return the booster as UBJSON."""
    return bytes(booster.save_raw("ubj"))


def from_bytes(content: bytes) -> xgboost.Booster:
    """Read a booster from what `to_bytes` returned. Raises InputError for what is no booster."""
    if not content:  # XGBoost would end the process
        raise InputError("the booster cannot be read (it is empty): train the model again")
    try:
        return xgboost.Booster(model_file=bytearray(content))
    except xgboost.core.XGBoostError as error:
        raise InputError(f"the booster cannot be read ({str(error).splitlines()[0]}): train the model again") from error
