"""Bootstrap intervals that resample product groups, not pairs: pairs of one group are not independent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from eval.curves import rank_pairs
from eval.decisions import measure_decisions
from eval.precision_auc import LEVEL, weighted_of
from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError


@dataclass(frozen=True)
class Interval:
    """The middle `confidence` share of a value over `rounds` draws (those in which it was defined)."""

    low: float
    high: float
    confidence: float
    rounds: int


@dataclass(frozen=True)
class PairGroups:
    """The product groups of each pair's two products: any int64 codes, both (n,)."""

    left: Ints1d
    right: Ints1d

    def __post_init__(self) -> None:
        if len(self.left) != len(self.right):
            raise InputError(f"{len(self.left)} left groups, {len(self.right)} right: give both for every pair")


@dataclass(frozen=True)
class Draws:
    """How a bootstrap draws: how often (0: no intervals), the share of draws inside an interval, and the seed."""

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
    """Intervals of the three values of boolean decisions; None where a value was never defined."""

    precision: Interval | None
    recall: Interval | None
    f1: Interval | None


def draw_weights(groups: PairGroups, draws: Draws) -> Iterator[Floats1d]:
    """Pair weights (n,) of each round: as many groups are drawn with replacement as there are; group g comes m_g
    times; a pair inside a group weighs m, a pair between two groups m1·m2. The same seed draws the same."""
    generator = np.random.default_rng(draws.seed)
    known, dense = np.unique(np.concatenate([groups.left, groups.right]), return_inverse=True)
    left, right = dense[: len(groups.left)], dense[len(groups.left) :]
    inside = left == right
    for _ in range(draws.rounds):
        drawn = generator.integers(0, len(known), len(known))
        times = np.bincount(drawn, minlength=len(known)).astype(np.float64)
        yield times[left] * np.where(inside, 1.0, times[right])


def bootstrap(measure: Callable[[Floats1d], float | None], groups: PairGroups, draws: Draws) -> Interval | None:
    """The percentile interval of `measure(weights)`, weights (n,). Rounds in which no pair was drawn, or that are
    None, are left out; None when none remains."""
    values = [measure(weights) for weights in draw_weights(groups, draws) if weights.any()]
    return _percentiles([value for value in values if value is not None], draws.confidence)


def weighted_interval(
    scores: Floats1d, targets: Floats1d, categories: Ints1d, groups: PairGroups, draws: Draws, *, level: float = LEVEL
) -> Interval | None:
    """Interval of `precision_auc.weighted`; the pairs (n,) are sorted once, a round is cumulative sums."""
    ranking = rank_pairs(scores, targets, categories)
    return bootstrap(lambda weights: weighted_of(ranking.points(weights), level), groups, draws)


def decision_intervals(decisions: Bools1d, targets: Floats1d, groups: PairGroups, draws: Draws) -> DecisionIntervals:
    """Intervals of precision, recall and F1 of decisions (n,), from the same draws."""
    drawn = (weights for weights in draw_weights(groups, draws) if weights.any())
    values = [measure_decisions(decisions, targets, weights=weights) for weights in drawn]
    return DecisionIntervals(
        _percentiles([v.precision for v in values if v.precision is not None], draws.confidence),
        _percentiles([v.recall for v in values if v.recall is not None], draws.confidence),
        _percentiles([v.f1 for v in values if v.f1 is not None], draws.confidence),
    )


def _percentiles(values: list[float], confidence: float) -> Interval | None:
    if not values:
        return None
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high), confidence, len(values))
