"""Precision, recall and F1 of boolean decisions over all pairs."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats1d


@dataclass(frozen=True)
class DecisionValues:
    """Micro values; None where nothing was called (precision), nothing is true (recall), or neither (F1)."""

    precision: float | None
    recall: float | None
    f1: float | None


def measure_decisions(decisions: Bools1d, targets: Floats1d, *, weights: Floats1d | None = None) -> DecisionValues:
    """Over pairs (n,), row i weighing `weights[i]` (1 if None): of the called how many are true, of the true how
    many are called, and 2·both / (called + true)."""
    heavy = np.ones(len(targets)) if weights is None else weights
    called, true = float(heavy[decisions].sum()), float(heavy @ targets)
    both = float(heavy[decisions] @ targets[decisions])
    return DecisionValues(_ratio(both, called), _ratio(both, true), _ratio(2 * both, called + true))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
