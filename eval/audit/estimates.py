"""Estimates say what a sample of judged pairs tells of all scored ones: precision, recall and the weighted area, with intervals.

Each judged pair counts for sizes / judged pairs of its stratum, the inverse of the probability with which it was drawn
(D. G. Horvitz and D. J. Thompson, "A generalization of sampling without replacement from a finite universe", Journal of the
American Statistical Association 47, 1952); a share is a ratio of two such sums.

Intervals complete the population in many ways: the pairs of a stratum that were not judged are drawn from those that were, with
random weights (A. Y. Lo, "A Bayesian bootstrap for a finite population", Annals of Statistics 16, 1988). So what was judged whole
is known, and the rest varies as the sample did. Weights are drawn for product groups, not pairs (`group_weights`). A stratum in
which nothing but non-matches was seen may still hold matches, and the other way round; so populations are completed in a second
way too, to which what the scores expect of each stratum is added (`_shadow_weights`). An interval spans both.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from eval.metrics.curves import rank_pairs
from eval.metrics.intervals import Draws, Interval, PairGroups
from eval.metrics.precision_auc import areas_of
from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.errors import InputError
from reranking.pairs.product_groups import product_groups

PRIOR = 1.0  # pair, that a stratum's expectation weighs where both verdicts were seen
SHAPE = 1.0  # of the gamma distribution of how many are unseen where one verdict alone was seen
LEAST_JUDGED = 20  # pairs of a category with a value of its own
LEAST_MATCHES = 5


@dataclass(frozen=True)
class AuditedPairs:
    """It holds judged pairs (n,): `strata` codes of the h strata, with `sizes` (h,) pairs each of which `likely` (h,) are expected to
    match; `targets` 1.0 and 0.0, `scores`, `called`, and `categories`, codes of `names` with `pairs` (c,) of the population each.
    `left` and `right` number the products."""

    strata: Ints1d
    sizes: Ints1d
    likely: Floats1d
    targets: Floats1d
    scores: Floats1d
    called: Bools1d
    categories: Ints1d
    names: tuple[str, ...]
    pairs: Ints1d
    left: Ints1d
    right: Ints1d

    def __post_init__(self) -> None:
        empty = np.flatnonzero(np.bincount(self.strata, minlength=len(self.sizes)) == 0)
        if empty.size:
            raise InputError(f"{empty.size} of {len(self.sizes)} strata have no judged pair: go on with the audit")

    @property
    def judged(self) -> Ints1d:
        """Return how many pairs of each stratum (h,) are judged."""
        return np.bincount(self.strata, minlength=len(self.sizes))

    @property
    def groups(self) -> PairGroups:
        """Return the product groups that the judged matches tie."""
        count = int(max(self.left.max(), self.right.max())) + 1
        groups = product_groups(self.left, self.right, self.targets, count)
        return PairGroups(groups[self.left], groups[self.right])


@dataclass(frozen=True)
class Estimate:
    """It is an estimated value; both are None where nothing can be said."""

    value: float | None
    interval: Interval | None


@dataclass(frozen=True)
class CategoryEstimate:
    """It has the values of one category, of which so many `pairs` were scored and `judged`."""

    category: str
    pairs: int
    judged: int
    matches: Estimate
    precision: Estimate
    recall: Estimate
    weighted: Estimate


@dataclass(frozen=True)
class AuditEstimates:
    """They are what an audit says: of all pairs, and of each category that has enough judged ones. `unseen` is how many
    matches, at most, may lie where all judged pairs are non-matches, if scores said nothing of it."""

    judged: int
    matches: Estimate
    precision: Estimate
    recall: Estimate
    weighted: Estimate
    categories: tuple[CategoryEstimate, ...]
    unseen: float


def estimate(sample: AuditedPairs, *, level: float, draws: Draws | None = None) -> AuditEstimates:
    """Estimate the values at a precision `level` of the weighted area. Raises InputError where a stratum has no judged pair."""
    draws = draws or Draws()
    completed = _Completed.of(sample, draws)
    every = np.ones(len(completed.targets), dtype=bool)
    return AuditEstimates(
        len(sample.targets),
        *completed.shares(every),
        completed.area(level),
        tuple(_category(sample, completed, place, level) for place in _enough(sample)),
        unseen_matches(sample, draws.confidence),
    )


def unseen_matches(sample: AuditedPairs, confidence: float) -> float:
    """Return how many matches may be unseen, at most: of strata that have only non-matches and are not judged whole, the bound
    of a share of which none was found, taken as if they were one."""
    found = np.bincount(sample.strata, weights=sample.targets, minlength=len(sample.sizes))
    blank = (found == 0) & (sample.judged < sample.sizes)
    if not blank.any():
        return 0.0
    rate = sample.judged[blank] / sample.sizes[blank]
    return float(np.log(1 - confidence) / np.log1p(-rate.min()))


def group_weights(groups: PairGroups, rounds: int, generator: np.random.Generator) -> Floats2d:
    """Return random weights (rounds, n) of pairs, of mean and variance 1, alike for pairs that share a product group.

    Each group draws two factors of variance sqrt(2) - 1. A pair between two groups weighs the product of their first ones, one inside
    a group that of its two: a product of the two has variance 1, as the weight of an independent pair in a bootstrap has.
    """
    known, dense = np.unique(np.concatenate([groups.left, groups.right]), return_inverse=True)
    shape = 1 / (np.sqrt(2) - 1)
    factors = generator.gamma(shape, 1 / shape, (rounds, 2, len(known)))
    left, right = dense[: len(groups.left)], dense[len(groups.left) :]
    other = np.where(left == right, 1, 0)
    return np.asarray(factors[:, 0, left] * factors[:, other, right])


@dataclass(frozen=True)
class _Completed:
    """It holds the judged pairs and their shadows (m,), and how many pairs of the population each stands for: `weights` (m,) by
    Horvitz and Thompson, and in each completed population (r, m), `seen` without shadows and `unseen` with them."""

    targets: Floats1d
    scores: Floats1d
    called: Bools1d
    categories: Ints1d
    pairs: Ints1d
    weights: Floats1d
    completions: tuple[Floats2d, Floats2d]
    confidence: float

    @classmethod
    def of(cls, sample: AuditedPairs, draws: Draws) -> "_Completed":
        """Complete the population `draws.rounds` times in either way. Each judged pair has two shadows, a match and a non-match."""
        count, judged = len(sample.targets), sample.judged
        weights = (sample.sizes / judged)[sample.strata]
        generator = np.random.default_rng(draws.seed)
        mass = group_weights(sample.groups, draws.rounds, generator)
        shares = [(weight / judged)[sample.strata] for weight in _shadow_weights(sample)]
        shadows = generator.gamma(np.concatenate(shares), size=(draws.rounds, 2 * count))
        seen = _complete(sample, mass, generator)
        unseen = _complete(sample, np.concatenate([mass, shadows], axis=1), generator)
        return cls(
            np.concatenate([sample.targets, np.ones(count), np.zeros(count)]),
            np.tile(sample.scores, 3),
            np.tile(sample.called, 3),
            np.tile(sample.categories, 3),
            sample.pairs,
            np.concatenate([weights, np.zeros(2 * count)]),
            (np.pad(seen, ((0, 0), (0, 2 * count))), unseen),
            draws.confidence,
        )

    def shares(self, among: Bools1d) -> tuple[Estimate, Estimate, Estimate]:
        """Return the number of matches among some pairs (m,), and the precision and recall of those called."""
        true, called = self.targets * among, (self.called & among).astype(np.float64)
        return self.ratio(true, None), self.ratio(true * called, called), self.ratio(true * called, true)

    def ratio(self, counted: Floats1d, whole: Floats1d | None) -> Estimate:
        """Return the sum of `counted` (m,) over that of `whole` (m,), or over 1."""

        def measure(weights: Floats2d) -> Floats1d:
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.asarray(weights @ counted if whole is None else (weights @ counted) / (weights @ whole))

        return self.between(measure)

    def area(self, level: float, among: Bools1d | None = None) -> Estimate:
        """Return the weighted area, of all categories that are there or `among` some pairs (m,)."""
        rows = np.arange(len(self.targets)) if among is None else np.flatnonzero(among)
        ranking = rank_pairs(self.scores[rows], self.targets[rows], self.categories[rows])
        shares = self.pairs[ranking.categories] / self.pairs[ranking.categories].sum()

        def measure(weights: Floats2d) -> Floats1d:
            return np.array([areas_of(ranking.points(row[rows]), level) @ shares for row in weights])

        return self.between(measure)

    def between(self, measure: Callable[[Floats2d], Floats1d]) -> Estimate:
        """Return what a measure gives under the weights of Horvitz and Thompson, between the quantiles of what it gives in completed
        populations of either way, widened to hold it; NaN is left out."""
        value = float(measure(self.weights[None, :])[0])
        if np.isnan(value):
            return Estimate(None, None)
        tail, low, high, rounds = (1 - self.confidence) / 2, value, value, 0
        for weights in self.completions:
            drawn = measure(weights)
            drawn = drawn[~np.isnan(drawn)]
            if len(drawn):
                first, last = np.quantile(drawn, [tail, 1 - tail])
                low, high, rounds = min(low, float(first)), max(high, float(last)), rounds + len(drawn)
        return Estimate(value, Interval(low, high, self.confidence, rounds) if rounds else None)


def _complete(sample: AuditedPairs, mass: Floats2d, generator: np.random.Generator) -> Floats2d:
    """Return how many pairs of the population each judged pair, or shadow, stands for (r, m): itself, and its share by `mass` (r, m)
    of those of its stratum that were not judged."""
    drawn = np.zeros_like(mass)
    drawn[:, : len(sample.strata)] = 1
    strata = np.tile(sample.strata, mass.shape[1] // len(sample.strata))
    for stratum, left in enumerate(sample.sizes - sample.judged):
        if left:
            columns = np.flatnonzero(strata == stratum)
            chances = mass[:, columns] / mass[:, columns].sum(axis=1, keepdims=True)
            drawn[:, columns] += generator.multinomial(left, chances)
    return drawn


def _category(sample: AuditedPairs, completed: _Completed, place: int, level: float) -> CategoryEstimate:
    among = completed.categories == place
    return CategoryEstimate(
        sample.names[place],
        int(sample.pairs[place]),
        int((sample.categories == place).sum()),
        *completed.shares(among),
        completed.area(level, among),
    )


def _shadow_weights(sample: AuditedPairs) -> tuple[Floats1d, Floats1d]:
    """Return what the matches and the non-matches among the shadows of each stratum (h,) weigh: where one verdict alone was seen, so
    much that the share of the other varies as widely as it is large about what the scores expect; else PRIOR in all."""
    found = np.bincount(sample.strata, weights=sample.targets, minlength=len(sample.sizes))
    likely, unlikely = sample.likely, 1 - sample.likely
    no_match, all_match = found == 0, found == sample.judged
    matches = np.select([no_match, all_match], [SHAPE, SHAPE * likely / unlikely], PRIOR * likely)
    others = np.select([no_match, all_match], [SHAPE * unlikely / likely, SHAPE], PRIOR * unlikely)
    left = sample.judged < sample.sizes
    return matches * left, others * left


def _enough(sample: AuditedPairs) -> list[int]:
    """Return the categories with enough judged pairs and matches, the largest first."""
    judged = np.bincount(sample.categories, minlength=len(sample.names))
    matches = np.bincount(sample.categories, weights=sample.targets, minlength=len(sample.names))
    enough = np.flatnonzero((judged >= LEAST_JUDGED) & (matches >= LEAST_MATCHES))
    return [int(place) for place in enough[np.argsort(-sample.pairs[enough], kind="stable")]]
