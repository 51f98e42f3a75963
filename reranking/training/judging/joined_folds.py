"""Pairs of both sides are scored out of fold, by trainings without any pair that touches the fold's product groups.

Groups are joined: tied by the labels of both sides and by likely matches between them, so that a fold's products are new to the
training that scores their pairs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from reranking.decisions.prior_shift import Validation, moved_alike
from reranking.decisions.validation import ValidationPairs
from reranking.pairs.evaluation_category import SideCodes
from reranking.pairs.folds import deal_alike
from reranking.pairs.labelled import LabelledPairs
from reranking.training.fit import Fit
from reranking.training.training_pairs import TrainingPairs

FOLDS = 5
LEAST_SCALED = 50  # pairs that both trainings scored, with fewer of which scores stay on their own scale
TELLING = (
    200.0  # validation pairs of a category whose share of matches counts as much as that of its training pairs, moved
)

Refit = Callable[[TrainingPairs, Progress], Fit]  # trains on a part of the pairs, for the products of all


@dataclass(frozen=True)
class JoinedFolds:
    """It holds the joined product groups (n,) of all products, the fold (n,) of those that pairs mention, and what there is
    to train on for each fold."""

    data: TrainingPairs
    groups: Ints1d
    folds: Ints1d
    parts: tuple[TrainingPairs, ...]

    @classmethod
    def deal(cls, data: TrainingPairs, groups: Ints1d, *, seed: int) -> "JoinedFolds | None":
        """Deal the joined groups (n,), alike in categories and matches; None where the groups are too few: a fold would leave a side without
        matches or without non-matches."""
        sides = (data.sides.train, data.valid)
        left, right, targets = (
            np.concatenate([getattr(pairs, name) for pairs in sides]) for name in ("left", "right", "targets")
        )
        codes = np.concatenate([_given(data).left, data.valid_codes.left])
        of_groups = deal_alike(groups[left], groups[right], targets, codes, count=FOLDS, seed=seed)
        folds = np.full(len(groups), -1, dtype=np.int64)
        folds[data.products] = of_groups[groups[data.products]]
        try:
            parts = tuple(data.outside(folds, number) for number in range(FOLDS))
        except InputError:
            return None
        return cls(data, groups, folds, parts)

    def scores(self, refit: Refit, progress: Progress = silent) -> tuple[Floats1d, Floats1d]:
        """Return the scores (t,) of the given training pairs, and those (v,) of the validation pairs, each by the training
        without the fold of its left product."""
        sides = (self.data.sides.train, _given(self.data)), (self.data.valid, self.data.valid_codes)
        found = tuple(np.empty(len(pairs), dtype=np.float32) for pairs, _ in sides)
        for number, part in enumerate(self.parts):
            named = _named(progress, f"fold {number + 1} of {FOLDS}, ")
            fit = refit(part, named)
            for (pairs, codes), scores in zip(sides, found, strict=True):
                rows = np.flatnonzero(self.folds[pairs.left] == number)
                scores[rows] = fit.score(pairs.take(rows), codes.take(rows), named)
            del fit  # before the next one is trained: its features may be large
        return found[0], found[1]

    def joined(
        self, train_scores: Floats1d, valid_scores: Floats1d, validation: ValidationPairs, new: Bools1d
    ) -> ValidationPairs:
        """Return the validation pairs, then the given training pairs with their scores (t,) out of fold.

        Those validation pairs (v,) that are `new` to training keep the scores of the model; the others have theirs out of fold
        (`valid_scores`). Scores out of fold are put on the scale of the model's, which the new pairs show: they have both.
        Training pairs weigh so that in each category the share of matches is that of validation.
        """
        data, names = self.data, tuple(self.data.names)
        scale = _Scale.between(valid_scores[new], validation.scores[new])
        scores = np.where(new, validation.scores, scale.of(valid_scores))
        train = self._pairs(data.sides.train, scale.of(train_scores), _given(data).left)
        valid = self._pairs(data.valid, scores, validation.categories)
        often = np.ones(len(valid)) if validation.weights is None else validation.weights
        weights = weights_like(Validation(validation, names), Validation(train, names))
        return replace(valid, weights=often / often.mean()).followed_by(replace(train, weights=weights))

    def _pairs(self, pairs: LabelledPairs, scores: Floats1d, codes: Ints1d) -> ValidationPairs:
        return ValidationPairs(scores, pairs.targets, codes, self.groups[pairs.left], self.groups[pairs.right])


@dataclass(frozen=True)
class _Scale:
    """It puts scores of one training on the scale of another by the quantiles of pairs that both scored. Boosters of fewer pairs
    spread their scores less; thresholds and probabilities are for those of the model."""

    before: Floats1d
    after: Floats1d

    @classmethod
    def between(cls, before: Floats1d, after: Floats1d) -> "_Scale":
        """Learn from the scores (p,) of pairs by both trainings."""
        if len(before) < LEAST_SCALED:
            return cls(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
        levels, places, counts = np.unique(np.sort(before), return_inverse=True, return_counts=True)
        means = np.bincount(places, np.sort(after)) / counts
        return cls(np.concatenate([[0.0], levels, [1.0]]), np.concatenate([[0.0], means, [1.0]]))

    def of(self, scores: Floats1d) -> Floats1d:
        """Return the scores (p,) on the other scale, in the same order."""
        return np.interp(scores, self.before, self.after)


def _given(data: TrainingPairs) -> SideCodes:
    """Return the categories of the training pairs that were given, without the added ones."""
    return data.train_codes.split(data.added.given)[0]


def weights_like(like: Validation, own: Validation) -> Floats1d:
    """Return weights (p,) with which the shares of matches of one's own pairs are those of others: over all pairs, the odds of all
    categories moved alike, and by category as far as these are enough to tell: half way where they are TELLING pairs, and wholly
    where weights gave them their shares."""
    sizes = np.bincount(like.pairs.categories, like.pairs.relative_weights, minlength=len(own.names))
    few = np.full(len(sizes), TELLING) if like.pairs.weights is None else np.where(sizes > 0, 0.0, 1.0)
    trust = dict(zip(own.names, sizes / (sizes + few), strict=True))
    shares = {name: own.shares.get(name, own.share) for name in own.names}
    usual = moved_alike(shares, dict(zip(own.names, sizes.tolist(), strict=True)), like.share)
    told = {name: trust[name] * like.shares.get(name, 0.0) + (1 - trust[name]) * share for name, share in usual.items()}
    before, after = (np.array([found[name] for name in own.names])[own.pairs.categories] for found in (shares, told))
    return np.asarray(np.where(own.pairs.targets == 1, after / before, (1 - after) / (1 - before)), dtype=np.float64)


def _named(progress: Progress, prefix: str) -> Progress:
    """Return a progress whose stages begin with a prefix."""

    def shown(stage: str, done: int, total: int) -> None:
        progress(prefix + stage, done, total)

    return shown
