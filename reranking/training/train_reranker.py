"""A reranker is trained on labelled pairs by features, hold-out by product group, boosting and thresholds."""

from dataclasses import dataclass, replace
from pathlib import Path

from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import Metric
from reranking.decisions.validation import IntervalOf, rank
from reranking.model.reranker import XgboostReranker
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.misleading_pairs import without_seen
from reranking.signals.learned.cross_folds import CrossFolds, open_cross
from reranking.signals.learned.stacking import LEAST_MATCHES
from reranking.training.examples import PairSignals, TrainingRoom, prepare_training_signals, silent_line
from reranking.training.finished_training import FinishedTraining
from reranking.training.fit import Fit
from reranking.training.identifier_choice import choose_identifiers
from reranking.training.judging.judges import Judges
from reranking.training.judging.stacked_choice import choose_stacked
from reranking.training.scarce_labels.few_labels import fit_few, refuse_too_few
from reranking.training.training_pairs import TrainingPairs

FEW_ALONE = "few labels are trained on by the command itself: the workers of --cluster have nothing to do"

NO_GATE = f"a first look says which pairs are read, and needs {LEAST_MATCHES} training matches and more: leave it out"


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
    model card. `room` is the memory for the features of training pairs. Labels of one kind, matches with hardly a
    non-match, are completed by mined ones. With `few_labels` in the options all pairs are trained on and judged out of fold. Raises InputError for one class only where nothing can be mined.
    """
    options = options or TrainOptions()
    pairs = without_seen(index, pairs) if options.leave_out_seen else pairs
    options, told = choose_identifiers(index, pairs, options)
    if options.few_labels and valid is None:
        few = _train_on_few(index, pairs, metric, interval, options, progress)
        alone = (FEW_ALONE,) if room is not None and room.crew is not None else ()
        return replace(few, warnings=(*told, *alone, *few.warnings))
    data = TrainingPairs.of(index, pairs, valid, options)
    cross = open_cross(Path(options.cross)) if options.cross else None

    announce = silent_line if room is None else room.announce

    def learn(part: TrainingPairs, options: TrainOptions, progress: Progress) -> PairSignals:
        if room is not None and room.crew is not None:
            return room.crew.signals(index, part.train, options, cross=cross, progress=progress)
        return prepare_training_signals(index, part.train, data.products, options, cross=cross, progress=progress)

    signals = learn(data, options, progress)
    _refuse_without_gate(signals, options, cross)
    chosen = choose_stacked(index, data, signals, options, cross=cross, progress=progress)
    for verdict in chosen.verdicts:
        announce(f"signals: {verdict.told()}")

    def refit(part: TrainingPairs, progress: Progress) -> Fit:
        apart = None if room is None else room.beside(len(data.train), len(first.signals.names))
        learned = learn(part, chosen.asked(options), progress).without(chosen.left_out)
        return Fit.to(part, learned, metric, options=options, room=apart, progress=progress)

    first = Fit.to(data, chosen.signals, metric, options=options, room=room, progress=progress)
    judging = Judges(index, first, options, metric, refit, announce, progress).judge()
    done = FinishedTraining(index, options, first, judging, chosen.verdicts)
    ranking = rank(judging.validation, data.names, metric, interval)
    return Trained(done.reranker(ranking, cross), (*told, *done.warnings()))


def _refuse_without_gate(signals: PairSignals, options: TrainOptions, cross: CrossFolds | None) -> None:
    """Raise InputError where a cross-encoder is to read some pairs, and too few labels were there to learn which."""
    if options.reads_some and signals.learned(cross).gate is None:
        raise InputError(f"--cross-share {options.cross_share}: {NO_GATE}")


def _train_on_few(
    index: ProductIndex,
    pairs: LabelledPairs,
    metric: Metric,
    interval: IntervalOf | None,
    options: TrainOptions,
    progress: Progress,
) -> Trained:
    refuse_too_few(pairs)
    few = fit_few(index, TrainingPairs.of_few(index, pairs, options), options, progress)
    done = FinishedTraining(index, few.options, few.fit, few.judging)
    ranking = rank(few.judging.validation, few.fit.data.names, metric, interval)
    model = done.reranker(ranking, None)
    model = replace(model, report=replace(model.report, few=few.report, shared_products=0))
    return Trained(model, (few.report.warning(), *filter(None, [few.report.doubt()]), *done.warnings()))
