"""Trials of learned signals: examples to train trial boosters on, and examples that no learning has seen to judge them by.

These are validation pairs where enough of them are of new products, else folds of the training pairs, for each of which everything is
learned anew from pairs that do not touch it. The left product of a fold's pair is new; the right one of a non-match is mostly of another fold,
and of it something may have been learned from pairs with other products.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.examples import Examples
from reranking.model.train_options import TrainOptions
from reranking.pairs.folds import deal_alike
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.product_groups import product_groups
from reranking.signals.learned.cross import CrossSignals
from reranking.signals.learned.cross_folds import CrossFolds
from reranking.signals.signals import Signals
from reranking.signals.stacked import StackedName, stacked_among
from reranking.training.examples import PairSignals, PlainStage, prepare_training_signals
from reranking.training.training_pairs import TrainingPairs

LEAST_NEW = 200  # matches, and others, of validation whose products are new, with fewer of which folds judge
MOST_PAIRS = 20_000  # of a side, that a trial looks at where validation judges
FOLDS, MOST_FOLDED = 5, 10_000  # of the training pairs so many are dealt into folds, whole product groups of them
JUDGEMENTS, DEALINGS = 6_000, 3  # fewer pairs are dealt anew until there are so many judgements, at most so often
JUDGED_STAGE = "signals judged"


@dataclass(frozen=True)
class SignalTrial:
    """It holds examples to train boosters on by a `seed`, and examples that no learning has seen to judge by, with the same columns."""

    train: Examples
    judged: Examples
    seed: int


def new_pairs(index: ProductIndex, data: TrainingPairs) -> Ints1d | None:
    """Return the validation pairs of two products that training pairs do not mention, nor any that labels tie to them; None where
    these are too few."""
    train, valid, count = data.train, data.valid, len(index.catalog)
    left, right, targets = (
        np.concatenate([getattr(train, name), getattr(valid, name)]) for name in ("left", "right", "targets")
    )
    groups = product_groups(left, right, targets, count)
    seen = np.zeros(count, dtype=bool)
    seen[groups[train.products]] = True
    new = np.flatnonzero(~seen[groups[valid.left]] & ~seen[groups[valid.right]])
    matches = valid.targets[new].sum()
    return new if min(matches, len(new) - matches) >= LEAST_NEW else None


def trial_on_validation(
    data: TrainingPairs, signals: PairSignals, new: Ints1d, options: TrainOptions, progress: Progress
) -> SignalTrial:
    random = np.random.default_rng(options.seed)
    rows, judged = _some(np.arange(len(data.train)), random), _some(new, random)
    weights = data.added.weights()
    train = data.train.take(rows), None if weights is None else weights[rows]
    valid = data.valid.take(judged), None if data.weights is None else data.weights[judged]
    known, others = (signals.of_training_pairs(among) for among in (True, False))
    shown = _examples(known, *train, progress=progress)
    return SignalTrial(shown, _examples(others, *valid, progress=progress), options.seed)


def repeated(trial: SignalTrial, progress: Progress) -> Iterator[list[SignalTrial]]:
    """Yield dealings of the same trial, as often as folds are dealt at most: a seed alone moves the loss of boosters by a few percent."""
    for number in range(DEALINGS):
        progress(JUDGED_STAGE, number, DEALINGS)
        yield [replace(trial, seed=trial.seed + 1000 * number)]


def _some(rows: Ints1d, random: np.random.Generator) -> Ints1d:
    return rows if len(rows) <= MOST_PAIRS else np.sort(random.choice(rows, MOST_PAIRS, replace=False))


def _examples(
    signals: PairSignals, pairs: LabelledPairs, weights: Floats1d | None = None, *, progress: Progress = silent
) -> Examples:
    """Compute the features of pairs, as the signals read them."""
    features = signals.compute_all(pairs.left, pairs.right, stage="features trial", progress=progress)
    directions = tuple(feature.direction for feature in signals.features)
    return Examples(features, pairs.targets, np.zeros(len(pairs), dtype=np.int64), weights, directions)


@dataclass(frozen=True)
class TrialFolds:
    """It holds training pairs, drawn by product group where they are many, with what is prepared for them and the group (n,) of each product."""

    index: ProductIndex
    pairs: LabelledPairs
    groups: Ints1d
    plain: PlainStage
    options: TrainOptions
    cross: CrossFolds | None

    @classmethod
    def of(
        cls, index: ProductIndex, data: TrainingPairs, options: TrainOptions, cross: CrossFolds | None
    ) -> "TrialFolds":
        """Draw from the given training pairs."""
        given = data.sides.train
        groups = product_groups(given.left, given.right, given.targets, len(index.catalog))
        pairs = given.take(_sampled(groups, given, options.seed))
        return cls(
            index, pairs, groups, PlainStage.of(index, pairs.products, options, rivals=options.rivals), options, cross
        )

    @property
    def dealings(self) -> int:
        """Return how often pairs may be dealt: few of them more than once."""
        return min(max(-(-JUDGEMENTS // len(self.pairs)), 1), DEALINGS)

    def trials(self, dealing: int, wanted: tuple[StackedName, ...], progress: Progress) -> Iterator[SignalTrial]:
        """Yield a trial for each fold; one without which the `wanted` signals cannot be learned is passed over."""
        pairs, seed = self.pairs, self.options.seed + 1000 * dealing
        left, right, codes = self.groups[pairs.left], self.groups[pairs.right], np.zeros(len(pairs), dtype=np.int64)
        of_groups = deal_alike(left, right, pairs.targets, codes, count=FOLDS, seed=seed)
        left, right = of_groups[left], of_groups[right]
        for fold in range(FOLDS):
            apart = pairs.take(np.flatnonzero((left != fold) & (right != fold)))
            judged = pairs.take(np.flatnonzero(left == fold))
            learned = self._learned(apart, seed)
            progress(JUDGED_STAGE, fold + 1, FOLDS)
            if len(judged) and stacked_among(learned.names) == wanted:
                known = learned.of_training_pairs(True)
                yield SignalTrial(_examples(known, apart), _examples(learned.of_new_pairs(), judged), seed)

    def _learned(self, pairs: LabelledPairs, seed: int) -> Signals:
        learned = prepare_training_signals(
            self.index,
            pairs,
            self.pairs.products,
            replace(self.options, seed=seed),
            least_matches=1,
            plain=self.plain,
        )
        return replace(learned, cross=self._cross)

    @cached_property
    def _cross(self) -> CrossSignals | None:
        """Return the cross-encoder, which scores a pair once, as it says the same of it in each fold."""
        if self.cross is None:
            return None
        return CrossSignals.from_catalog(self.cross, self.index.catalog, self.pairs.products).keeping()


def _sampled(groups: Ints1d, pairs: LabelledPairs, seed: int) -> Ints1d:
    """Return the pairs (rows) within so many product groups, drawn at random, that they are about MOST_FOLDED."""
    if len(pairs) <= MOST_FOLDED:
        return np.arange(len(pairs))
    order = np.random.default_rng(seed).permutation(len(groups))
    place = np.maximum(order[groups[pairs.left]], order[groups[pairs.right]])
    return np.flatnonzero(place <= np.partition(place, MOST_FOLDED)[MOST_FOLDED])
