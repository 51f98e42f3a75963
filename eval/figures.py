"""What a page needs to draw a category's precision-recall curve, small enough for many categories."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.curves import Points
from eval.report import Report
from indexing.arrays import Ints1d

MOST_POINTS = 300


@dataclass(frozen=True)
class Figure:
    """A curve by rising recall, from the artificial point (0, 1); `scores` is None there.

    `last` is the place in these lists of k, the last point whose precision is at least the level, and `best` of
    the first point that has k's recall; both 0, the artificial point, where there is no k.
    """

    recall: list[float]
    precision: list[float]
    scores: list[float | None]
    last: int
    best: int

    def as_json(self) -> dict[str, Any]:
        """For the page's script."""
        return vars(self)


def draw_categories(report: Report) -> list[Figure]:
    """One figure a category, in the order of `report.categories.names`."""
    points = report.ranking.points()
    ends = np.append(points.starts[1:], len(points.owner))
    return [_draw(report, points, int(start), int(end)) for start, end in zip(points.starts, ends, strict=True)]


def _draw(report: Report, points: Points, start: int, end: int) -> Figure:
    recall, precision = points.recall[start:end], points.precision[start:end]
    held = np.flatnonzero(precision >= report.target_precision)
    last = int(held[-1]) if held.size else -1
    best = int(np.searchsorted(recall, recall[last])) if held.size else -1
    kept = _thin(recall, [place for place in (best, last) if place >= 0])
    return Figure(
        recall=[0.0, *np.round(recall[kept], 4).tolist()],
        precision=[1.0, *np.round(precision[kept], 4).tolist()],
        scores=[None, *(float(f"{score:.6g}") for score in report.ranking.scores[start:end][kept])],
        last=int(np.searchsorted(kept, last)) + 1 if held.size else 0,
        best=int(np.searchsorted(kept, best)) + 1 if held.size else 0,
    )


def _thin(recall: np.ndarray[tuple[int], np.dtype[np.floating[Any]]], wanted: list[int]) -> Ints1d:
    """Places of at most MOST_POINTS points: all if they are few; else the first ones, where a curve is jagged,
    then evenly by recall, and those `wanted`."""
    if len(recall) < MOST_POINTS:
        return np.arange(len(recall), dtype=np.int64)
    first, evenly = MOST_POINTS // 6, MOST_POINTS - MOST_POINTS // 6 - len(wanted) - 2
    levels = np.linspace(recall[first], recall[-1], evenly)
    spread = np.searchsorted(recall, levels)
    return np.unique(np.concatenate([np.arange(first), spread, wanted, [len(recall) - 1]]).astype(np.int64))
