"""A reranker is trained without any label: on what a catalogue says of its own candidates, out of fold."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import BoostingOptions, boost_rounds, gains, predict
from reranking.boosters.examples import Examples, in_memory
from reranking.decisions.asked_precision import AskedPrecision
from reranking.decisions.calibration import Calibration, fit_beta
from reranking.decisions.expected import ExpectedCalls, expect_best_f1, expect_precision
from reranking.decisions.thresholds import Thresholds
from reranking.explain.contributions import family_importance
from reranking.model.index_needs import IndexNeeds
from reranking.model.reranker import XgboostReranker
from reranking.model.train_options import TrainOptions
from reranking.model.training_report import NO_TRUTH, TrainingReport, WithoutLabels
from reranking.pairs.evaluation_category import CategoryMapping, codes_of, evaluated_names
from reranking.signals.signals import Signals
from reranking.training.examples import prepare_training_signals
from reranking.training.finished_training import STRONGEST
from reranking.training.train_reranker import Trained
from reranking.weak_labels.weak_pairs import WeakPairs, find_weak_pairs

FOLDS, MEMBERS, TREES = 3, 3, 150
MOST_PAIRS = 300_000  # that one booster learns from


def robust_boosting(device: str = "cpu", threads: int = 0, *, monotone: bool = False) -> BoostingOptions:
    """Return the settings of boosters that learn from labels of which some are wrong: small trees of large leaves, which
    cannot follow single pairs."""
    return BoostingOptions(
        eta=0.1,
        max_depth=5,
        min_child_weight=10,
        subsample=0.7,
        reg_lambda=5,
        max_rounds=TREES,
        members=MEMBERS,
        device=device,
        threads=threads,
        monotone=monotone,
    )


def train_unsupervised(index: ProductIndex, *, options: TrainOptions, progress: Progress = silent) -> Trained:
    """Train on the candidates of an index, each as much a match as it is likely to be one.

    Of the options these count: what precision is asked, the seed, from how many pairs a category stands alone, `words`,
    `rivals`, `same_source`, `identifiers` (dropped where they made labels, unless they are to be kept) and the boosters' settings
    (`robust_boosting`), whose `max_rounds` are all trained. Raises InputError where nothing can be learned.
    """
    weak = find_weak_pairs(index, folds=FOLDS, seed=options.seed, progress=progress)
    if weak.identified and options.identifiers != "keep":
        options = replace(options, identifiers="drop")
    return _WeakTraining.prepare(index, weak, options, progress).trained()


@dataclass(frozen=True)
class _WeakTraining:
    """It is a training on weakly labelled pairs: their `signals`, and `examples` with the features that are learned from."""

    index: ProductIndex
    weak: WeakPairs
    options: TrainOptions
    signals: Signals
    examples: Examples
    progress: Progress

    @classmethod
    def prepare(
        cls, index: ProductIndex, weak: WeakPairs, options: TrainOptions, progress: Progress
    ) -> "_WeakTraining":
        """Learn what words say and who the rivals are, and compute the features, out of fold."""
        pairs = weak.labelled()
        signals = prepare_training_signals(index, pairs, pairs.products, options, progress=progress)
        seen = signals.of_training_pairs(True)
        features = seen.compute_all(weak.left, weak.right, stage="features train", progress=progress)
        directions = tuple(feature.direction for feature in signals.features)
        examples = Examples(features, weak.likely, np.zeros(len(weak), np.int64), directions=directions)
        return cls(index, weak, options, signals, examples, progress)

    def trained(self) -> Trained:
        """Choose thresholds on scores out of fold, train on all pairs, and say what is expected."""
        scores = np.zeros(len(self.weak), dtype=np.float32)
        for fold in range(FOLDS):
            judged = np.flatnonzero(self.weak.folds == fold)
            scores[judged] = predict(self._boost(np.flatnonzero(self.weak.folds != fold), 1), self._features(judged))
            self.progress("folds", fold + 1, FOLDS)
        members = self._boost(np.arange(len(self.weak)), self.options.boosting.members or 1)
        return Trained(self._reranker(members, scores), (NO_TRUTH,))

    def _features(self, rows: Ints1d) -> Any:
        return in_memory(self.examples.features)[rows]

    def _boost(self, rows: Ints1d, count: int) -> list[Any]:
        """Train boosters on these rows, or on some of them where they are many, each of a seed of its own."""
        members, boosting = [], self.options.boosting
        for member in range(count):
            seed = self.options.seed + 1000 * member
            drawn = rows
            if len(rows) > MOST_PAIRS:
                drawn = np.sort(np.random.default_rng(seed).choice(rows, MOST_PAIRS, replace=False))
            members.append(boost_rounds(self.examples.take(drawn), boosting.max_rounds, options=boosting, seed=seed))
            self.progress("train", member + 1, count)
        return members

    def _reranker(self, members: list[Any], scores: Floats1d) -> XgboostReranker:
        options, likely = self.options, self.weak.likely
        mapping = CategoryMapping.learn(evaluated_names(self.index.catalog, self.weak.left), options.least_pairs)
        best = expect_best_f1(scores, likely)
        return XgboostReranker(
            members=tuple(members),
            feature_names=self.signals.names,
            decisions=self._thresholds(mapping, scores, best),
            target_precision=options.target_precision,
            mapping=mapping,
            needs=IndexNeeds.of(self.index),
            report=self._report(members, best),
            same_source=options.same_source,
            calibration=Calibration(fit_beta(scores, likely), {}),
            learned=self.signals.learned(None),
        )

    def _thresholds(self, mapping: CategoryMapping, scores: Floats1d, best: ExpectedCalls) -> Thresholds:
        """Return the thresholds at which the precision asked is expected, in each category and over all."""
        likely, options = self.weak.likely, self.options
        codes, names = codes_of(mapping.of(evaluated_names(self.index.catalog, self.weak.left)))
        asked = AskedPrecision(options.target_precision, options.target_precisions)
        asked.refuse_unknown(names)
        by_category = {
            name: expect_precision(scores[codes == code], likely[codes == code], asked.of(name)).threshold
            for code, name in enumerate(names)
        }
        return Thresholds(by_category, expect_precision(scores, likely, asked.default).threshold, best.threshold)

    def _report(self, members: list[Any], best: ExpectedCalls) -> TrainingReport:
        weak, importance = self.weak, gains(members, self.signals.names)
        return TrainingReport(
            rows=0,
            positives=0,
            groups=0,
            train_rows=len(weak),
            valid_rows=0,
            valid_positives=0,
            metric=None,
            families=tuple(
                family_importance(members, self.signals.features, in_memory(self.examples.features), seed=0)
            ),
            importance=dict(list(importance.items())[:STRONGEST]),
            rounds=tuple(member.num_boosted_rounds() for member in members),
            monotone=(self.options.boosting.follows(self.examples.directions),) * len(members),
            options=self.options,
            index=self.index.fingerprint,
            without_labels=WithoutLabels(
                products=weak.products,
                candidates=len(weak),
                neighbours=weak.neighbours,
                votes=weak.votes,
                matches=float(weak.likely.sum()),
                wrong=weak.wrong,
                identified=weak.identified,
                precision=best.precision,
                recall=best.recall,
            ),
        )
