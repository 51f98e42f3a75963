"""The truth judges the decisions of a scores file, match and match_f1: precision, recall and F1, over all and by
category."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from eval.inputs.categories import PairCategories
from eval.inputs.joining import JudgedPairs
from eval.inputs.scores import Scores
from indexing.arrays import Bools1d, Floats1d, Ints1d


@dataclass(frozen=True)
class DecisionValues:
    """These are micro values; None where nothing was called (precision), nothing is true (recall), or neither (F1)."""

    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class CategoryDecisions:
    """These columns (c,) say of each category how many pairs were called matches, how many true matches were among
    them, and which share those are of what was called (`precision`, NaN where nothing was) and of the true matches
    (`recall`, NaN where there are none)."""

    called: Floats1d
    found: Floats1d
    precision: Floats1d
    recall: Floats1d


def measure_decisions(decisions: Bools1d, targets: Floats1d, *, weights: Floats1d | None = None) -> DecisionValues:
    """Measure decisions on pairs (n,), row i weighing `weights[i]` (1 if None): how many of the called are true, how
    many of the true are called, and 2·both / (called + true)."""
    row = decision_row(decisions, targets, np.ones(len(targets)) if weights is None else weights)
    return DecisionValues(*(None if np.isnan(value) else float(value) for value in row))


def decision_row(decisions: Bools1d, targets: Floats1d, weights: Floats1d) -> Floats1d:
    """Return precision, recall and F1 (3,), NaN where undefined."""
    called, true = float(weights @ decisions), float(weights @ targets)
    both = float(weights @ (targets * decisions))
    return np.array([_ratio(both, called), _ratio(both, true), _ratio(2 * both, called + true)])


def decide_by_category(decisions: Bools1d, targets: Floats1d, codes: Ints1d, count: int) -> CategoryDecisions:
    """Measure decisions (n,) in each of `count` categories; `codes` (n,) are the pairs' places among these."""
    called, found, true = (
        np.bincount(codes, weights=counted, minlength=count).astype(np.float64)
        for counted in (decisions, targets * decisions, targets)
    )
    return CategoryDecisions(called, found, _shares(found, called), _shares(found, true))


def _shares(parts: Floats1d, wholes: Floats1d) -> Floats1d:
    shares: Floats1d = np.divide(parts, wholes, out=np.full(len(parts), np.nan), where=wholes > 0)
    return shares


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else np.nan


@dataclass(frozen=True)
class JudgedDecisions:
    """It holds boolean decisions (p,) on the truth's pairs, and their values."""

    called: Bools1d
    values: DecisionValues


@dataclass(frozen=True)
class Decisions:
    """It holds what the columns `match` (`precision`) and `match_f1` (`f1`) decide, None where a column is absent.

    `redecided` counts decisions of `match` made again: a swapped pair was decided by the threshold of the truth's
    right product; where the left one's category has a threshold of its own, that one decides.
    """

    precision: JudgedDecisions | None
    f1: JudgedDecisions | None
    redecided: int


def judge_decisions(
    scores: Scores,
    pairs: JudgedPairs,
    categories: PairCategories,
    thresholds: Mapping[str, float],
) -> Decisions:
    """Judge both columns; `thresholds` by category decide again where a swap changed the category."""
    by_precision, by_f1 = (_in_truth_order(scores, column, pairs) for column in ("match", "match_f1"))
    redecided = 0
    if by_precision is not None:
        again, own = _to_decide_again(scores, pairs, categories, thresholds)
        by_precision = np.where(again, reaches(pairs.scores, own), by_precision)
        redecided = int(again.sum())
    return Decisions(_judge(by_precision, pairs), _judge(by_f1, pairs), redecided)


def reaches(scores: Floats1d, thresholds: Floats1d) -> Bools1d:
    """Say where a score reaches its threshold; it does nowhere where that is NaN (a comparison with NaN is False)."""
    return np.asarray(scores >= thresholds, dtype=np.bool_)


def _in_truth_order(scores: Scores, column: str, pairs: JudgedPairs) -> Bools1d | None:
    decided = scores.decisions.get(column)
    return None if decided is None else decided[pairs.rows]


def _to_decide_again(
    scores: Scores, pairs: JudgedPairs, categories: PairCategories, thresholds: Mapping[str, float]
) -> tuple[Bools1d, Floats1d]:
    """Return where a swap changed the category (p,), and each pair's threshold (p,), NaN where a category has none."""
    own = np.array([thresholds.get(name, np.nan) for name in categories.names])[categories.codes]
    if scores.categories is None:
        return np.zeros(len(pairs), dtype=np.bool_), own
    theirs = np.asarray(scores.categories.to_numpy(zero_copy_only=False), dtype=object)[pairs.rows]
    changed = theirs != np.asarray(categories.names, dtype=object)[categories.codes]
    return pairs.swapped & changed & ~np.isnan(own), own


def _judge(called: Bools1d | None, pairs: JudgedPairs) -> JudgedDecisions | None:
    return None if called is None else JudgedDecisions(called, measure_decisions(called, pairs.targets))
