"""A few labels, chosen to teach, are all trained on, by small boosters that nothing stops, and judged by the same labels out of fold.

A hold-out of a hundred labels would neither stop a training nor tell a threshold. Labels that active learning chose are no sample: hard
pairs abound. What is likely at a score they tell nevertheless, and how many candidates have that score needs no label: the threshold of
the best F1 is the one that is best for candidates by these probabilities, and each label that judges precision weighs as
many candidates as score like it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import BoostingOptions, boost_rounds, monotone_members, predict
from reranking.boosters.ensemble import Ensemble
from reranking.boosters.examples import Examples, in_memory
from reranking.decisions.calibration import fit_beta
from reranking.decisions.expected import expect_best_f1, expect_precision
from reranking.decisions.judgement import Judgement, judge
from reranking.decisions.thresholds import Decided, Thresholds
from reranking.decisions.validation import ValidationPairs, population_weights
from reranking.model.train_options import FEWEST_LABELS, TrainOptions
from reranking.model.training_report import FewLabels, JudgedBy
from reranking.pairs.candidates import candidates_with
from reranking.pairs.folds import deal_alike
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.product_groups import product_groups
from reranking.training.examples import prepare_training_signals
from reranking.training.fit import Fit, examples_to_train_on
from reranking.training.judging.judges import Judging
from reranking.training.training_pairs import TrainingPairs

FOLDS, ROUNDS, MEMBERS = 10, 100, 5
SMALL = BoostingOptions(
    eta=0.1, max_depth=4, min_child_weight=1.0, colsample_bytree=0.3, reg_lambda=5.0, monotone=True, members=MEMBERS
)
WORDS_MATCHES = 100  # with fewer, words are not learned
CANDIDATES, NEIGHBOURS, DRAWN_PRODUCTS = 5_000, 20, 2_000
DOUBTFUL = 0.75  # how far a score out of fold is from the label that looks wrong then
LEAST_CALLED = 0.3  # probability: of many unlikely pairs few labels expect too many matches


@dataclass(frozen=True)
class FewFit:
    """It holds what was fitted to few labels, by which options, and judged by them."""

    options: TrainOptions
    fit: Fit
    judging: Judging
    report: FewLabels


def refuse_too_few(pairs: LabelledPairs) -> None:
    """Raise InputError where there are not enough labels to learn from."""
    matches = int(pairs.targets.sum())
    if min(matches, len(pairs) - matches) < FEWEST_LABELS:
        raise InputError(
            f"{matches:,} matches and {len(pairs) - matches:,} non-matches are too few to learn from: label at least "
            f"{FEWEST_LABELS} of each (heroic label asks such pairs)"
        )


def fit_few(index: ProductIndex, data: TrainingPairs, options: TrainOptions, progress: Progress = silent) -> FewFit:
    """Fit boosters to all pairs of `data`, whose two sides are the same pairs, and judge them."""
    words = options.words and bool(data.given.targets.sum() >= WORDS_MATCHES)
    small = replace(SMALL, device=options.boosting.device, threads=options.boosting.threads)
    options = replace(options, words=words, boosting=small)
    drawn = _draw_candidates(index, options.seed)
    products = np.union1d(data.products, np.concatenate(drawn))
    signals = prepare_training_signals(
        index, data.train, products, options, least_matches=FEWEST_LABELS, progress=progress
    )
    train = examples_to_train_on(signals, data, progress=progress)
    given = data.added.given
    judged = train.take(np.arange(given))
    members = _boost(train, options, options.seed)
    fit = Fit(
        data,
        signals,
        train,
        judged,
        Ensemble(tuple(members), (None,) * len(members), monotone=monotone_members(train, small)),
    )
    groups = _groups(data, options)
    scores = _out_of_fold(data, train, groups, options, progress)
    of_candidates = predict(members, signals.of_training_pairs(False).compute_all(*drawn, stage="features candidates"))
    judgement, expected = _judge(data, scores, of_candidates, groups, options)
    doubtful = int((np.abs(scores - data.given.targets) >= DOUBTFUL).sum())
    report = FewLabels(given, FOLDS, len(of_candidates), expected, doubtful)
    return FewFit(options, fit, Judging(judgement.pairs, judgement, JudgedBy()), report)


def _groups(data: TrainingPairs, options: TrainOptions) -> Ints1d:
    """Return the product group of each product up to the last one that the pairs have, grouped as the options say."""
    pairs, count = data.given, int(data.products.max()) + 1
    return product_groups(pairs.left, pairs.right, pairs.targets, count, by=options.group_by)


def _boost(train: Examples, options: TrainOptions, seed: int) -> Sequence[Any]:
    return [
        boost_rounds(train, ROUNDS, options=options.boosting, seed=seed + 1000 * number) for number in range(MEMBERS)
    ]


def _out_of_fold(
    data: TrainingPairs, train: Examples, groups: Ints1d, options: TrainOptions, progress: Progress
) -> Floats1d:
    """Return the scores (p,) of the given pairs by boosters that learned from no pair that touches their fold.

    A pair between two folds is judged in that of its left product's group.
    """
    given = data.added.given
    left, right = groups[data.train.left], groups[data.train.right]
    codes = data.train_codes.left[:given]
    dealt = deal_alike(left[:given], right[:given], data.given.targets, codes, count=FOLDS, seed=options.seed)
    left, right = dealt[left], dealt[right]
    scores = np.empty(given, dtype=np.float32)
    for number in range(FOLDS):
        outside, judged = np.flatnonzero((left != number) & (right != number)), np.flatnonzero(left[:given] == number)
        part = train.take(outside)
        if part.targets.min() == part.targets.max():
            raise InputError("the labels are of too few product groups to judge by: label pairs of more products")
        if judged.size:
            scores[judged] = predict(_boost(part, options, options.seed), in_memory(train.take(judged).features))
        progress("folds", number + 1, FOLDS)
    return scores


def _judge(
    data: TrainingPairs, scores: Floats1d, of_candidates: Floats1d, groups: Ints1d, options: TrainOptions
) -> tuple[Judgement, float]:
    """Return what is decided by scores (p,) out of fold, and the F1 that is expected on candidates at its best threshold."""
    pairs = data.given
    weights = population_weights(scores, of_candidates)
    validation = ValidationPairs(
        scores, pairs.targets, data.valid_codes.left, groups[pairs.left], groups[pairs.right], weights
    )
    found = judge(validation, data.names, asked=data.asked, seed=options.seed)
    likely = fit_beta(scores, pairs.targets).of(of_candidates)
    best = expect_best_f1(of_candidates, likely, least=LEAST_CALLED)
    decided = _guessed(found.decided, data, of_candidates, likely)
    thresholds = replace(decided.thresholds, f1=best.threshold)
    return replace(found, decided=replace(decided, thresholds=thresholds)), best.f1


def _guessed(decided: Decided, data: TrainingPairs, scores: Floats1d, likely: Floats1d) -> Decided:
    """Return the decisions with a best guess where the labels are too few to be sure: the lowest threshold above which
    candidates are expected to hold the precision that was asked."""

    def guess(asked: float) -> float:
        return expect_precision(scores, likely, asked).threshold

    before = decided.thresholds
    own = {name: guess(data.asked.of(name)) for name, at in before.by_category.items() if math.isinf(at)}
    default = guess(data.asked.default) if math.isinf(before.default) else before.default
    thresholds = Thresholds({**before.by_category, **own}, default, before.f1)
    assumed = (*decided.report.assumed, *(name for name, at in own.items() if math.isfinite(at)))
    return replace(decided, thresholds=thresholds, report=replace(decided.report, assumed=assumed))


def _draw_candidates(index: ProductIndex, seed: int) -> tuple[Ints1d, Ints1d]:
    """Draw candidates, of drawn products. Raises InputError where these have none."""
    generator, count = np.random.default_rng(seed), len(index.catalog)
    wanted = np.zeros(count, dtype=bool)
    wanted[generator.permutation(count)[:DRAWN_PRODUCTS]] = True
    keys = candidates_with(index, wanted, min(NEIGHBOURS, index.k))
    if not len(keys):
        raise InputError(
            f"{index.folder}: the index has no candidates to choose thresholds on: none of {wanted.sum():,} products has a "
            "neighbour that may match it; build it without --match-across-sources where all are of one source"
        )
    left, right = np.divmod(np.sort(generator.permutation(keys)[:CANDIDATES]), count)
    return left, right
