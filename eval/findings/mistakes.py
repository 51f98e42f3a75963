"""The worst mistakes are pairs that the scores put on the wrong side; they come the most wrong first."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d


@dataclass(frozen=True)
class Mistakes:
    """It holds rows of the truth: non-matches by falling score, matches by rising score."""

    false_matches: Ints1d
    missed_matches: Ints1d

    def first(self, count: int) -> "Mistakes":
        """Return the `count` worst of each kind."""
        return Mistakes(self.false_matches[:count], self.missed_matches[:count])

    def within(self, inside: Bools1d) -> "Mistakes":
        """Return those at rows where `inside` (p,) is True."""
        return Mistakes(
            self.false_matches[inside[self.false_matches]], self.missed_matches[inside[self.missed_matches]]
        )


def find_mistakes(scores: Floats1d, targets: Floats1d, codes: Ints1d, called: Bools1d) -> Mistakes:
    """Find all pairs (p,) that are wrong by decision or by order; equal scores stay in order of their rows.

    A non-match is wrong when it is called a match or scores as high as a match of its category; a match is wrong
    when it is not called or scores as low as a non-match there. So there is something to look at where a category
    never reaches the precision and nothing is called.
    """
    match = targets == 1
    lowest = np.full(codes.max(initial=0) + 1, np.inf)
    highest = np.full(codes.max(initial=0) + 1, -np.inf)
    np.minimum.at(lowest, codes[match], scores[match])
    np.maximum.at(highest, codes[~match], scores[~match])
    false = np.flatnonzero(~match & (called | (scores >= lowest[codes])))
    missed = np.flatnonzero(match & (~called | (scores <= highest[codes])))
    return Mistakes(false[np.argsort(-scores[false], kind="stable")], missed[np.argsort(scores[missed], kind="stable")])


def nearest_threshold(scores: Floats1d, thresholds: Floats1d) -> Ints1d:
    """Return rows of pairs (p,), those that score nearest to their threshold first; those without one are left out."""
    distance = np.abs(scores - thresholds)
    rows = np.flatnonzero(np.isfinite(distance))
    return rows[np.argsort(distance[rows], kind="stable")]
