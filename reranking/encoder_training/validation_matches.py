"""Validation matches judge a model in training: how many of them its vectors bring near."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats2d, Ints1d
from indexing.errors import InputError

JUDGED_AT = 10
RANKED_ROWS = 512


@dataclass(frozen=True)
class ValidationMatches:
    """It holds matches to be found: `products` (m,) positions that are searched, `left`, `right` (p,) rows among
    them, and the source (m,) of each, -1 = none: one source's products are not each other's neighbours. None: they
    may be."""

    products: Ints1d
    left: Ints1d
    right: Ints1d
    sources: Ints1d | None = None

    def __post_init__(self) -> None:
        if not len(self.left):
            raise InputError("there are no validation matches to judge by: give more pairs, or --valid")

    def recall(self, rows: Floats2d, k: int = JUDGED_AT) -> float:
        """Return the share of matches, mean of both directions, that are among the k nearest of unit rows (m, d)."""
        found = 0
        for own, other in ((self.left, self.right), (self.right, self.left)):
            for start in range(0, len(own), RANKED_ROWS):
                part = slice(start, start + RANKED_ROWS)
                found += int((self._ranks(rows, own[part], other[part]) <= k).sum())
        return found / (2 * len(self.left))

    def _ranks(self, rows: Floats2d, own: Ints1d, other: Ints1d) -> Ints1d:
        cosines = rows[own] @ rows.T
        wanted = cosines[np.arange(len(own)), other]
        cosines[np.arange(len(own)), own] = -np.inf
        if self.sources is not None:
            of_own = self.sources[own][:, None]
            cosines[(self.sources[None, :] == of_own) & (of_own >= 0)] = -np.inf
        return np.asarray(1 + (cosines > wanted[:, None] + 1e-6).sum(axis=1), dtype=np.int64)
