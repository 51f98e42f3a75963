"""Signals that were learned from labelled pairs stay where they are at home on new products, and are left out where they mislead.

Training pairs are read out of fold, and other pairs by all that was learned: where the one is unlike the other, boosters trust a signal
that says something else later. Trial boosters tell: with and without each signal they are trained on the training pairs as
they are, and judged on pairs that no learning has seen: those of validation whose products are new, where these are enough, else folds of the
training pairs, for each of which everything is learned anew from pairs that do not touch it.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from indexing.machine.progress import Progress, silent
from indexing.machine.threads import thread_count
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import FEW_BINS, BoostingOptions, boost_rounds, predict
from reranking.boosters.examples import Examples, in_memory
from reranking.model.train_options import TrainOptions
from reranking.model.training_report import JudgedOn, StackedVerdict
from reranking.signals.learned.cross_folds import CrossFolds
from reranking.signals.stacked import STACKED, StackedName, stacked_among
from reranking.training.examples import PairSignals
from reranking.training.judging.stacked_trials import (
    DEALINGS,
    JUDGED_STAGE,
    SignalTrial,
    TrialFolds,
    new_pairs,
    repeated,
    trial_on_validation,
)
from reranking.training.training_pairs import TrainingPairs

MARGIN = 0.01  # of the log-loss, which a signal may cost before it is left out: less is what seeds differ by
ERRORS = 2.0  # standard errors of a cost that is no chance; as many of each signal's gain, and nothing is dealt anew
ROUNDS, ETA = 75, 0.1  # of the trial boosters, which nothing stops
LEAST_SCORE = 1e-3  # a trial's log-loss is kept from certainty
Names = frozenset[StackedName]


@dataclass(frozen=True)
class StackedChoice:
    """It holds the signals without those that were left out, and the verdict on each that was learned."""

    signals: PairSignals
    verdicts: tuple[StackedVerdict, ...] = ()

    @property
    def left_out(self) -> Names:
        """Return what was left out."""
        return frozenset(verdict.signal for verdict in self.verdicts if not verdict.stays)

    def asked(self, options: TrainOptions) -> TrainOptions:
        """Return options that learn no more than what stayed and what that needs."""
        rivals = options.rivals and "rivals" not in self.left_out
        cross = "" if "cross" in self.left_out else options.cross
        asked = replace(options, rivals=rivals, cross=cross)
        words = options.words and (rivals or asked.reads_some or "words" not in self.left_out)
        return replace(asked, words=words)


def choose_stacked(
    index: ProductIndex,
    data: TrainingPairs,
    signals: PairSignals,
    options: TrainOptions,
    *,
    cross: CrossFolds | None = None,
    progress: Progress = silent,
) -> StackedChoice:
    """Choose which of the learned signals stay; all of them where nothing was learned, or pairs are too few to tell."""
    if options.stacked == "keep" or not stacked_among(signals.names):
        return StackedChoice(signals)
    new = new_pairs(index, data)
    if new is not None:
        trial = trial_on_validation(data, signals, new, options, progress)
        losses = _Losses.of(repeated(trial, progress), signals, options)
        progress(JUDGED_STAGE, DEALINGS, DEALINGS)
        return _decided(signals, losses, "validation")
    folds = TrialFolds.of(index, data, options, cross)
    dealings = (folds.trials(number, stacked_among(signals.names), progress) for number in range(folds.dealings))
    return _decided(signals, _Losses.of(dealings, signals, options), "folds")


@dataclass(frozen=True)
class _Losses:
    """It holds the log-loss of each of some judgements (p,), weighted so that they sum to the mean, with each choice of the learned
    signals; the same pairs are judged in each of the `dealings`. Without any judgement it holds nothing."""

    by_choice: dict[Names, Floats1d]
    dealings: int = 0

    @classmethod
    def of(cls, dealings: "Iterable[Iterable[SignalTrial]]", signals: PairSignals, options: TrainOptions) -> "_Losses":
        """Judge all choices in the trials of a dealing, and of the next one where these cannot tell."""
        judged, weights, found = {choice: list[Floats1d]() for choice in _choices(signals)}, list[Floats1d](), cls({})
        for number, dealing in enumerate(dealings, 1):
            for trial in dealing:
                weights.append(_weights(trial.judged))
                found_of = _losses_of_each(trial, [_columns(signals, choice) for choice in judged], options.boosting)
                for losses, of_choice in zip(judged.values(), found_of, strict=True):
                    losses.append(of_choice)
            if weights:
                weight = float(np.concatenate(weights).sum())
                found = cls({choice: np.concatenate(losses) / weight for choice, losses in judged.items()}, number)
            if found.tell(frozenset(stacked_among(signals.names))):
                break
        return found

    @property
    def pairs(self) -> int:
        """Return how many judgements there are."""
        return max((len(losses) for losses in self.by_choice.values()), default=0)

    def mean(self, choice: Names) -> float:
        """Return the mean log-loss with a choice of the signals, 0 where nothing was judged."""
        return float(self.by_choice[choice].sum()) if self.pairs else 0.0

    def tell(self, learned: Names) -> bool:
        """Say whether each of the signals clearly pays beside the others."""
        return bool(self.pairs) and all(self.falls(learned - {name}, learned) for name in learned)

    def falls(self, before: Names, after: Names) -> bool:
        """Say whether the loss surely falls from one choice to another: by more than the margin, and than chance tells."""
        gains = self.by_choice[before] - self.by_choice[after]
        error = float(np.sqrt(self.dealings * len(gains)) * gains.std())
        return float(gains.sum()) > max(MARGIN * self.mean(before), ERRORS * error)


def _choices(signals: PairSignals) -> list[Names]:
    """Return all choices of what was learned."""
    counts = range(len(stacked_among(signals.names)) + 1)
    return [frozenset(chosen) for count in counts for chosen in combinations(stacked_among(signals.names), count)]


def _weights(examples: Examples) -> Floats1d:
    return np.ones(len(examples.targets)) if examples.weights is None else examples.weights


def _columns(signals: PairSignals, choice: Names) -> Ints1d:
    """Return the columns of what learns nothing, and of the chosen signals."""
    hidden = {feature.name for name, features in STACKED.items() if name not in choice for feature in features}
    return np.flatnonzero([name not in hidden for name in signals.names])


def _losses_of_each(trial: SignalTrial, choices: Sequence[Ints1d], boosting: BoostingOptions) -> list[Floats1d]:
    """Return the weighted log-loss (p,) of each judged pair, by a booster for each of the choices, which sees these columns.

    Each grows on a processor of its own: two that grow one tree of so few pairs together wait for one another longer than they work.
    """
    small = replace(boosting, eta=ETA, threads=1)
    with ThreadPoolExecutor(thread_count() if boosting.device == "cpu" else 1) as pool:
        return list(pool.map(lambda columns: _losses_of(trial, columns, small), choices))


def _losses_of(trial: SignalTrial, columns: Ints1d, boosting: BoostingOptions) -> Floats1d:
    train, judged = trial.train, trial.judged
    directions = tuple(train.directions[column] for column in columns)
    shown = replace(train, features=in_memory(train.features)[:, columns], directions=directions)
    booster = boost_rounds(shown, ROUNDS, options=boosting, seed=trial.seed, bins=FEW_BINS)
    scores = predict([booster], in_memory(judged.features)[:, columns]).astype(np.float64)
    likely = np.clip(np.where(judged.targets == 1, scores, 1 - scores), LEAST_SCORE, 1)
    return np.asarray(-_weights(judged) * np.log(likely), dtype=np.float64)


def _decided(signals: PairSignals, losses: _Losses, by: JudgedOn) -> StackedChoice:
    """Leave out signals, the most misleading first, as long as the loss surely falls."""
    stay, verdicts = frozenset(stacked_among(signals.names)), list[StackedVerdict]()

    def verdict(name: StackedName, *, stays: bool) -> StackedVerdict:
        return StackedVerdict(name, stays, losses.mean(stay), losses.mean(stay - {name}), losses.pairs, by)

    while stay and losses.pairs:
        worst = min(sorted(stay), key=lambda name: losses.mean(stay - {name}))
        if not losses.falls(stay, stay - {worst}):
            verdicts += [verdict(name, stays=True) for name in sorted(stay)]
            break
        verdicts.append(verdict(worst, stays=False))
        stay -= {worst}
    return StackedChoice(signals.without(frozenset(stacked_among(signals.names)) - stay), tuple(verdicts))
