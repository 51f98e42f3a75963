"""Validation pairs with their scores choose decisions and probabilities, and show how well a model ranks them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError
from reranking.boosters.boosting import Metric
from reranking.pairs.folds import deal_by_size

FOLDS = 5
Interval = tuple[float, float]


@dataclass(frozen=True)
class ValidationPairs:
    """It holds scores and targets (p,) of pairs, their category codes, and the product groups of their two products.

    `weights` (p,), None for equal ones, say for how many pairs each stands: where validation pairs are another mix of matches
    and others than the pairs that it speaks for, or than those of another file.
    """

    scores: Floats1d
    targets: Floats1d
    categories: Ints1d
    left_groups: Ints1d
    right_groups: Ints1d
    weights: Floats1d | None = None

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in vars(self).items() if column is not None}
        if len(set(lengths.values())) > 1:
            raise InputError(f"columns of validation pairs differ in length: {lengths}")

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: Ints1d | Bools1d) -> "ValidationPairs":
        """Return the pairs at these rows."""
        return ValidationPairs(
            self.scores[rows],
            self.targets[rows],
            self.categories[rows],
            self.left_groups[rows],
            self.right_groups[rows],
            None if self.weights is None else self.weights[rows],
        )

    def followed_by(self, other: "ValidationPairs") -> "ValidationPairs":
        """Return these pairs, then the others; weights are kept where both have some."""
        weights = None if self.weights is None or other.weights is None else np.append(self.weights, other.weights)
        return ValidationPairs(
            np.append(self.scores, other.scores),
            np.append(self.targets, other.targets),
            np.append(self.categories, other.categories),
            np.append(self.left_groups, other.left_groups),
            np.append(self.right_groups, other.right_groups),
            weights,
        )

    @property
    def share(self) -> float:
        """Return the share of matches among the pairs, at least one, each as often as its weight says."""
        return float(np.average(self.targets, weights=self.weights))

    @property
    def weighed_targets(self) -> Floats1d:
        """Return what each pair (p,) counts as a match: its weight, or 0."""
        return self.targets if self.weights is None else self.targets * self.weights

    @property
    def relative_weights(self) -> Floats1d | None:
        """Return the weights (p,), made 1 on average, so that pairs together count as many as they are."""
        return None if self.weights is None else self.weights / self.weights.mean()

    def groups_with_matches(self, code: int) -> int:
        """Return how many product groups the matches of a category are in; those of all, where it has none."""
        matches = self.targets == 1
        own = matches & (self.categories == code)
        return len(np.unique(self.left_groups[own if own.any() else matches]))

    def folds(self, seed: int, count: int = FOLDS) -> Iterator[tuple[Ints1d, Ints1d]]:
        """Yield rows to choose by and rows to judge by, `count` times; every row is judged once.

        Whole product groups are dealt, those with more pairs first, so that the folds are about equally large; a pair
        goes where its left product's group does.
        """
        numbers, places = np.unique(self.left_groups, return_inverse=True)
        sizes = np.bincount(places, minlength=len(numbers))
        fold = deal_by_size(sizes, count=count, random=np.random.default_rng(seed))
        for number in range(count):
            judged = fold[places] == number
            yield np.flatnonzero(~judged), np.flatnonzero(judged)


def population_weights(scores: Floats1d, of_all: Floats1d, *, parts: int = 8) -> Floats1d:
    """Return for how many pairs of a population each judged pair (p,) stands, 1 on average: in each of `parts` parts of the judged
    pairs' scores, as many as there are for each of them among the scores `of_all` (c,)."""
    edges = np.unique(np.quantile(scores, np.linspace(0, 1, parts + 1)[1:-1]))
    own, theirs = (np.searchsorted(edges, values, side="right") for values in (scores, of_all))
    judged, population = (np.bincount(places, minlength=len(edges) + 1) for places in (own, theirs))
    weights = (population + 1) / np.maximum(judged, 1)
    return np.asarray(weights[own] / weights[own].mean(), dtype=np.float64)


IntervalOf = Callable[
    [ValidationPairs], Interval | None
]  # gives the metric's interval over these pairs, None where undefined


@dataclass(frozen=True)
class RankedCategory:
    """One row keeps the metric on a category's pairs alone, with its interval where one was asked for."""

    category: str
    pairs: int
    matches: int
    metric: float
    interval: Interval | None


@dataclass(frozen=True)
class RankingReport:
    """A report holds the metric over all pairs, with its interval, and that on each category that has pairs."""

    metric: float
    interval: Interval | None
    categories: tuple[RankedCategory, ...]


def rank(pairs: ValidationPairs, names: Sequence[str], metric: Metric, interval: IntervalOf | None) -> RankingReport:
    """Measure how the scores rank the pairs, whose category is names[code]."""
    rows = tuple(
        _ranked(name, pairs.take(pairs.categories == code), metric, interval)
        for code, name in enumerate(names)
        if np.any(pairs.categories == code)
    )
    return RankingReport(_measure(pairs, metric), None if interval is None else interval(pairs), rows)


def _ranked(name: str, pairs: ValidationPairs, metric: Metric, interval: IntervalOf | None) -> RankedCategory:
    bounds = None if interval is None else interval(pairs)
    return RankedCategory(name, len(pairs), int(pairs.targets.sum()), _measure(pairs, metric), bounds)


def _measure(pairs: ValidationPairs, metric: Metric) -> float:
    return float(metric(pairs.scores, pairs.targets, pairs.categories))
