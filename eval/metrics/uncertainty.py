"""A report says how sure its every value is: all intervals that need bootstrap draws come from one run of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from eval.inputs.joining import JudgedPairs
from eval.metrics.curves import Ranking
from eval.metrics.decisions import decision_row
from eval.metrics.intervals import (
    BLOCKS,
    DecisionIntervals,
    Draws,
    Interval,
    PairGroups,
    draw_weights,
    intervals_of,
    leave_out_weights,
    precision_interval,
    with_shares,
)
from eval.metrics.intervals import measured as under_weights
from eval.metrics.precision_auc import areas_of
from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d


@dataclass(frozen=True)
class Uncertainty:
    """It holds the intervals of `weighted` over all pairs and, by category (c), of its value and of the precision
    that the decisions held there; and those of the decisions `match` and `match_f1`. None where undefined or not
    asked for."""

    weighted: Interval | None
    categories: tuple[Interval | None, ...]
    held: tuple[Interval | None, ...]
    precision: DecisionIntervals | None
    f1: DecisionIntervals | None


@dataclass(frozen=True)
class Measured:
    """It is what is measured again and again under other weights of pairs: the ranking and the `decisions` (d, n)."""

    ranking: Ranking
    targets: Floats1d
    level: float
    decisions: tuple[Bools1d, ...]

    @property
    def width(self) -> int:
        """Return how many values there are."""
        return 1 + len(self.ranking.starts) + len(self.decisions)

    def values(self, weights: Floats1d) -> Floats1d:
        """Return `weighted` over all pairs, that of each category, NaN where none of it weighs, and F1 of each decision."""
        points = self.ranking.points(weights)
        areas, shares = areas_of(points, self.level), points.pairs
        parts = [np.array([(areas * shares).sum() / shares.sum()]), np.where(shares > 0, areas, np.nan)]
        parts += [decision_row(called, self.targets, weights)[2:] for called in self.decisions]
        return np.concatenate(parts)


class Drawing(Protocol):
    """It measures under all draws, wherever that is done."""

    def __call__(self, measured: Measured, groups: PairGroups, draws: Draws) -> tuple[Floats2d, Floats2d]:
        """Return the values of every round (r, v), and with each part of the groups left out (b, v)."""
        ...


def draw_here(measured: Measured, groups: PairGroups, draws: Draws) -> tuple[Floats2d, Floats2d]:
    """Measure in this process, as `Drawing`."""
    return rows_of(measured, groups, draws, 0, draws.rounds), rows_left_out(measured, groups, draws, 0, BLOCKS)


def rows_of(measured: Measured, groups: PairGroups, draws: Draws, first: int, last: int) -> Floats2d:
    """Return the values (r, v) of the rounds from `first` to `last`."""
    return under_weights(measured.values, draw_weights(groups, draws, first, last), measured.width)


def rows_left_out(measured: Measured, groups: PairGroups, draws: Draws, first: int, last: int) -> Floats2d:
    """Return the values (b, v) with the parts of the groups from `first` to `last` left out, each alone."""
    weights = leave_out_weights(groups, draws.seed, first, last) if draws.rounds else iter(())
    return under_weights(measured.values, weights, measured.width)


def measure_uncertainty(
    ranking: Ranking,
    pairs: JudgedPairs,
    codes: Ints1d,
    groups: PairGroups,
    *,
    level: float,
    draws: Draws,
    held: Bools1d | None,
    match: Bools1d | None,
    match_f1: Bools1d | None,
    draw: Drawing = draw_here,
) -> Uncertainty:
    """Find the intervals of all values; `held`, `match`, `match_f1` are decisions (p,) or None where there are none."""
    count, targets = len(ranking.starts), pairs.targets
    measured = Measured(ranking, targets, level, tuple(called for called in (match, match_f1) if called is not None))

    def of_category(code: int) -> Interval | None:
        if held is None:
            return None
        inside = codes == code
        return precision_interval(held[inside], targets[inside], groups.take(inside), draws)

    def of_decisions(called: Bools1d | None, f1: Iterator[Interval | None]) -> DecisionIntervals | None:
        if called is None or not draws.rounds:
            return None
        return with_shares(next(f1), called, targets, groups, draws)

    found = iter(intervals_of(measured.values(np.ones(len(pairs))), *draw(measured, groups, draws), draws))
    return Uncertainty(
        weighted=next(found),
        categories=tuple(next(found) for _ in range(count)),
        held=tuple(of_category(code) for code in range(count)),
        precision=of_decisions(match, found),
        f1=of_decisions(match_f1, found),
    )
