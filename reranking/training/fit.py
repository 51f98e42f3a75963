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
from reranking.training.examples import PairSignals, TrainingRoom, make_examples
from reranking.training.training_pairs import TrainingPairs


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
        if room is not None:
            room.say(len(data.train), len(data.valid), len(signals.names))
        train = examples_to_train_on(signals, data, room=room, progress=progress)
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


def examples_to_train_on(
    signals: PairSignals, data: TrainingPairs, *, room: TrainingRoom | None = None, progress: Progress = silent
) -> Examples:
    """Compute the features of the pairs to train on, out of fold where signals were learned from them, with their weights."""
    learned = signals.of_training_pairs(True)
    weights = data.added.weights()
    return make_examples(
        learned, data.train, data.train_codes, weights=weights, stage="features train", room=room, progress=progress
    )
