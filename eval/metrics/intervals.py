"""Intervals take product groups, not pairs, for independent: shares of decisions by their effective number of outcomes,
all else by a bootstrap that resamples the groups."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from eval.metrics.curves import rank_pairs
from eval.metrics.decisions import decision_row
from eval.metrics.precision_auc import LEVEL, weighted_of
from eval.metrics.proportions import proportion_bounds
from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.errors import InputError
from reranking.pairs.folds import deal_at_random

LEAST_LEFT_OUT = 3
BLOCKS = 40  # parts that the groups are dealt into, each left out once, for the skewness of a value


def bca_bounds(value: float, drawn: Floats1d, left_out: Floats1d, confidence: float) -> tuple[float, float]:
    """Return low and high of a `value` from its values `drawn` (r,) in each round, none NaN, and `left_out` (b,) when
    each block of groups is left out, NaN where undefined.

    Plain percentiles can lie wholly beside the value: where a few false matches decide, they are missing from most
    draws, which are then all better. The correction turns the percentiles by the share of draws below the value; what
    still lies beside it is widened to hold it, so an interval always contains its value.
    """
    below = np.mean(drawn < value) + np.mean(drawn == value) / 2
    edge = 0.5 / len(drawn)  # a value that no draw reaches: as far as so many rounds can tell
    bias = float(ndtri(np.clip(below, edge, 1 - edge)))
    normal = ndtri(np.array([(1 - confidence) / 2, (1 + confidence) / 2]))
    turned = bias + (bias + normal) / (1 - _acceleration(left_out) * (bias + normal))
    low, high = np.quantile(drawn, ndtr(turned))
    return float(min(low, value)), float(max(high, value))


def _acceleration(left_out: Floats1d) -> float:
    """Return a sixth of the skewness of the values with a block left out; 0 where it cannot be told.

    A sum of cubes is at most the 1.5th power of the sum of squares, so it is within ±1/6: the bounds stay in order.
    """
    known = left_out[~np.isnan(left_out)]
    if len(known) < LEAST_LEFT_OUT:
        return 0.0
    deviations = known.mean() - known
    spread = float(np.sum(deviations**2) ** 1.5)
    return float(np.sum(deviations**3) / (6 * spread)) if spread > 0 else 0.0


@dataclass(frozen=True)
class Interval:
    """An interval says between which bounds a value lies with `confidence`; `rounds` are the draws in which the value was
    defined, 0 where none was needed. It always contains the value."""

    low: float
    high: float
    confidence: float
    rounds: int


@dataclass(frozen=True)
class PairGroups:
    """It holds the product groups of each pair's two products: any int64 codes, both (n,)."""

    left: Ints1d
    right: Ints1d

    def __post_init__(self) -> None:
        if len(self.left) != len(self.right):
            raise InputError(f"{len(self.left)} left groups, {len(self.right)} right: give both for every pair")

    def take(self, rows: Bools1d) -> "PairGroups":
        """Keep the pairs that a mask (n,) names."""
        return PairGroups(self.left[rows], self.right[rows])


@dataclass(frozen=True)
class Draws:
    """They say how often a bootstrap draws (0: no intervals), the share of draws inside an interval, and the seed."""

    rounds: int = 200
    confidence: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.rounds < 0:
            raise InputError(f"{self.rounds} bootstrap rounds: give 0 (no intervals) or more")
        if not 0 < self.confidence < 1:
            raise InputError(f"confidence {self.confidence}: it is between 0 and 1")


@dataclass(frozen=True)
class DecisionIntervals:
    """They bound the three values of boolean decisions; None where a value was never defined."""

    precision: Interval | None
    recall: Interval | None
    f1: Interval | None


def draw_weights(groups: PairGroups, draws: Draws, first: int = 0, last: int | None = None) -> Iterator[Floats1d]:
    """Yield the pair weights (n,) of each round, or of those from `first` to `last`. As many groups are drawn with replacement as
    there are; group g comes m_g times; a pair inside a group weighs m, a pair between two groups m1·m2. The same seed draws the same."""
    generator = np.random.default_rng(draws.seed)
    left, right, count = _dense(groups)
    inside = left == right
    for number in range(draws.rounds if last is None else last):
        drawn = generator.integers(0, count, count)
        if number >= first:
            times = np.bincount(drawn, minlength=count).astype(np.float64)
            yield times[left] * np.where(inside, 1.0, times[right])


def leave_out_weights(groups: PairGroups, seed: int, first: int = 0, last: int = BLOCKS) -> Iterator[Floats1d]:
    """Yield pair weights (n,) with each of BLOCKS random parts of the groups, or those from `first` to `last`, left out: 0 for
    pairs that touch it."""
    left, right, count = _dense(groups)
    blocks = deal_at_random(count, count=BLOCKS, random=np.random.default_rng(seed))
    for block in range(first, min(last, count)):
        yield ((blocks[left] != block) & (blocks[right] != block)).astype(np.float64)


def bootstrap(
    measure: Callable[[Floats1d], Floats1d], values: Floats1d, groups: PairGroups, draws: Draws
) -> list[Interval | None]:
    """Find the intervals of `values` (v,), which `measure(weights)` gives under pair weights (n,), NaN where undefined.

    Rounds in which no pair was drawn, or a value is NaN, are left out; None when none remains or the value is NaN.
    """
    drawn = measured(measure, draw_weights(groups, draws), len(values))
    left_out = measured(measure, leave_out_weights(groups, draws.seed) if draws.rounds else iter(()), len(values))
    return intervals_of(values, drawn, left_out, draws)


def intervals_of(values: Floats1d, drawn: Floats2d, left_out: Floats2d, draws: Draws) -> list[Interval | None]:
    """Find the intervals of `values` (v,) from those of all rounds (r, v) and with each part left out (b, v); see `bootstrap`."""
    return [
        _interval(float(value), drawn[:, place], left_out[:, place], draws.confidence)
        for place, value in enumerate(values)
    ]


def weighted_interval(
    scores: Floats1d, targets: Floats1d, categories: Ints1d, groups: PairGroups, draws: Draws, *, level: float = LEVEL
) -> Interval | None:
    """Return the interval of `precision_auc.weighted`; the pairs (n,) are sorted once, a round is cumulative sums."""
    ranking = rank_pairs(scores, targets, categories)

    def measure(weights: Floats1d | None) -> Floats1d:
        return np.array([weighted_of(ranking.points(weights), level)])

    return bootstrap(measure, measure(None), groups, draws)[0]


def share_interval(hits: Bools1d, groups: PairGroups, draws: Draws) -> Interval | None:
    """Return the interval of the share of `hits` among pairs (n,), as `proportion_bounds`; None without pairs, or where
    no intervals are asked for."""
    if not len(hits) or not draws.rounds:
        return None
    return Interval(*proportion_bounds(hits, groups.left, groups.right, draws.confidence), draws.confidence, 0)


def precision_interval(decisions: Bools1d, targets: Floats1d, groups: PairGroups, draws: Draws) -> Interval | None:
    """Return the interval of the share of matches among what decisions (n,) call; None where they call nothing."""
    return share_interval(targets[decisions] == 1, groups.take(decisions), draws)


def decision_intervals(decisions: Bools1d, targets: Floats1d, groups: PairGroups, draws: Draws) -> DecisionIntervals:
    """Return the intervals of precision, recall and F1 of decisions (n,); F1's is made of draws."""

    def f1(weights: Floats1d) -> Floats1d:
        return decision_row(decisions, targets, weights)[2:]

    return with_shares(bootstrap(f1, f1(np.ones(len(targets))), groups, draws)[0], decisions, targets, groups, draws)


def with_shares(
    f1: Interval | None, decisions: Bools1d, targets: Floats1d, groups: PairGroups, draws: Draws
) -> DecisionIntervals:
    """Return the intervals of decisions (n,) whose F1 has one already."""
    true = targets == 1
    recall = share_interval(decisions[true], groups.take(true), draws)
    return DecisionIntervals(precision_interval(decisions, targets, groups, draws), recall, f1)


def _dense(groups: PairGroups) -> tuple[Ints1d, Ints1d, int]:
    """Number both groups of each pair from 0, and return how many groups there are."""
    known, dense = np.unique(np.concatenate([groups.left, groups.right]), return_inverse=True)
    return dense[: len(groups.left)], dense[len(groups.left) :], len(known)


def measured(measure: Callable[[Floats1d], Floats1d], weights: Iterator[Floats1d], width: int) -> Floats2d:
    """Return the values (r, width) under each of the weights (n,), without those that are all 0."""
    rows = [measure(row) for row in weights if row.any()]
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)


def _interval(value: float, drawn: Floats1d, left_out: Floats1d, confidence: float) -> Interval | None:
    known = drawn[~np.isnan(drawn)]
    if not len(known) or np.isnan(value):
        return None
    return Interval(*bca_bounds(value, known, left_out, confidence), confidence, len(known))
