"""Decisions are judged on pairs that tell what they will hold: those of validation or, where validation is too small, or of
products that training has seen, those of both sides, out of fold."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from indexing.arrays import Floats1d, Ints1d
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import Metric
from reranking.decisions.judgement import Judgement, judge
from reranking.decisions.prior import at_their_own_share
from reranking.decisions.prior_shift import Validation
from reranking.decisions.validation import ValidationPairs
from reranking.model.train_options import TrainOptions
from reranking.model.training_report import JudgedBy, UnseenPairs
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.product_groups import product_groups
from reranking.pairs.seen_products import Probabilities, SeenProducts, find_seen
from reranking.training.fit import Fit
from reranking.training.judging.joined_folds import FOLDS, JoinedFolds, Refit, weights_like
from reranking.training.training_pairs import TrainingPairs, categories_of_sides

SEEN_SHARE = 0.1  # of the validation matches, whose products training has seen, above which folds judge
LEAST_MATCHES = 50  # of validation, with fewer of which probabilities are too rough to tell products that labels do not
LEAST_UNSEEN = 1000  # matches, and others, of unseen products, with fewer of which training pairs join in, out of fold
MOST_ASKED = 10_000  # validation matches whose products are asked about at first


@dataclass(frozen=True)
class Judging:
    """It holds the validation pairs as the boosters score them, what was decided on them or out of fold, and by what."""

    validation: ValidationPairs
    judgement: Judgement
    by: JudgedBy


@dataclass(frozen=True)
class Judges:
    """They judge a fit. `refit` trains in the same way on a part of the pairs; `announce` is told in one line why, before
    that is done for every fold."""

    index: ProductIndex
    fit: Fit
    options: TrainOptions
    metric: Metric
    refit: Refit
    announce: Callable[[str], None]
    progress: Progress = silent

    @property
    def data(self) -> TrainingPairs:
        """Return the pairs of both sides."""
        return self.fit.data

    def judge(self) -> Judging:
        """Decide on the validation pairs; where training has seen many of their products, on those of the others; and where these
        cannot tell, on the pairs of both sides out of fold."""
        validation = self._validation()
        alone = self._decide(validation)
        if self.options.judge_by == "validation":
            return Judging(validation, alone, JudgedBy())
        seen = self._seen(alone)
        share = seen.share(self.data.valid)
        mostly_seen = share > SEEN_SHARE
        unseen = self._unseen(seen, validation, alone) if mostly_seen else None
        if mostly_seen and self.options.judge_by == "auto":
            new = self._decide_by_unseen(seen, validation)
            if new is not None:
                left_out = len(validation) - len(new.pairs)
                return Judging(validation, new, JudgedBy(share, self._tells, unseen, left_out=left_out))
        folds = None
        if self.options.judge_by == "folds" or mostly_seen or alone.unsure:
            groups = seen.groups(self.data.sides.train, self.data.valid)
            folds = JoinedFolds.deal(self.data, groups, seed=self.options.seed)
        if folds is None:
            return Judging(validation, alone, JudgedBy(share, self._tells, unseen))
        self.announce(self._why(share, alone))
        train, valid = folds.scores(self.refit, self.progress)
        new = seen.sides_seen(self.data.valid.left, self.data.valid.right) == 0
        pairs = folds.joined(train, valid, validation, new)
        by = JudgedBy(share, self._tells, unseen, len(train), int((~new).sum()))
        return Judging(validation, self._decide(pairs), by)

    def _validation(self) -> ValidationPairs:
        """Return the validation pairs as the boosters score them, with the product groups that these pairs tie."""
        pairs = self.data.valid
        groups = product_groups(pairs.left, pairs.right, pairs.targets, len(self.index.catalog))
        codes = self.data.valid_codes.left
        return ValidationPairs(
            self.fit.validation_scores, pairs.targets, codes, groups[pairs.left], groups[pairs.right], self.data.weights
        )

    def _decide(self, pairs: ValidationPairs) -> Judgement:
        return judge(pairs, self.data.names, asked=self.data.asked, seed=self.options.seed)

    def _seen(self, judgement: Judgement) -> SeenProducts:
        """Return which validation products training has seen: of a part of them at first, where they are many, and of all
        where that part says that folds are needed."""
        valid, train = self.data.valid, self.data.sides.train
        likely = self._probabilities(judgement) if self._tells else _unlikely
        matches = np.flatnonzero(valid.targets == 1)
        if len(matches) > MOST_ASKED:
            drawn = np.random.default_rng(self.options.seed).choice(matches, MOST_ASKED, replace=False)
            some = valid.take(np.sort(drawn))
            seen = find_seen(self.index, train, some, likely)
            if seen.share(some) <= SEEN_SHARE:
                return seen
        return find_seen(self.index, train, valid, likely)

    @property
    def _tells(self) -> bool:
        """Say whether validation is large enough for probabilities to tell which products are the same."""
        return bool(self.data.valid.targets.sum() >= LEAST_MATCHES)

    def _probabilities(self, judgement: Judgement) -> Probabilities:
        """Return what says how probable matches are among pairs that are in no file: at the share of matches that they show."""
        calibration = judgement.calibrated.calibration
        f1 = judgement.decided.thresholds.f1
        reference = Validation(judgement.pairs, tuple(judgement.names)).reference(calibration, f1)

        def probabilities(left: Ints1d, right: Ints1d) -> Floats1d:
            pairs = LabelledPairs(left, right, np.zeros(len(left)))
            sides = categories_of_sides(self.index, pairs, self.data.mapping)
            scores = self.fit.score_by(left, right, sides, self.progress)
            found = calibration.of(scores, sides.left)
            return (
                found
                if reference is None
                else at_their_own_share(found, sides.left, int((scores >= f1).sum()), reference)
            )

        return probabilities

    def _decide_by_unseen(self, seen: SeenProducts, validation: ValidationPairs) -> Judgement | None:
        """Decide on the validation pairs of which training has seen neither product, weighed so that as many are matches as of all;
        return None where these are too few to be sure."""
        valid = self.data.valid
        pairs = validation.take(np.flatnonzero(seen.sides_seen(valid.left, valid.right) == 0))
        if min(pairs.targets.sum(), len(pairs) - pairs.targets.sum()) < LEAST_UNSEEN:
            return None
        names = tuple(self.data.names)
        weights = weights_like(Validation(validation, names), Validation(pairs, names))
        often = np.ones(len(pairs)) if pairs.weights is None else pairs.weights
        judgement = self._decide(replace(pairs, weights=often * weights))
        return None if judgement.unsure else judgement

    def _unseen(self, seen: SeenProducts, validation: ValidationPairs, judgement: Judgement) -> UnseenPairs:
        """Measure the model on the validation pairs of which training has seen neither product."""
        rows = np.flatnonzero(seen.sides_seen(self.data.valid.left, self.data.valid.right) == 0)
        pairs = validation.take(rows)
        names = pa.array(self.data.names, pa.large_string()).take(pa.array(pairs.categories))
        called = pairs.scores >= judgement.decided.thresholds.of(names)
        matches = int(pairs.targets.sum())
        return UnseenPairs(
            pairs=len(pairs),
            matches=matches,
            metric=float(self.metric(pairs.scores, pairs.targets, pairs.categories)) if matches else None,
            held=pairs.take(called).share if called.any() else None,
        )

    def _why(self, share: float, judgement: Judgement) -> str:
        if share > SEEN_SHARE:
            why = f"training has matches of the products of {share:.0%} of the validation matches"
        elif judgement.unsure:
            why = f"validation alone is too small to be sure in {', '.join(judgement.unsure)}"
        else:
            why = "as asked"
        return (
            f"judge: {why}: pairs of training and validation are judged out of fold, by {FOLDS} trainings more "
            "(--judge-by validation leaves that out)"
        )


def _unlikely(left: Ints1d, right: Ints1d) -> Floats1d:
    return np.zeros(len(left))
