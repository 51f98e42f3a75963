"""Training a reranker on labelled pairs: features, hold-out by product group, boosting, thresholds."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import Examples, Metric, column_of, gains, in_memory
from reranking.boosters.ensemble import Ensemble, train_ensemble
from reranking.decisions.judgement import Judgement, judge
from reranking.decisions.validation import IntervalOf, RankingReport, ValidationPairs
from reranking.explain.contributions import family_importance
from reranking.model.index_needs import IndexNeeds
from reranking.model.reranker import XgboostReranker
from reranking.model.train_options import TrainOptions
from reranking.model.training_report import TrainingReport
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.misleading_pairs import rank_gap_warning, seen_warning, without_seen
from reranking.pairs.product_groups import product_groups
from reranking.signals.learned.cross_folds import CrossFolds, open_cross
from reranking.signals.signals import Signals
from reranking.training.examples import TrainingRoom, make_examples, prepare_training_signals
from reranking.training.training_pairs import TrainingPairs

STRONGEST = 15


@dataclass(frozen=True)
class Trained:
    """The reranker, and what there is to say about the data: warnings for the user."""

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
    done = _Training(index, options, data, signals, train, judged, ensemble, judgement)
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
    """The validation pairs as the boosters score them, with the product groups that they tie among themselves."""
    categories = pa.array(data.names, pa.large_string()).take(pa.array(data.valid_codes))
    scores = ensemble.score(in_memory(judged.features), categories)
    pairs = data.valid
    groups = product_groups(pairs.left, pairs.right, pairs.targets, len(index.catalog))
    return ValidationPairs(scores, judged.targets, judged.categories, groups[pairs.left], groups[pairs.right])


@dataclass(frozen=True)
class _Training:
    """A training that is done: what was trained on (`train`) and validated by (`judged`), and what came of it."""

    index: ProductIndex
    options: TrainOptions
    data: TrainingPairs
    signals: Signals
    train: Examples
    judged: Examples
    ensemble: Ensemble
    judgement: Judgement

    def reranker(self, ranking: RankingReport, cross: CrossFolds | None) -> XgboostReranker:
        """The boosters with everything needed to score another file with them."""
        return XgboostReranker(
            members=self.ensemble.members,
            feature_names=self.signals.names,
            decisions=self.judgement.decided.thresholds,
            target_precision=self.options.target_precision,
            mapping=self.data.mapping,
            needs=IndexNeeds.of(self.index),
            report=self._report(ranking),
            same_source=self.options.same_source,
            calibration=self.judgement.calibrated.calibration,
            learned=self.signals.learned(cross),
            scopes=self.ensemble.scopes if self.ensemble.specialised else (),
            specialist_share=self.ensemble.share,
        )

    def _report(self, ranking: RankingReport) -> TrainingReport:
        data, members, features = self.data, self.ensemble.members, self.signals.features
        return TrainingReport(
            rows=len(data.given),
            positives=int(data.given.targets.sum()),
            groups=data.groups,
            mined=data.added.mined,
            inferred=data.added.inferred,
            left_out=data.sides.left_out,
            train_rows=len(data.sides.train),
            valid_rows=len(data.valid),
            valid_positives=int(data.valid.targets.sum()),
            shared_products=data.sides.shared_products,
            metric=ranking.metric,
            interval=ranking.interval,
            categories=ranking.categories,
            families=tuple(family_importance(members, features, in_memory(self.judged.features), seed=0)),
            importance=dict(list(gains(members, self.signals.names).items())[:STRONGEST]),
            rounds=tuple(member.num_boosted_rounds() for member in members),
            decisions=self.judgement.decided.report,
            calibration=self.judgement.calibrated.report,
            options=self.options,
            index=self.index.fingerprint,
        )

    def warnings(self) -> tuple[str, ...]:
        """What the user should know of the pairs as given, without the added ones, and of the thresholds."""
        view, given = self.index.main_view, slice(self.data.added.given)
        ranks = column_of(self.train.features, self.signals.names.index(f"{view}_rank_smaller"))
        gap = rank_gap_warning(ranks[given], self.train.targets[given], view)
        return *seen_warning(self.index, self.data.given), *gap, *self.judgement.never_warning()
