"""Figures hold what a page draws of a category and explores of its thresholds, small enough for many categories."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.metrics.curves import Points
from eval.metrics.reliability import measure_reliability
from eval.report import Report
from indexing.arrays import Floats1d, Ints1d

MOST_POINTS = 200
BARS = 30
SPARKS = 40
MOST_CUTS = 120


@dataclass(frozen=True)
class Histogram:
    """It counts matches and non-matches by score, in BARS equal parts from `low` to `high`."""

    low: float
    high: float
    matches: list[int]
    others: list[int]


@dataclass(frozen=True)
class Figure:
    """A figure has a curve by rising recall, from the artificial point (0, 1); `scores` is None there.

    `last` is the place in these lists of k, the last point whose precision is at least the level, and `best` of
    the first point that has k's recall; both 0, the artificial point, where there is no k. `held` is the recall and
    precision of the decisions, None where they were found here or call nothing. `reliability` holds (mean score, share
    of matches, pairs) of each part of [0, 1].
    """

    recall: list[float]
    precision: list[float]
    scores: list[float | None]
    last: int
    best: int
    held: tuple[float, float] | None
    histogram: Histogram
    reliability: list[tuple[float, float, int]] | None

    def as_json(self) -> dict[str, Any]:
        """Return the figure for the page's script."""
        return {**vars(self), "histogram": vars(self.histogram)}

    def spark(self) -> str:
        """Return the curve as the points of a line in a box 100 wide and 100 high."""
        places = np.unique(np.linspace(0, len(self.recall) - 1, SPARKS).astype(int))
        return " ".join(f"{100 * self.recall[i]:.0f},{100 - 100 * self.precision[i]:.0f}" for i in places)


def draw_categories(report: Report) -> list[Figure]:
    """Draw one figure a category, in the order of `report.categories.names`."""
    points = report.ranking.points()
    ends = np.append(points.starts[1:], len(points.owner))
    scores = report.pairs.scores
    probabilities = bool(scores.min() >= 0 and scores.max() <= 1)
    limits = (0.0, 1.0) if probabilities else (float(scores.min()), float(scores.max()))
    return [
        _draw(report, points, place, slice(int(start), int(end)), limits)
        for place, (start, end) in enumerate(zip(points.starts, ends, strict=True))
    ]


def _draw(report: Report, points: Points, place: int, part: slice, limits: tuple[float, float]) -> Figure:
    recall, precision = points.recall[part], points.precision[part]
    reached = np.flatnonzero(precision >= report.target_precision)
    last = int(reached[-1]) if reached.size else -1
    best = int(np.searchsorted(recall, recall[last])) if reached.size else -1
    kept = _thin(recall, [point for point in (best, last) if point >= 0])
    inside = report.categories.codes == place
    scores, targets = report.pairs.scores[inside], report.pairs.targets[inside]
    return Figure(
        recall=[0.0, *np.round(recall[kept], 4).tolist()],
        precision=[1.0, *np.round(precision[kept], 4).tolist()],
        scores=[None, *(float(f"{score:.6g}") for score in report.ranking.scores[part][kept])],
        last=int(np.searchsorted(kept, last)) + 1 if reached.size else 0,
        best=int(np.searchsorted(kept, best)) + 1 if reached.size else 0,
        held=_held(report, place),
        histogram=_histogram(scores, targets, limits),
        reliability=_reliability(report.pairs.probabilities[inside], targets),
    )


def _held(report: Report, place: int) -> tuple[float, float] | None:
    if report.held is None:
        return None
    recall, precision = float(report.held.recall[place]), float(report.held.precision[place])
    return None if np.isnan(recall) or np.isnan(precision) else (round(recall, 4), round(precision, 4))


def _histogram(scores: Floats1d, targets: Floats1d, limits: tuple[float, float]) -> Histogram:
    low, high = limits
    matches, others = (np.histogram(scores[targets == side], BARS, (low, high))[0].tolist() for side in (1, 0))
    return Histogram(low, high, matches, others)


def _reliability(scores: Floats1d, targets: Floats1d) -> list[tuple[float, float, int]] | None:
    found = measure_reliability(scores, targets)
    if found is None:
        return None
    columns = np.round(found.mean_score, 4).tolist(), np.round(found.share, 4).tolist(), found.pairs.tolist()
    return [(mean, share, int(pairs)) for mean, share, pairs in zip(*columns, strict=True)]


def _thin(recall: np.ndarray[tuple[int], np.dtype[np.floating[Any]]], wanted: list[int]) -> Ints1d:
    """Return the places of at most MOST_POINTS points: all if they are few; else the first ones, where a curve is
    jagged, then evenly by recall, and those `wanted`."""
    if len(recall) < MOST_POINTS:
        return np.arange(len(recall), dtype=np.int64)
    first, evenly = MOST_POINTS // 6, MOST_POINTS - MOST_POINTS // 6 - len(wanted) - 2
    levels = np.linspace(recall[first], recall[-1], evenly)
    spread = np.searchsorted(recall, levels)
    return np.unique(np.concatenate([np.arange(first), spread, wanted, [len(recall) - 1]]).astype(np.int64))


@dataclass(frozen=True)
class CategoryCuts:
    """It has thresholds of a category, falling; at each how many pairs are called (score >= threshold), and how many of
    them are matches. `best` is the place of the threshold that reaches the target here, `model` that of the model's own
    threshold; -1 where nothing is called."""

    category: str
    pairs: int
    positives: int
    thresholds: list[float]
    called: list[int]
    found: list[int]
    best: int
    model: int

    def as_json(self) -> dict[str, Any]:
        """Return the cuts for the page's script."""
        return vars(self)


def cut_categories(report: Report) -> list[CategoryCuts]:
    """Cut each category, in the order of `report.categories.names`. The counts are exact at the thresholds kept."""
    ranking = report.ranking
    ends = np.append(ranking.starts[1:], len(ranking.ends))
    found = np.cumsum(ranking.targets)
    cuts, first = [], 0
    for place, (start, end) in enumerate(zip(ranking.starts, ends, strict=True)):
        last = ranking.ends[start:end]
        before = found[first - 1] if first else 0.0
        cuts.append(_cut(report, place, ranking.scores[start:end], last + 1 - first, found[last] - before))
        first = int(last[-1]) + 1
    return cuts


def _cut(report: Report, place: int, scores: Floats1d, called: Ints1d, found: Floats1d) -> CategoryCuts:
    name = report.categories.names[place]
    own, here = report.model_thresholds.get(name, np.nan), report.values.threshold[place]
    model, best = (int((scores >= threshold).sum()) - 1 for threshold in (own, here))
    kept = _thin_cuts(called, found, [point for point in (model, best) if point >= 0])
    lower = np.append(scores[1:], -np.inf)
    thresholds = [_between(float(lower[point]), float(scores[point])) for point in kept]
    if model >= 0:
        thresholds[int(np.searchsorted(kept, model))] = float(own)
    return CategoryCuts(
        category=name,
        pairs=int(called[-1]),
        positives=int(found[-1]),
        thresholds=thresholds,
        called=called[kept].tolist(),
        found=found[kept].astype(np.int64).tolist(),
        best=int(np.searchsorted(kept, best)) if best >= 0 else -1,
        model=int(np.searchsorted(kept, model)) if model >= 0 else -1,
    )


def _thin_cuts(called: Ints1d, found: Floats1d, wanted: list[int]) -> Ints1d:
    """Return the places of at most MOST_CUTS points: evenly by what is found, by what is called, and those `wanted`."""
    if len(called) <= MOST_CUTS:
        return np.arange(len(called), dtype=np.int64)
    steps = MOST_CUTS // 2 - 2
    by_found = np.searchsorted(found, np.linspace(1, max(found[-1], 1), steps))
    by_called = np.searchsorted(called, np.geomspace(1, called[-1], steps))
    places = np.concatenate([by_found, by_called, wanted, [len(called) - 1]]).astype(np.int64)
    return np.unique(np.clip(places, 0, len(called) - 1))


def _between(lower: float, score: float) -> float:
    """Return the shortest number above `lower` and at most `score`: it parts the same pairs and is easy to read."""
    for digits in range(2, 17):
        rounded = math.floor(score * 10.0**digits) / 10.0**digits
        if lower < rounded <= score:
            return rounded
    return score
