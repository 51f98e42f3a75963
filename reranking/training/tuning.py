"""Optuna searches for better settings of the boosters, by cross-validation over product groups."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.storage.artefact import fingerprint_of
from indexing.storage.whole_file import refuse_folder
from reranking.boosters.boosting import BoostingOptions, Metric
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import LabelledPairs
from reranking.training.judging.cross_validation import CrossValidation
from reranking.training.judging.learned_folds import prepare_learned_folds

try:
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
except ImportError as error:
    raise InputError("Optuna is not installed: run pip install 'heroic[tune]'") from error

RANDOM_TRIALS = 10  # before the sampler learns from what it has seen
UNPRUNED_TRIALS = 5
LEARNED_BY_FOLD = "learned by fold"
Suggest = Callable[["optuna.Trial", str], Any]  # draws the value of a setting by its name


class FoldMetrics(Protocol):
    """They judge settings on folds."""

    @property
    def count(self) -> int:
        """Return the number of folds."""
        ...

    def fold_metrics(self, metric: Metric, options: BoostingOptions, seed: int) -> Iterator[float]:
        """Yield the metric on each fold of boosters trained on the others."""
        ...


@dataclass(frozen=True)
class SearchOptions:
    """They say how many settings are tried, on how many folds; `storage` is a file to go on from, `seed` that of the
    sampler."""

    trials: int
    storage: Path | None = None
    folds: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise InputError(f"--trials {self.trials}: give 1 or more")
        if self.storage is not None:
            refuse_folder(self.storage)


@dataclass(frozen=True)
class Found:
    """It keeps the best settings, the metric that they had and that the settings to begin with had, meaned over the
    folds, and how many trials there were, `pruned` of them given up early; `searched` are the names of what was
    varied."""

    boosting: BoostingOptions
    value: float
    default: float
    trials: int
    pruned: int
    searched: tuple[str, ...] = ()


def search_settings(
    index: ProductIndex,
    pairs: LabelledPairs,
    *,
    metric: Metric,
    options: TrainOptions,
    search: SearchOptions,
    progress: Progress = silent,
) -> Found:
    """Find the settings with the best metric on folds of whole product groups of the pairs, for each of which words and rivals are learned
    from the others.

    The first trial is of the settings to begin with, so what is found is at least as good on the folds. With a storage,
    a search that was ended goes on and comes to what it would have come to. Raises InputError for too few groups, and
    for a storage that holds another search.
    """
    study = _open_study(search, _fingerprint(index, pairs, options, search))
    folds = prepare_learned_folds(index, pairs, options, count=search.folds, progress=progress)
    run_search(study, folds, metric, options.boosting, search, progress, space=search_space(folds.folds[0]))
    finished = _finished(study)
    best = study.best_trial
    assert best.value is not None
    assert finished[0].value is not None
    return Found(
        replace(options.boosting, **best.params),
        best.value,
        finished[0].value,
        len(finished),
        sum(trial.state == optuna.trial.TrialState.PRUNED for trial in finished),
        tuple(best.params),
    )


def run_search(
    study: "optuna.Study",
    folds: FoldMetrics,
    metric: Metric,
    start: BoostingOptions,
    search: SearchOptions,
    progress: Progress = silent,
    *,
    space: Mapping[str, Suggest] | None = None,
) -> None:
    """Try settings until the study has as many finished trials as asked for."""
    space = SPACE if space is None else space
    while (done := len(_finished(study))) < search.trials:
        progress("trials", done, search.trials)
        # a sampler of its own for each trial: a search that goes on draws what it would have drawn
        study.sampler = optuna.samplers.TPESampler(
            n_startup_trials=RANDOM_TRIALS, seed=search.seed * 100_003 + done, constant_liar=False
        )
        if done == 0 and not study.get_trials(states=(optuna.trial.TrialState.WAITING,)):
            study.enqueue_trial({name: getattr(start, name) for name in space})
        trial = study.ask()
        try:
            study.tell(trial, _try(trial, folds, metric, start, search.seed, space))
        except optuna.TrialPruned:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    progress("trials", search.trials, search.trials)


def _logarithmic(low: float, high: float) -> Suggest:
    return lambda trial, name: trial.suggest_float(name, low, high, log=True)


def _linear(low: float, high: float) -> Suggest:
    return lambda trial, name: trial.suggest_float(name, low, high)


def _one_of(*values: Any) -> Suggest:
    return lambda trial, name: trial.suggest_categorical(name, values)


SPACE: dict[str, Suggest] = {
    "eta": _logarithmic(0.02, 0.2),
    "max_depth": lambda trial, name: trial.suggest_int(name, 3, 10),
    "subsample": _linear(0.5, 1),
    "colsample_bytree": _linear(0.2, 1),
    "reg_lambda": _logarithmic(0.3, 30),
    "monotone": _one_of(False, True),
}
LEAST_ROWS, MOST_ROWS = 5, 500  # pairs in a leaf, as undecided as the base rate is: what min_child_weight stands for


def search_space(folds: CrossValidation) -> dict[str, Suggest]:
    """Return what is searched: SPACE, and what depends on the pairs.

    XGBoost's `min_child_weight` is a sum of p (1 - p) over the pairs of a leaf, so its range follows the base rate;
    matches weigh up to as much as makes them equal to the non-matches. Added pairs and boosters for single categories
    are tried where there are any.
    """
    targets = folds.examples.targets[: folds.given]
    rate = float(targets.mean())
    undecided = rate * (1 - rate)
    space = {
        **SPACE,
        "min_child_weight": _logarithmic(LEAST_ROWS * undecided, MOST_ROWS * undecided),
        "positive_weight": _logarithmic(0.3, max(1.0, (1 - rate) / rate)),
    }
    if folds.given is not None and folds.given < len(folds.examples.targets):
        space["added_rows"] = _one_of(True, False)
    if len(folds.names) > 1:
        space["layout"] = _one_of("one", "categories", "blend")
    return space


def _try(
    trial: "optuna.Trial",
    folds: FoldMetrics,
    metric: Metric,
    start: BoostingOptions,
    seed: int,
    space: Mapping[str, Suggest],
) -> float:
    """Return the metric meaned over the folds, of one booster each. Raises TrialPruned when it falls behind."""
    settings = replace(start, members=1, **{name: suggest(trial, name) for name, suggest in space.items()})
    values: list[float] = []
    for value in folds.fold_metrics(metric, settings, seed):
        values.append(value)
        trial.report(float(np.mean(values)), len(values))
        if len(values) < folds.count and trial.should_prune():
            raise optuna.TrialPruned
    return float(np.mean(values))


def _finished(study: "optuna.Study") -> "list[optuna.trial.FrozenTrial]":
    states = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    return study.get_trials(deepcopy=False, states=states)


def _open_study(search: SearchOptions, name: str) -> "optuna.Study":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED_TRIALS)
    if search.storage is None:
        return optuna.create_study(direction="maximize", pruner=pruner)
    search.storage.parent.mkdir(parents=True, exist_ok=True)
    try:
        storage = JournalStorage(JournalFileBackend(str(search.storage)))
        others = [found for found in optuna.get_all_study_names(storage) if found != name]
    except (ValueError, KeyError, OSError) as error:
        raise InputError(f"{search.storage}: is no storage of a search ({error}): name another file") from error
    if others:
        raise InputError(
            f"{search.storage}: holds a search over other pairs or with other options, or one of an older version: name another file"
        )
    return optuna.create_study(
        study_name=name, storage=storage, direction="maximize", pruner=pruner, load_if_exists=True
    )


def _fingerprint(index: ProductIndex, pairs: LabelledPairs, options: TrainOptions, search: SearchOptions) -> str:
    """Return a text that changes with all that the value of a trial depends on; where folds learn words or rivals it is another than
    that of searches that tried settings without."""
    columns = [side.tolist() for side in (pairs.left, pairs.right, pairs.targets)]
    learned = (LEARNED_BY_FOLD,) if options.words or options.rivals else ()
    return fingerprint_of(index.fingerprint, columns, asdict(options), search.folds, search.seed, *learned)
