"""A reranker is trained on labelled pairs by features, hold-out by product group, boosting and thresholds."""

from dataclasses import dataclass
from pathlib import Path

from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import Examples, Metric, in_memory
from reranking.boosters.ensemble import Ensemble, train_ensemble
from reranking.decisions.judgement import judge
from reranking.decisions.validation import IntervalOf, ValidationPairs
from reranking.model.reranker import XgboostReranker
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.misleading_pairs import without_seen
from reranking.pairs.product_groups import product_groups
from reranking.signals.learned.cross_folds import open_cross
from reranking.signals.signals import Signals
from reranking.training.examples import TrainingRoom, make_examples, prepare_training_signals
from reranking.training.finished_training import FinishedTraining
from reranking.training.training_pairs import TrainingPairs


@dataclass(frozen=True)
class Trained:
    """It holds the reranker, and what there is to say about the data: warnings for the user."""

    reranker: XgboostReranker
    warnings: tuple[str, ...]


def train_reranker(
    index: ProductIndex,
    pairs: LabelledPairs,
    valid: LabelledPairs | None = None,
    *,
    metric: Metric,
    interval: IntervalOf | None = None,
    options: TrainOptions | None = None,
    room: TrainingRoom | None = None,
    progress: Progress = silent,
) -> Trained:
    """Train on pairs; without `valid`, whole product groups of them are held out for stopping and thresholds.

    `metric(scores, targets, categories)` is maximised on the validation pairs; `interval` says how sure it is, for the
    model card. `room` is the memory for the features of training pairs. Raises InputError for one class only.
    """
    options = options or TrainOptions()
    pairs = without_seen(index, pairs) if options.leave_out_seen else pairs
    data = TrainingPairs.of(index, pairs, valid, options)
    cross = open_cross(Path(options.cross)) if options.cross else None
    signals = prepare_training_signals(index, data.train, data.products, options, cross=cross, progress=progress)
    train, judged = _examples(signals, data, room, progress)
    ensemble = train_ensemble(
        train, judged, data.names, metric, options=options.boosting, seed=options.seed, progress=progress
    )
    judgement = judge(_validation(index, ensemble, judged, data), data.names, asked=data.asked, seed=options.seed)
    done = FinishedTraining(index, options, data, signals, train, judged, ensemble, judgement)
    return Trained(done.reranker(judgement.ranking(metric, interval), cross), done.warnings())


def _examples(
    signals: Signals, data: TrainingPairs, room: TrainingRoom | None, progress: Progress
) -> tuple[Examples, Examples]:
    """Compute the features of the pairs to train on, and of those to validate by; the latter are in memory."""
    if room is not None:
        room.say(len(data.train), len(data.valid), len(signals.names))
    train = make_examples(
        signals.of_training_pairs(True),
        data.train,
        data.train_codes,
        weights=data.added.weights(),
        stage="features train",
        room=room,
        progress=progress,
    )
    others = signals.of_training_pairs(data.sides.held_out)
    return train, make_examples(others, data.valid, data.valid_codes, stage="features valid", progress=progress)


def _validation(index: ProductIndex, ensemble: Ensemble, judged: Examples, data: TrainingPairs) -> ValidationPairs:
    """Return the validation pairs as the boosters score them, with the product groups that these pairs tie."""
    scores = ensemble.score(in_memory(judged.features), data.valid_codes.named(data.names))
    pairs = data.valid
    groups = product_groups(pairs.left, pairs.right, pairs.targets, len(index.catalog))
    return ValidationPairs(scores, judged.targets, judged.categories, groups[pairs.left], groups[pairs.right])
