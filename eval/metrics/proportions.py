"""The bounds of a proportion hold the truth where few are counted: exact binomial bounds of as many independent
outcomes as the counted ones are worth.

Pairs that share a product group, on either side, may be right or wrong together, and then tell less than as many
independent ones. By how much is the design effect, 1 + rho · sharing / n: `sharing` counts the ordered couples of pairs
with a group in common, rho is how far such couples agree beyond chance (Fleiss and Cuzick, "The reliability of
dichotomous judgments", Applied Psychological Measurement 3, 1979). The effective number of outcomes goes into the bounds
of Clopper and Pearson (Biometrika 26, 1934) by way of the beta distribution, which takes fractions (Korn and Graubard,
"Confidence intervals for proportions with small expected number of positive counts", Survey Methodology 24, 1998).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from indexing.arrays import Bools1d, Ints1d

UNTOLD = 4.0  # outcomes of the rarer kind as which "they always agree" counts, before any are seen


def proportion_bounds(hits: Bools1d, left: Ints1d, right: Ints1d, confidence: float) -> tuple[float, float]:
    """Return low and high of the share of `hits` (n,), n > 0, of pairs whose products are in the groups `left` and
    `right` (n,). The share lies inside, and the bounds are never equal."""
    share = float(hits.mean())
    worth = independent_worth(hits, left, right)
    found, missed, tail = share * worth, (1 - share) * worth, (1 - confidence) / 2
    low = float(betaincinv(found, missed + 1, tail)) if found > 0 else 0.0
    high = float(betaincinv(found + 1, missed, 1 - tail)) if missed > 0 else 1.0
    return min(low, share), max(high, share)


def independent_worth(hits: Bools1d, left: Ints1d, right: Ints1d) -> float:
    """Return how many independent outcomes these pairs (n,) are worth: from 1 to n.

    Few of the rarer outcome cannot tell whether pairs of a group agree: then they count as if they always did.
    """
    count = len(hits)
    couples = _Couples.of(hits, left, right)
    if couples.sharing == 0:
        return float(count)
    share = float(hits.mean())
    expected = 2 * share * (1 - share) * couples.sharing
    agreement = float(np.clip(1 - couples.disagreeing / expected, 0, 1)) if expected > 0 else 1.0
    seen = min(share, 1 - share) * count / (1 + couples.sharing / count)
    rho = (seen * agreement + UNTOLD) / (seen + UNTOLD)
    return float(max(count / (1 + rho * couples.sharing / count), 1.0))


@dataclass(frozen=True)
class _Couples:
    """Ordered couples of different pairs that share a product group: all, and those of which one is a hit only."""

    sharing: float
    disagreeing: float

    @classmethod
    def of(cls, hits: Bools1d, left: Ints1d, right: Ints1d) -> "_Couples":
        across = np.flatnonzero(left != right)
        low, high = np.minimum(left, right)[across], np.maximum(left, right)[across]
        touched = cls._within(np.concatenate([left, right[across]]), np.concatenate([hits, hits[across]]))
        both = low * (max(int(left.max()), int(right.max())) + 1) + high  # couples with both groups in common
        twice = cls._within(both, hits[across])
        return cls(touched.sharing - twice.sharing - len(hits), touched.disagreeing - twice.disagreeing)

    @classmethod
    def _within(cls, groups: Ints1d, hits: Bools1d) -> "_Couples":
        """Couples within each group, a pair with itself among them."""
        _, dense = np.unique(groups, return_inverse=True)
        every = np.bincount(dense).astype(np.float64)
        of_hits = np.bincount(dense, weights=hits).astype(np.float64)
        return cls(float(every @ every), float(2 * of_hits @ (every - of_hits)))
