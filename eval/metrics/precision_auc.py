"""The metric measures the area under precision-recall where precision is at least a level, per category.

`k` below is the last point of a category's curve, in order of rising recall, whose precision is at least the level
(inclusive); the curve begins at the artificial point (recall 0, precision 1). Formulas: docs/evaluation.md.
"""

from dataclasses import dataclass

import numpy as np

from eval.metrics.curves import Points, Ranking, rank_pairs
from eval.metrics.top_ranking import can_rank_top, top_areas
from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError

LEVEL = 0.75


@dataclass(frozen=True)
class CategoryValues:
    """It says what each category's curve is worth, in columns (c,), categories in order of their codes.

    `pairs` and `positives` are sums of weights. `legacy` is NaN where that version drops the category, `threshold`
    NaN where no point has the precision; elsewhere it is the highest score that reaches `recall_at_precision`.
    """

    categories: Ints1d
    pairs: Floats1d
    positives: Floats1d
    weighted: Floats1d
    legacy: Floats1d
    strict: Floats1d
    recall_at_precision: Floats1d
    threshold: Floats1d
    trivial: Floats1d

    def mean(self, values: Floats1d) -> float | None:
        """Average a column by share of pairs over the categories where it is not NaN; None where there is none."""
        kept = ~np.isnan(values)
        total = self.pairs[kept].sum()
        return float((values[kept] * self.pairs[kept]).sum() / total) if total > 0 else None


def weighted(
    scores: Floats1d,
    targets: Floats1d,
    categories: Ints1d,
    level: float = LEVEL,
    *,
    weights: Floats1d | None = None,
) -> float:
    """Return the headline: per category the trapezoid area from recall 0 to k (0 without k), meaned by share of pairs.

    Raises InputError for NaN scores, no pairs, weights that are all 0, and a level outside (0, 1].
    """
    if weights is None and 0 < level <= 1 and can_rank_top(scores, targets, categories):
        areas, pairs = top_areas(scores, targets, categories, level)
        return float((areas * pairs).sum() / pairs.sum())
    return weighted_of(rank_pairs(scores, targets, categories).points(weights), level)


def weighted_of(points: Points, level: float = LEVEL) -> float:
    """Return `weighted` of curves already made; see there. Raises InputError for weights that are all 0."""
    total = points.pairs.sum()
    if total <= 0:
        raise InputError("all weights are 0: a metric needs at least one pair that weighs something")
    return float((areas_of(points, level) * points.pairs).sum() / total)


def legacy(scores: Floats1d, targets: Floats1d, categories: Ints1d, level: float = LEVEL) -> float | None:
    """Return the first official version, which drops what fails, value and weight; None when every category fails."""
    values = measure(rank_pairs(scores, targets, categories), level)
    return values.mean(values.legacy)


def measure(ranking: Ranking, level: float = LEVEL, *, weights: Floats1d | None = None) -> CategoryValues:
    """Return every value of every category; see `CategoryValues`. Raises InputError for a level outside (0, 1]."""
    points = ranking.points(weights)
    best = _best(points, level)
    held = best >= 0
    share = np.divide(points.positives, points.pairs, out=np.zeros_like(points.pairs), where=points.pairs > 0)
    return CategoryValues(
        categories=ranking.categories,
        pairs=points.pairs,
        positives=points.positives,
        weighted=areas_of(points, level),
        legacy=_legacy_areas(points, level),
        strict=_steps(points, level),
        recall_at_precision=np.where(held, points.recall[best], 0.0),
        threshold=np.where(held, ranking.scores[best], np.nan),
        trivial=np.where(share >= level, (1 + share) / 2, 0.0),
    )


def _qualifying(points: Points, level: float) -> Bools1d:
    if not 0 < level <= 1:
        raise InputError(f"precision level {level}: it is above 0 and at most 1")
    return (points.precision >= level) & points.real


def _last(points: Points, level: float) -> Ints1d:
    """Return k of each category (c,), -1 where only the artificial point qualifies."""
    places = np.where(_qualifying(points, level), np.arange(len(points.owner)), -1)
    return np.maximum.reduceat(places, points.starts)


def _best(points: Points, level: float) -> Ints1d:
    """Return the first point with the recall of k (c,), -1 where there is no k: the same matches, fewer false ones."""
    last = _last(points, level)
    reaching = points.recall >= points.recall[last][points.owner]
    places = np.where(reaching, np.arange(len(points.owner)), len(points.owner))
    return np.where(last >= 0, np.minimum.reduceat(places, points.starts), -1)


def _before(values: Floats1d, starts: Ints1d, artificial: float) -> Floats1d:
    """Return each point's value at the point before it; at a category's start that is the artificial point's."""
    before = np.empty_like(values)
    before[1:] = values[:-1]
    before[starts] = artificial
    return before


def areas_of(points: Points, level: float = LEVEL) -> Floats1d:
    """Return the trapezoid area from recall 0 to k (c,), dips below the level on the way included."""
    gained = points.recall - _before(points.recall, points.starts, 0.0)
    heights = (points.precision + _before(points.precision, points.starts, 1.0)) / 2
    return _sum_to_last(gained * heights, points, level)


def _steps(points: Points, level: float) -> Floats1d:
    """Return the sum to k (c,) of precision times recall gained, as in average precision: ties are not rewarded."""
    gained = points.recall - _before(points.recall, points.starts, 0.0)
    return _sum_to_last(gained * points.precision, points, level)


def _sum_to_last(parts: Floats1d, points: Points, level: float) -> Floats1d:
    inside = np.arange(len(points.owner)) <= _last(points, level)[points.owner]
    return np.add.reduceat(np.where(inside, parts, 0.0), points.starts)


def _legacy_areas(points: Points, level: float) -> Floats1d:
    """Return the trapezoid area (c,) over the qualifying points only, straight lines between; NaN where none is."""
    kept = np.flatnonzero(_qualifying(points, level))
    owner = points.owner[kept]
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    recall, precision = points.recall[kept], points.precision[kept]
    widths = recall - _before(recall, starts, 0.0)
    parts = widths * (precision + _before(precision, starts, 1.0)) / 2
    sums = np.bincount(owner, weights=parts, minlength=len(points.starts))
    return np.where(np.bincount(owner, minlength=len(points.starts)) > 0, sums, np.nan)
