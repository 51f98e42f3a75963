"""Rankings hold the precision-recall curves of all categories: sorted once, measured under as many weights as one
wants."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError


@dataclass(frozen=True)
class Points:
    """They make up every category's curve, category after category, recall rising; the artificial (0, 1) is left out.

    `precision` and `recall` are float64 (m,). `real` (m,) is False where nothing of weight has been called yet:
    such a point stands on the artificial one. `starts` (c,) is each category's first point, `owner` (m,) the
    place of a point's category among the c; `pairs` and `positives` (c,) are sums of weights.
    """

    precision: Floats1d
    recall: Floats1d
    real: Bools1d
    starts: Ints1d
    owner: Ints1d
    pairs: Floats1d
    positives: Floats1d


@dataclass(frozen=True)
class Ranking:
    """A ranking has the pairs by category, then by falling score; equal scores of a category are one point.

    `order` (n,) are rows of the input, `targets` (n,) their targets in that order; `ends` (m,) is the last place of
    each group of ties and `scores` (m,) its score; `starts` (c,) is the first point of each category, `categories` (c,)
    its code, rising.
    """

    order: Ints1d
    targets: Floats1d
    ends: Ints1d
    scores: Floats1d
    starts: Ints1d
    categories: Ints1d

    def points(self, weights: Floats1d | None = None) -> Points:
        """Return the points of the curves when row i of the input weighs `weights[i] >= 0` (1 if None)."""
        placed = np.ones(len(self.order)) if weights is None else np.asarray(weights, dtype=np.float64)[self.order]
        owner = np.repeat(np.arange(len(self.starts)), np.diff(self.starts, append=len(self.ends)))
        called, pairs = self._sums(placed, owner)
        found, positives = self._sums(placed * self.targets, owner)
        real = called > 0
        precision = np.divide(found, called, out=np.ones_like(found), where=real)
        total = positives[owner]
        recall = np.divide(found, total, out=np.zeros_like(found), where=total > 0)
        return Points(precision, recall, real, self.starts, owner, pairs, positives)

    def _sums(self, values: Floats1d, owner: Ints1d) -> tuple[Floats1d, Floats1d]:
        """Sum `values` (n,) from the start of its category to each point (m,), and over each category (c,)."""
        running = np.cumsum(values)[self.ends]
        before = np.where(self.starts > 0, running[self.starts - 1], 0.0)
        until = running[np.append(self.starts[1:], len(self.ends)) - 1]
        return running - before[owner], until - before


def rank_pairs(scores: Floats1d, targets: Floats1d, categories: Ints1d | None = None) -> Ranking:
    """Sort pairs for measuring: `scores`, `targets` (1 and 0) and category codes, all (n,); None: one category.

    Raises InputError when there are no pairs, for lengths that differ, and for NaN scores, naming their rows.
    """
    scores, targets = _floating(scores), np.asarray(targets, dtype=np.float64)
    codes = np.zeros(len(scores), dtype=np.int64) if categories is None else np.asarray(categories, dtype=np.int64)
    _check(scores, targets, codes)
    order = np.argsort(-scores)  # the order of equal scores does not matter: they are one point
    if categories is not None:
        order = order[np.argsort(_small(codes)[order], kind="stable")]
    scores, codes = scores[order], codes[order]
    turns = np.diff(codes) != 0
    ends = np.append(np.flatnonzero(turns | (scores[1:] != scores[:-1])), len(scores) - 1)
    starts = np.append(0, np.searchsorted(ends, np.flatnonzero(turns)) + 1)
    return Ranking(order, targets[order], ends, scores[ends], starts, codes[ends[starts]])


def _floating(scores: Floats1d) -> Floats1d:
    """Return floats as they are; booleans and integers cannot be sorted by their negative, so they become floats."""
    array = np.asarray(scores)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def _small(codes: Ints1d) -> np.ndarray[tuple[int], np.dtype[np.integer]]:
    """Return the codes as 16-bit numbers where they fit: NumPy sorts those by radix, several times faster."""
    fits = int(codes.min()) >= 0 and int(codes.max()) < 2**16
    return codes.astype(np.uint16) if fits else codes


def _check(scores: Floats1d, targets: Floats1d, codes: Ints1d) -> None:
    if not len(scores) == len(targets) == len(codes):
        raise InputError(f"{len(scores)} scores, {len(targets)} targets, {len(codes)} categories: give one a pair")
    if not len(scores):
        raise InputError("no pairs: a metric needs at least one")
    missing = np.flatnonzero(np.isnan(scores))
    if missing.size:
        places = ", ".join(map(str, missing[:5])) + (", …" if missing.size > 5 else "")
        raise InputError(f"{missing.size} scores are NaN (at positions {places}): every pair needs a score")
