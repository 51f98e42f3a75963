"""How well a model ranked the validation pairs: the metric with its interval, over all and by category."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reranking.boosters.boosting import Metric
from reranking.decisions.validation import ValidationPairs

Interval = tuple[float, float]
IntervalOf = Callable[[ValidationPairs], Interval | None]  # of the metric over these pairs, None where undefined


@dataclass(frozen=True)
class RankedCategory:
    """The metric on a category's pairs alone, with its interval where one was asked for."""

    category: str
    pairs: int
    matches: int
    metric: float
    interval: Interval | None


def ranked_report(
    pairs: ValidationPairs, names: Sequence[str], metric: Metric, interval: IntervalOf | None
) -> dict[str, Any]:
    """What a model's manifest keeps of it: `metric`, `interval`, and `categories`, of which names[code] has pairs."""
    return {
        "metric": _measure(pairs, metric),
        "interval": None if interval is None else interval(pairs),
        "categories": [
            vars(_ranked(name, pairs.take(pairs.categories == code), metric, interval))
            for code, name in enumerate(names)
            if np.any(pairs.categories == code)
        ],
    }


def _ranked(name: str, pairs: ValidationPairs, metric: Metric, interval: IntervalOf | None) -> RankedCategory:
    bounds = None if interval is None else interval(pairs)
    return RankedCategory(name, len(pairs), int(pairs.targets.sum()), _measure(pairs, metric), bounds)


def _measure(pairs: ValidationPairs, metric: Metric) -> float:
    return float(metric(pairs.scores, pairs.targets, pairs.categories))
