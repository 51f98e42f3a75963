"""Precision, recall and F1 of boolean decisions over all pairs, and precision and recall in each category."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d


@dataclass(frozen=True)
class DecisionValues:
    """Micro values; None where nothing was called (precision), nothing is true (recall), or neither (F1)."""

    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class CategoryDecisions:
    """Decisions in each category (c,): pairs called matches, matches among them, and their shares of what was called
    (`precision`, NaN where nothing was) and of the true matches (`recall`, NaN where there are none)."""

    called: Floats1d
    found: Floats1d
    precision: Floats1d
    recall: Floats1d


def measure_decisions(decisions: Bools1d, targets: Floats1d, *, weights: Floats1d | None = None) -> DecisionValues:
    """Over pairs (n,), row i weighing `weights[i]` (1 if None): of the called how many are true, of the true how
    many are called, and 2·both / (called + true)."""
    row = decision_row(decisions, targets, np.ones(len(targets)) if weights is None else weights)
    return DecisionValues(*(None if np.isnan(value) else float(value) for value in row))


def decision_row(decisions: Bools1d, targets: Floats1d, weights: Floats1d) -> Floats1d:
    """Precision, recall and F1 (3,), NaN where undefined."""
    called, true = float(weights @ decisions), float(weights @ targets)
    both = float(weights @ (targets * decisions))
    return np.array([_ratio(both, called), _ratio(both, true), _ratio(2 * both, called + true)])


def decide_by_category(
    decisions: Bools1d, targets: Floats1d, codes: Ints1d, count: int, *, weights: Floats1d | None = None
) -> CategoryDecisions:
    """Decisions (n,) in each of `count` categories, whose place each pair's `codes` (n,) are."""
    heavy = np.ones(len(targets)) if weights is None else weights
    called, found, true = (
        np.bincount(codes, weights=weighing, minlength=count).astype(np.float64)
        for weighing in (heavy * decisions, heavy * targets * decisions, heavy * targets)
    )
    return CategoryDecisions(called, found, _shares(found, called), _shares(found, true))


def _shares(parts: Floats1d, wholes: Floats1d) -> Floats1d:
    shares: Floats1d = np.divide(parts, wholes, out=np.full(len(parts), np.nan), where=wholes > 0)
    return shares


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else np.nan
