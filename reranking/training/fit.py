"""Signals and boosters are fitted to the training side of labelled pairs, and stopped by the validation side."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from indexing.machine.progress import Progress, silent
from reranking.boosters.boosting import Metric, boost
from reranking.boosters.ensemble import Ensemble, train_ensemble
from reranking.boosters.examples import Examples, in_memory
from reranking.model.train_options import TrainOptions
from reranking.pairs.evaluation_category import SideCategories, SideCodes
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.stacked import stacked_among
from reranking.training.examples import PairSignals, TrainingRoom, make_examples
from reranking.training.training_pairs import TrainingPairs

ONE_OF = 2  # of so many training pairs one is seen once more in a thinned catalogue, but at most:
MOST_ONCE_MORE = 10_000
MOST_LOOKED_AT = 1_000  # matches that tell whether products have further ones
FURTHER_MATCHES = "rivals_expected_smaller"


@dataclass(frozen=True)
class Fit:
    """It holds what was fitted to the pairs: `signals`, the features of pairs to train on (`train`) and to validate by
    (`judged`), and the boosters, trained in so many shares of the pairs at once (`world_size`)."""

    data: TrainingPairs
    signals: PairSignals
    train: Examples
    judged: Examples
    ensemble: Ensemble
    world_size: int = 1

    @classmethod
    def to(
        cls,
        data: TrainingPairs,
        signals: PairSignals,
        metric: Metric,
        *,
        options: TrainOptions,
        room: TrainingRoom | None = None,
        progress: Progress = silent,
    ) -> "Fit":
        """Compute the features of both sides by signals that were learned from the pairs to train on, those of validation in memory,
        and train."""
        again = seen_once_more(signals, data, options.seed)
        if room is not None:
            room.say(len(data.train), len(data.valid), len(signals.names), again=len(again))
        train = examples_to_train_on(signals, data, again=again, room=room, progress=progress)
        others = signals.of_training_pairs(data.sides.held_out)
        judged = make_examples(others, data.valid, data.valid_codes, stage="features valid", progress=progress)
        fit, world_size = (boost, 1) if room is None else room.boosting(train)
        ensemble = train_ensemble(
            train, judged, data.names, metric, options=options.boosting, seed=options.seed, progress=progress, fit=fit
        )
        return cls(data, signals, train, judged, ensemble, world_size)

    @property
    def validation_scores(self) -> Floats1d:
        """Return the scores (v,) of the validation pairs."""
        return self.ensemble.score(in_memory(self.judged.features), self.data.valid_codes.named(self.data.names))

    def score(self, pairs: LabelledPairs, codes: SideCodes, progress: Progress = silent) -> Floats1d:
        """Return the scores (p,) of pairs that nothing was fitted to, whose categories are `codes`."""
        return self.score_by(pairs.left, pairs.right, codes.named(self.data.names), progress)

    def score_by(self, left: Ints1d, right: Ints1d, sides: SideCategories, progress: Progress = silent) -> Floats1d:
        """Return the scores (p,) of pairs of prepared products, in these categories, that nothing was fitted to."""
        if not len(left):
            return np.zeros(0, dtype=np.float32)
        signals = self.signals.of_training_pairs(False)
        features = signals.compute_all(left, right, stage="features judged", progress=progress)
        return self.ensemble.score(features, sides)


def seen_once_more(signals: PairSignals, data: TrainingPairs, seed: int) -> Ints1d:
    """Draw the rows of training pairs that boosters see once more, in a catalogue without the other offers of their products.

    Products of labels often have more offers than others: of each pair that is none a rival is nearer, and boosters that see no other pairs
    take the nearest product for a match where a product has none. None are drawn where no rivals are compared, nor where both
    products of a match have not one further match each, on average: without others a match would look as such a pair does.
    """
    if "rivals" not in stacked_among(signals.names):
        return np.zeros(0, dtype=np.int64)
    random = np.random.default_rng(seed)
    matches = np.flatnonzero(data.train.targets == 1)
    some = data.train.take(np.sort(random.choice(matches, min(len(matches), MOST_LOOKED_AT), replace=False)))
    features = signals.of_training_pairs(True).compute_all(some.left, some.right, stage="features looked at")
    if features[:, signals.names.index(FURTHER_MATCHES)].mean() < 1:
        return np.zeros(0, dtype=np.int64)
    count = min(len(data.train) // ONE_OF, MOST_ONCE_MORE)
    return np.sort(random.choice(len(data.train), count, replace=False))


def examples_to_train_on(
    signals: PairSignals,
    data: TrainingPairs,
    *,
    again: Ints1d | None = None,
    room: TrainingRoom | None = None,
    progress: Progress = silent,
) -> Examples:
    """Compute the features of the pairs to train on, out of fold where signals were learned from them, with their weights; behind them
    those of the pairs at the rows `again` once more, in a thinned catalogue."""
    learned = signals.of_training_pairs(True)
    weights = data.added.weights()
    return make_examples(
        learned,
        data.train,
        data.train_codes,
        weights=weights,
        again=again,
        stage="features train",
        room=room,
        progress=progress,
    )
