"""Scores allow many thresholds; the evidence says of each how many pairs are called matches, and how sure that is."""

import math
from dataclasses import dataclass, replace

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from reranking.decisions.validation import ValidationPairs

UNSEEN = (
    0.5  # others (as by the prior of Jeffreys) that are reckoned with though none was seen, where pairs have weights
)
SHRINK_CALLS = 30.0  # independent calls with which a category trusts its own pairs as much as all pairs together


@dataclass(frozen=True)
class Cuts:
    """It counts at each distinct score, from the highest, the pairs called matches there, and the matches among them.

    `last` is the place of the last pair called, in the order of falling scores.
    """

    scores: Floats1d
    called: Floats1d
    matches: Floats1d
    last: Ints1d

    @classmethod
    def of(cls, scores: Floats1d, targets: Floats1d, weights: Floats1d | None = None) -> "Cuts":
        """Count at the scores (p,) of pairs with these targets (p,), each as often as its weight says."""
        order = falling(scores)
        ordered = scores[order].astype(np.float64)
        last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) if len(ordered) else np.zeros(0, np.int64)
        if weights is None:
            return cls(ordered[last], last + 1.0, np.cumsum(targets[order])[last], last)
        called, matches = (np.cumsum(column[order])[last] for column in (weights, weights * targets))
        return cls(ordered[last], called, matches, last)

    def between(self, place: int) -> float:
        """Return a threshold in the middle of the scores that it parts, so that it does not hang on one pair."""
        if place + 1 == len(self.scores):
            return float(self.scores[place])
        return float((self.scores[place] + self.scores[place + 1]) / 2)


def falling(scores: Floats1d) -> Ints1d:
    """Return the order (p,) of falling scores."""
    return np.asarray(np.argsort(-scores, kind="stable"), dtype=np.int64)


def surprise(
    scores: Floats1d,
    targets: Floats1d,
    left: Ints1d,
    right: Ints1d,
    expected: float,
    weights: Floats1d | None = None,
) -> Floats1d:
    """Return the variance (p,) of the matches among the first 1, 2, … pairs by falling score, if the share `expected`
    of the pairs were matches.

    Pairs that share a product group, on either side (`left`, `right`), are right or wrong together: their deviations are added before they are squared (Aronow, Samii and Assenova, "Cluster-robust variance estimation for dyadic
    data", Political Analysis 23, 2015). It is never less than if all pairs were independent.
    """
    order = falling(scores)
    weighed = np.ones(len(order)) if weights is None else weights[order]
    deviations, left, right = weighed * (targets[order] - expected), left[order], right[order]
    across = np.flatnonzero(left != right)
    touching = np.concatenate([np.arange(len(order)), across])
    shared = _squares(np.concatenate([left, right[across]]), deviations[touching], touching, len(order))
    codes = np.minimum(left, right) * (max(left.max(initial=0), right.max(initial=0)) + 1) + np.maximum(left, right)
    twice = _squares(codes[across], deviations[across], across, len(order))
    independent = np.cumsum(weighed**2) * expected * (1 - expected)
    return np.asarray(np.maximum(shared - twice, independent), dtype=np.float64)


def _unseen(pairs: ValidationPairs, every: ValidationPairs) -> float:
    """Return the weight of others that were not seen among the called ones, as all have it where the pairs hold none: where others
    weigh much, a few matches without one say little. Without weights it is nothing: the error tells."""
    if pairs.weights is None or every.weights is None:
        return 0.0
    own, shared = pairs.weights[pairs.targets == 0], every.weights[every.targets == 0]
    weights = own if len(own) else shared
    return UNSEEN * float(weights.mean()) if len(weights) else 0.0


def _squares(groups: Ints1d, deviations: Floats1d, places: Ints1d, count: int) -> Floats1d:
    """Sum (count,) over groups the squared sum of their deviations, of those at places 0, 0 to 1, …"""
    order = np.lexsort([places, groups])
    values = deviations[order]
    running = np.cumsum(values)
    starts = np.flatnonzero(np.append(True, np.diff(groups[order]) != 0)) if len(order) else np.zeros(0, np.int64)
    lengths = np.diff(np.append(starts, len(order)))
    before = (
        running - values - np.repeat((running - values)[starts], lengths)
    )  # the sum of earlier deviations of the same group
    grown = np.bincount(places[order], weights=2 * before * values + values**2, minlength=count)
    return np.asarray(np.cumsum(grown), dtype=np.float64)


@dataclass(frozen=True)
class PrecisionEvidence:
    """It says at each cut (c,) of some pairs the precision there; its standard error, were the asked one true; and
    how many independent calls that is worth. `positives` is how many of the pairs are matches."""

    cuts: Cuts
    asked: float
    precision: Floats1d
    error: Floats1d
    worth: Floats1d
    positives: float

    @classmethod
    def of(cls, pairs: ValidationPairs, asked: float, every: ValidationPairs | None = None) -> "PrecisionEvidence":
        """Measure at the cuts of pairs (p,), which are a part of `every`; `asked` is the share of matches that the called ones should have."""
        cuts = Cuts.of(pairs.scores, pairs.targets, pairs.weights)
        sides = pairs.left_groups, pairs.right_groups
        variance = surprise(pairs.scores, pairs.targets, *sides, asked, pairs.weights)[cuts.last]
        independent = cuts.called * asked * (1 - asked)
        share = np.divide(independent, variance, out=np.ones(len(variance)), where=variance > 0)
        error, worth = np.sqrt(variance) / cuts.called, cuts.called * share
        precision = cuts.matches / (cuts.called + _unseen(pairs, pairs if every is None else every))
        return cls(cuts, asked, precision, error, worth, float(pairs.targets.sum()))

    def bound(self, caution: float) -> Floats1d:
        """Return the precision (c,), less `caution` standard errors."""
        return np.asarray(self.precision - caution * self.error, dtype=np.float64)

    def grown(self, times: float) -> "PrecisionEvidence":
        """Return the evidence that so many times as many pairs would be, were they like these, and one independent call more
        held just what was asked: the best of many cuts of a few pairs is better than it will be."""
        precision = (self.precision * self.worth + self.asked) / (self.worth + 1)
        error, worth = self.error / math.sqrt(times), self.worth * times
        return replace(self, precision=precision, error=error, worth=worth, positives=self.positives * times)

    def threshold(self, bound: Floats1d) -> float:
        """Return the threshold of the most matches where `bound` (c,) is at least what is asked, the highest of
        equals; infinity where it never is."""
        held = np.flatnonzero((bound >= self.asked) & (self.cuts.matches > 0))
        return self.cuts.between(int(held[np.argmax(self.cuts.matches[held])])) if held.size else math.inf


def shrunk_bound(own: PrecisionEvidence, every: PrecisionEvidence, at: PrecisionEvidence, caution: float) -> Floats1d:
    """Return at the cuts of `at` the bound of a category's pairs, shrunk towards that of all, the more the fewer
    calls."""
    own_bound, own_worth = (_at(own, column, at.cuts.scores) for column in (own.bound(caution), own.worth))
    trust = own_worth / (own_worth + SHRINK_CALLS)
    shared = _at(every, every.bound(caution), at.cuts.scores)
    return np.asarray(trust * own_bound + (1 - trust) * shared, dtype=np.float64)


def _at(evidence: PrecisionEvidence, column: Floats1d, scores: Floats1d) -> Floats1d:
    """Return a column over the cuts at other scores; 0 where nothing is called."""
    places = np.searchsorted(-evidence.cuts.scores, -scores, side="right")
    return np.append(0.0, column)[places]
