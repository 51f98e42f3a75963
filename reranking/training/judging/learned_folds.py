"""Settings are tried on folds whose words and rivals were learned without them, as new products will be read."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import BoostingOptions, Metric
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.learned.cross import CrossSignals
from reranking.signals.learned.cross_folds import open_cross
from reranking.training.examples import PlainStage, deal_stacking, prepare_training_signals
from reranking.training.judging.cross_validation import CrossValidation, DealtPairs


@dataclass(frozen=True)
class LearnedFolds:
    """It holds the same folds of product groups once for each of them, with the features as signals see them that learned from no pair
    that touches it: pairs of the others out of fold, its own as those of new products."""

    folds: tuple[CrossValidation, ...]

    @property
    def count(self) -> int:
        """Return the number of folds."""
        return len(self.folds)

    def fold_metrics(self, metric: Metric, options: BoostingOptions, seed: int) -> Iterator[float]:
        """Yield the metric on each fold of boosters trained on the others, and stopped on that fold."""
        for number, fold in enumerate(self.folds):
            yield fold.fold_metric(number, metric, options, seed)


def prepare_learned_folds(
    index: ProductIndex, pairs: LabelledPairs, options: TrainOptions, *, count: int, progress: Progress = silent
) -> LearnedFolds:
    """Deal the product groups of pairs into `count` folds, and learn for each what the options ask for from the pairs apart from it, where
    all pairs are enough for that; labels of one kind are completed first. A cross-encoder reads a pair once. Features lie in memory once a fold.

    Raises InputError when a fold would lack matches or non-matches.
    """
    dealt = DealtPairs.of(index, pairs, options, count=count)
    pairs, options = dealt.pairs, dealt.options
    plain = PlainStage.of(index, pairs.products, options, rivals=options.rivals)
    cross = _cross(index, pairs, options)
    enough = deal_stacking(index, pairs, options) is not None  # in all, of which each fold leaves some out
    bare = dealt.with_features(np.zeros((len(pairs), 0), dtype=np.float32), ())
    folds = []
    for number in range(count):
        progress("folds learned", number, count)
        apart = pairs.take(bare.outside(number))
        signals = prepare_training_signals(
            index, apart, pairs.products, options, least_matches=1 if enough else None, plain=plain
        )
        signals = replace(signals, cross=cross)
        features = np.empty((len(pairs), len(signals.names)), dtype=np.float32)
        own = (bare.left_folds == number) | (bare.right_folds == number)
        for rows, seen in ((~own, signals.of_training_pairs(True)), (own, signals.of_new_pairs())):
            chosen = pairs.take(np.flatnonzero(rows))
            features[rows] = seen.compute_all(chosen.left, chosen.right, stage="features folds", progress=progress)
        folds.append(dealt.with_features(features, signals.features))
    progress("folds learned", count, count)
    return LearnedFolds(tuple(folds))


def _cross(index: ProductIndex, pairs: LabelledPairs, options: TrainOptions) -> CrossSignals | None:
    if not options.cross:
        return None
    return CrossSignals.from_catalog(open_cross(Path(options.cross)), index.catalog, pairs.products).keeping()
