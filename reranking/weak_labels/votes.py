"""Views vote on pairs: a view is for a pair whose products are each other's best, which two equal products mostly are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from reranking.signals.feature import columns_of

SIDES = ("smaller", "larger")
PRIOR_PAIRS = 1.0  # of each kind on each level, so that no level is impossible


@dataclass(frozen=True)
class Votes:
    """It holds the share (p,) of the views that see both products which are for each pair, and its level (p,) from 0 to
    `highest`: how many sides of how many views have the other as their best."""

    share: Floats1d
    levels: Ints1d
    highest: int

    def odds(self, likely: Floats1d) -> Floats1d:
        """Return by what (p,) the level of each pair multiplies the odds of a match, where so `likely` (p,) are matches.

        A higher level never speaks more against a match.
        """
        size = self.highest + 1
        for_match, against = (
            np.bincount(self.levels, weights=part, minlength=size) + PRIOR_PAIRS for part in (likely, 1 - likely)
        )
        logs = np.log(for_match / for_match.sum()) - np.log(against / against.sum())
        rising = isotonic_regression(logs, weights=for_match + against).x
        return np.asarray(np.exp(rising)[self.levels], dtype=np.float64)


def cast_votes(features: Floats2d, names: Sequence[str], views: Sequence[str], *, by_source: bool) -> Votes:
    """Let the views vote on pairs with these features (p, f).

    With `by_source` the best is the nearest offer of the other's source, where both have one: a product of many offers has
    as many nearest neighbours, but one in each shop. Else it is the nearest neighbour.
    """
    mutual, known = np.zeros(len(features)), np.zeros(len(features))
    levels = np.zeros(len(features), dtype=np.int64)
    for view in views:
        seen = np.isfinite(features[:, columns_of(names, [f"{view}_cosine"])[0]])
        sides = [_is_best(features, names, view, side, by_source) & seen for side in SIDES]
        mutual += sides[1]
        known += seen
        levels += np.sum(sides, axis=0)
    return Votes(mutual / np.maximum(known, 1), levels, len(SIDES) * len(views))


def _is_best(features: Floats2d, names: Sequence[str], view: str, side: str, by_source: bool) -> Bools1d:
    """Return of which pairs (p,) one product is the best of the other: from one side at least (`smaller`), or both."""
    rank, better = features[:, columns_of(names, [f"{view}_rank_{side}", f"{view}_better_offers_{side}"])].T
    nearest = rank == 1
    return np.asarray(np.where(np.isnan(better), nearest, better == 0) if by_source else nearest, dtype=bool)
