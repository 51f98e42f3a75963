"""Where no truth is known, thresholds and probabilities rest on how likely pairs are held to match: they hold what they promise
as far as that is right."""

import math
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d
from reranking.decisions.evidence import Cuts

ROUNDING = 1e-9  # of sums of probabilities


@dataclass(frozen=True)
class ExpectedCalls:
    """It says what a threshold is expected to call: so many pairs, with this precision, recall and F1."""

    threshold: float
    called: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


NOTHING = ExpectedCalls(math.inf, 0, 0.0, 0.0)


def expect_best_f1(scores: Floats1d, likely: Floats1d, *, least: float = 0.0) -> ExpectedCalls:
    """Return the calls of the best expected F1 among pairs (p,) with these scores, each so `likely` a match.

    No score is called of which pairs are on average less likely than `least`, but the highest one.
    """
    cuts = Cuts.of(scores, likely)
    if not len(cuts.scores) or not likely.any():
        return NOTHING
    f1 = 2 * cuts.matches / (cuts.called + likely.sum())
    low = np.diff(cuts.matches) < least * np.diff(cuts.called)
    allowed = int(np.argmax(low)) + 1 if low.any() else len(f1)
    return _at(cuts, int(np.argmax(f1[:allowed])), likely)


def expect_precision(scores: Floats1d, likely: Floats1d, asked: float) -> ExpectedCalls:
    """Return the most calls whose expected precision is what was asked; none where no threshold reaches that."""
    cuts = Cuts.of(scores, likely)
    holding = np.flatnonzero(cuts.matches >= asked * cuts.called - ROUNDING)
    return _at(cuts, int(holding[-1]), likely) if len(holding) else NOTHING


def _at(cuts: Cuts, place: int, likely: Floats1d) -> ExpectedCalls:
    called, matches = float(cuts.called[place]), float(cuts.matches[place])
    return ExpectedCalls(cuts.between(place), int(called), matches / called, matches / float(likely.sum()))
