"""Suspects are pairs whose label is likelier wrong than their score."""

from dataclasses import dataclass

import numpy as np

from eval.inputs.joining import JudgedPairs
from indexing.arrays import Bools1d, Floats1d, Ints1d

TIED = "other matches make them one product"
SURE_MATCH = "scored as high as a usual match"
SURE_NONE = "scored as low as a usual non-match"


@dataclass(frozen=True)
class SuspectTruth:
    """It holds the rows of the truth whose label is doubtful, the most doubtful first, and says why each is."""

    rows: Ints1d
    reasons: tuple[str, ...]


def find_suspects(pairs: JudgedPairs, codes: Ints1d, groups: tuple[Ints1d, Ints1d]) -> SuspectTruth:
    """Find non-matches whose products other matches tie together, then pairs that score like the other label.

    The second follows confident learning (Northcutt et al., "Confident Learning", JAIR 70, 2021): a label is doubtful
    when the pair scores as high as the mean match of its category though it is none, or as low as the mean
    non-match though it is a match. `groups` are the product groups of left and right (p,).
    """
    match = pairs.targets == 1
    tied = ~match & (groups[0] == groups[1])
    high = ~match & ~tied & (pairs.scores >= _means(pairs.scores, codes, match)[codes])
    low = match & (pairs.scores <= _means(pairs.scores, codes, ~match)[codes])
    parts = [
        (TIED, _by(tied, -pairs.scores)),
        (SURE_MATCH, _by(high, -pairs.scores)),
        (SURE_NONE, _by(low, pairs.scores)),
    ]
    # tied ones first; then the two others by turns, so that neither hides the other
    first, others = parts[0], parts[1:]
    rows, reasons = list(first[1]), [first[0]] * len(first[1])
    for place in range(max(len(found) for _, found in others)):
        for reason, found in others:
            if place < len(found):
                rows.append(found[place])
                reasons.append(reason)
    return SuspectTruth(np.array(rows, dtype=np.int64), tuple(reasons))


def _means(scores: Floats1d, codes: Ints1d, inside: Bools1d) -> Floats1d:
    """Return the mean score of the pairs `inside` (p,) of each category, NaN where there are none."""
    count = int(codes.max(initial=0)) + 1
    pairs = np.bincount(codes[inside], minlength=count)
    sums = np.bincount(codes[inside], weights=scores[inside], minlength=count)
    means: Floats1d = np.divide(sums, pairs, out=np.full(count, np.nan), where=pairs > 0)
    return means


def _by(inside: Bools1d, order: Floats1d) -> Ints1d:
    rows = np.flatnonzero(inside)
    return rows[np.argsort(order[rows], kind="stable")]
