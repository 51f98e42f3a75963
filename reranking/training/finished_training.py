"""A training that is done leaves the reranker with the report of its training, and warnings for the user."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import gains
from reranking.boosters.examples import Examples, column_of, in_memory
from reranking.decisions.judgement import Judgement
from reranking.decisions.prior_shift import Validation
from reranking.decisions.validation import RankingReport
from reranking.explain.contributions import family_importance
from reranking.kinds.judged_sample import JudgedSample
from reranking.kinds.pair_sample import PairSample
from reranking.kinds.reservoir import sources_of
from reranking.model.index_needs import IndexNeeds
from reranking.model.reranker import XgboostReranker
from reranking.model.train_options import TrainOptions
from reranking.model.training_report import StackedVerdict, TrainingReport
from reranking.pairs.candidates import proposing_views
from reranking.pairs.misleading_pairs import rank_gap_warning, seen_warning, unproposed_warning
from reranking.signals.learned.cross import CROSS_SCORE
from reranking.signals.learned.cross_folds import CrossFolds
from reranking.training.fit import Fit
from reranking.training.judging.judges import Judging

STRONGEST = 15  # features whose share of gain is kept


@dataclass(frozen=True)
class FinishedTraining:
    """It is a training that is done: what was fitted, what was judged of it, and which learned signals stayed."""

    index: ProductIndex
    options: TrainOptions
    fit: Fit
    judging: Judging
    stacked: tuple[StackedVerdict, ...] = ()

    @property
    def judgement(self) -> Judgement:
        """Return what was decided."""
        return self.judging.judgement

    def reranker(self, ranking: RankingReport, cross: CrossFolds | None) -> XgboostReranker:
        """Return the boosters with everything needed to score another file with them."""
        return XgboostReranker(
            members=self.fit.ensemble.members,
            feature_names=self.fit.signals.names,
            decisions=self.judgement.decided.thresholds,
            target_precision=self.options.target_precision,
            mapping=self.fit.data.mapping,
            needs=IndexNeeds.of(self.index),
            report=self._report(ranking),
            same_source=self.options.same_source,
            calibration=self.judgement.calibrated.calibration,
            learned=self.fit.signals.learned(cross),
            scopes=self.fit.ensemble.scopes if self.fit.ensemble.specialised else (),
            specialist_share=self.fit.ensemble.share,
            validation=Validation(self.judgement.pairs, tuple(self.judgement.names)),
            judged=self._judged_sample(),
        )

    def _judged_sample(self) -> JudgedSample:
        """Draw the validation pairs whose features are kept with the model, to tell later whether pairs are of their kind."""
        data, catalog, validation = self.fit.data, self.index.catalog, self.judging.validation
        pairs = PairSample(
            in_memory(self.fit.judged.features),
            validation.scores,
            data.valid_codes.named(data.names).left,
            sources_of(catalog, data.valid.left),
            sources_of(catalog, data.valid.right),
            validation.left_groups,
            validation.right_groups,
            validation.targets,
        )
        lowest = self.judgement.decided.thresholds.lowest
        return JudgedSample.draw(pairs, tuple(self.fit.signals.names), lowest=lowest, seed=self.options.seed)

    def _report(self, ranking: RankingReport) -> TrainingReport:
        data, members, features = self.fit.data, self.fit.ensemble.members, self.fit.signals.features
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
            families=tuple(family_importance(members, features, in_memory(self.fit.judged.features), seed=0)),
            importance=dict(list(gains(members, self.fit.signals.names).items())[:STRONGEST]),
            rounds=tuple(member.num_boosted_rounds() for member in members),
            monotone=self.fit.ensemble.monotone,
            judged_by=self.judging.by,
            stacked=self.stacked,
            cross_read=self._cross_read(),
            decisions=self.judgement.decided.report,
            calibration=self.judgement.calibrated.report,
            options=self.options,
            index=self.index.fingerprint,
            one_sided=data.one_sided,
            world_size=self.fit.world_size,
        )

    def _cross_read(self) -> float | None:
        """Return the share of the validation pairs that a cross-encoder read."""
        if CROSS_SCORE not in self.fit.signals.names:
            return None
        scores = column_of(self.fit.judged.features, self.fit.signals.names.index(CROSS_SCORE))
        return float(np.mean(~np.isnan(scores)))

    def warnings(self) -> tuple[str, ...]:
        """Say what the user should know of the pairs as given, without the added ones, and of the thresholds."""
        fit, view = self.fit, self.index.main_view
        given = slice(fit.data.added.given)
        gap = rank_gap_warning(self._ranks(fit.train, view)[given], fit.train.targets[given], view)
        return (
            *seen_warning(self.index, fit.data.given),
            *gap,
            *self._validation_warnings(view),
            *(line for labels in fit.data.one_sided for line in labels.warnings()),
            *self.judgement.unsure_warnings(few=self.options.few_labels),
        )

    def _validation_warnings(self, view: str) -> list[str]:
        """Say where validation pairs are unlike candidates; held-out ones lack ranks as the training pairs do."""
        judged, targets = self.fit.judged, self.fit.judged.targets
        ranks = self._ranks(judged, view)
        given = [] if self.fit.data.sides.held_out else rank_gap_warning(ranks, targets, view, side="validation's ")
        unranked = [np.isnan(self._ranks(judged, name)) for name in proposing_views(self.index)]
        return [*given, *unproposed_warning(np.all(unranked, axis=0), targets)]

    def _ranks(self, examples: Examples, view: str) -> Floats1d:
        """Return the smaller rank (p,) of each pair in a view, NaN where it has none."""
        return column_of(examples.features, self.fit.signals.names.index(f"{view}_rank_smaller"))
