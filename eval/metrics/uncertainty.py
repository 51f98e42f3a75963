"""A report says how sure its every value is: all intervals come from one run of bootstrap draws."""

from dataclasses import dataclass

import numpy as np

from eval.inputs.joining import JudgedPairs
from eval.metrics.curves import Ranking
from eval.metrics.decisions import decide_by_category, decision_row
from eval.metrics.intervals import DecisionIntervals, Draws, Interval, PairGroups, bootstrap
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
        if held is not None:
            parts.append(decide_by_category(held, targets, codes, count, weights=weights).precision)
        parts += [decision_row(called, targets, weights) for called in (match, match_f1) if called is not None]
        return np.concatenate(parts)

    found = iter(bootstrap(measure, measure(np.ones(len(pairs))), groups, draws))
    return Uncertainty(
        weighted=next(found),
        categories=tuple(next(found) for _ in range(count)),
        held=tuple(next(found) if held is not None else None for _ in range(count)),
        precision=None if match is None or not draws.rounds else DecisionIntervals(*(next(found) for _ in range(3))),
        f1=None if match_f1 is None or not draws.rounds else DecisionIntervals(*(next(found) for _ in range(3))),
    )
