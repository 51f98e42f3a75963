"""What validation pairs say of the precision at each threshold, and how surely."""

import math
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d
from reranking.decisions.evidence import Cuts, surprise
from reranking.decisions.validation import ValidationPairs

SHRINK_CALLS = 30.0  # independent calls with which a category trusts its own pairs as much as all pairs together


@dataclass(frozen=True)
class PrecisionEvidence:
    """At each cut (c,) of some pairs: the precision there; its standard error, were the asked one true; and how many
    independent calls that is worth."""

    cuts: Cuts
    asked: float
    precision: Floats1d
    error: Floats1d
    worth: Floats1d

    @classmethod
    def of(cls, pairs: ValidationPairs, asked: float) -> "PrecisionEvidence":
        """From pairs (p,), of which `asked` is the share of matches that the called ones should have."""
        cuts = Cuts.of(pairs.scores, pairs.targets)
        variance = surprise(pairs.scores, pairs.targets, pairs.left_groups, pairs.right_groups, asked)[cuts.last]
        independent = cuts.called * asked * (1 - asked)
        share = np.divide(independent, variance, out=np.ones(len(variance)), where=variance > 0)
        return cls(cuts, asked, cuts.matches / cuts.called, np.sqrt(variance) / cuts.called, cuts.called * share)

    def bound(self, caution: float) -> Floats1d:
        """The precision (c,), less `caution` standard errors."""
        return np.asarray(self.precision - caution * self.error, dtype=np.float64)

    def threshold(self, bound: Floats1d) -> float:
        """That of the most matches where `bound` (c,) is at least what is asked, the highest of equals; or infinity."""
        held = np.flatnonzero((bound >= self.asked) & (self.cuts.matches > 0))
        return self.cuts.between(int(held[np.argmax(self.cuts.matches[held])])) if held.size else math.inf


def shrunk_bound(own: PrecisionEvidence, every: PrecisionEvidence, at: PrecisionEvidence, caution: float) -> Floats1d:
    """At the cuts of `at`: the bound of a category's pairs, shrunk towards that of all, the more the fewer its calls."""
    own_bound, own_worth = (_at(own, column, at.cuts.scores) for column in (own.bound(caution), own.worth))
    trust = own_worth / (own_worth + SHRINK_CALLS)
    shared = _at(every, every.bound(caution), at.cuts.scores)
    return np.asarray(trust * own_bound + (1 - trust) * shared, dtype=np.float64)


def _at(evidence: PrecisionEvidence, column: Floats1d, scores: Floats1d) -> Floats1d:
    """A column over the cuts at other scores; 0 where nothing is called."""
    places = np.searchsorted(-evidence.cuts.scores, -scores, side="right")
    return np.append(0.0, column)[places]
