"""What the page's threshold explorer computes from: cumulative counts of every category at a few thresholds."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.report import Report
from indexing.arrays import Floats1d, Ints1d

MOST_CUTS = 120


@dataclass(frozen=True)
class Cuts:
    """Thresholds of a category, falling; at each how many pairs are called (score >= threshold), and how many of them
    are matches. `best` is the place of the threshold that reaches the target here, `model` that of the model's own
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
        """For the page's script."""
        return vars(self)


def cut_categories(report: Report) -> list[Cuts]:
    """One a category, in the order of `report.categories.names`. The counts are exact at the thresholds kept."""
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


def _cut(report: Report, place: int, scores: Floats1d, called: Ints1d, found: Floats1d) -> Cuts:
    name = report.categories.names[place]
    own, here = report.model_thresholds.get(name, np.nan), report.values.threshold[place]
    model, best = (int((scores >= threshold).sum()) - 1 for threshold in (own, here))
    kept = _thin(called, found, [point for point in (model, best) if point >= 0])
    lower = np.append(scores[1:], -np.inf)
    thresholds = [_between(float(lower[point]), float(scores[point])) for point in kept]
    if model >= 0:
        thresholds[int(np.searchsorted(kept, model))] = float(own)
    return Cuts(
        category=name,
        pairs=int(called[-1]),
        positives=int(found[-1]),
        thresholds=thresholds,
        called=called[kept].tolist(),
        found=found[kept].astype(np.int64).tolist(),
        best=int(np.searchsorted(kept, best)) if best >= 0 else -1,
        model=int(np.searchsorted(kept, model)) if model >= 0 else -1,
    )


def _thin(called: Ints1d, found: Floats1d, wanted: list[int]) -> Ints1d:
    """Places of at most MOST_CUTS points: evenly by what is found, by what is called, and those `wanted`."""
    if len(called) <= MOST_CUTS:
        return np.arange(len(called), dtype=np.int64)
    steps = MOST_CUTS // 2 - 2
    by_found = np.searchsorted(found, np.linspace(1, max(found[-1], 1), steps))
    by_called = np.searchsorted(called, np.geomspace(1, called[-1], steps))
    places = np.concatenate([by_found, by_called, wanted, [len(called) - 1]]).astype(np.int64)
    return np.unique(np.clip(places, 0, len(called) - 1))


def _between(lower: float, score: float) -> float:
    """The shortest number above `lower` and at most `score`: it parts the same pairs and is easy to read."""
    for digits in range(2, 17):
        rounded = math.floor(score * 10.0**digits) / 10.0**digits
        if lower < rounded <= score:
            return rounded
    return score
