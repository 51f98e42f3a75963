"""A report says how sure its every value is: all intervals that need bootstrap draws come from one run of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from eval.inputs.joining import JudgedPairs
from eval.metrics.curves import Ranking
from eval.metrics.decisions import decision_row
from eval.metrics.intervals import (
    DecisionIntervals,
    Draws,
    Interval,
    PairGroups,
    bootstrap,
    precision_interval,
    with_shares,
)
from eval.metrics.precision_auc import areas_of
from indexing.arrays import Bools1d, Floats1d, Ints1d


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
) -> Uncertainty:
    """Find the intervals of all values; `held`, `match`, `match_f1` are decisions (p,) or None where there are none."""
    count, targets = len(ranking.starts), pairs.targets

    def measure(weights: Floats1d) -> Floats1d:
        points = ranking.points(weights)
        areas, shares = areas_of(points, level), points.pairs
        parts = [np.array([(areas * shares).sum() / shares.sum()]), np.where(shares > 0, areas, np.nan)]
        parts += [decision_row(called, targets, weights)[2:] for called in (match, match_f1) if called is not None]
        return np.concatenate(parts)

    def of_category(code: int) -> Interval | None:
        if held is None:
            return None
        inside = codes == code
        return precision_interval(held[inside], targets[inside], groups.take(inside), draws)

    def of_decisions(called: Bools1d | None, f1: Iterator[Interval | None]) -> DecisionIntervals | None:
        if called is None or not draws.rounds:
            return None
        return with_shares(next(f1), called, targets, groups, draws)

    found = iter(bootstrap(measure, measure(np.ones(len(pairs))), groups, draws))
    return Uncertainty(
        weighted=next(found),
        categories=tuple(next(found) for _ in range(count)),
        held=tuple(of_category(code) for code in range(count)),
        precision=of_decisions(match, found),
        f1=of_decisions(match_f1, found),
    )
