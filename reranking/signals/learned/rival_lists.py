"""Rivals are the other products that compete for each side of a pair; a first look says how likely each is a match.

A product's rivals are its first neighbours in every view. They depend on the index alone, never on which other pairs
are scored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from indexing.arrays import Floats1d, Ints1d
from indexing.product_index import ProductIndex
from indexing.search.neighbours import Neighbours
from reranking.signals.texts.sparse_rows import row_maxima

RIVALS = 5  # neighbours of each view that compete; those that tie with the last of them too
BLOCK_PRODUCTS = 65_536


@dataclass(frozen=True)
class RivalPairs:
    """It holds who competes: `products` (m,) sorted positions, `starts` (m + 1,) of each one's part of `rivals` (t,).

    `rivals` are positions. `left`, `right` (u,) are the distinct pairs among these, left before right, and `pair_of`
    (t,) says which of them a product and its rival are.
    """

    products: Ints1d
    starts: Ints1d
    rivals: Ints1d
    left: Ints1d
    right: Ints1d
    pair_of: Ints1d

    @classmethod
    def of(cls, index: ProductIndex, products: Ints1d, views: Sequence[str], k: int) -> "RivalPairs":
        """Find the rivals of `products` (sorted positions), by the first k neighbours of each view."""
        n = len(index.catalog)
        lists = [first_neighbours(index.neighbours(view).first(k), products, RIVALS) for view in views]
        keys = np.unique(np.concatenate([products[rows] * n + rivals for rows, rivals in lists]))
        own, rivals = keys // n, keys % n
        pairs, pair_of = np.unique(np.minimum(own, rivals) * n + np.maximum(own, rivals), return_inverse=True)
        starts = np.searchsorted(own, np.append(products, n))
        return cls(products, starts, rivals, pairs // n, pairs % n, pair_of)

    @property
    def mentioned(self) -> Ints1d:
        """Return the products and all their rivals, sorted."""
        return np.union1d(self.products, self.rivals)


def first_neighbours(neighbours: Neighbours, products: Ints1d, count: int) -> tuple[Ints1d, Ints1d]:
    """Return rows of `products` and positions of their first `count` neighbours, ties with the last of these too.

    Of a tie that goes on to the end of a full list nobody is taken: the order of the catalogue decided who is in it.
    """
    last = min(count, neighbours.k) - 1
    rows, found = [], []
    for start in range(0, len(products), BLOCK_PRODUCTS):
        part = products[start : start + BLOCK_PRODUCTS]
        positions, cosines = neighbours.positions[part], np.asarray(neighbours.cosines[part])
        enough = cosines[:, last]  # NaN where the list is shorter: then all of it is taken
        taken = (positions >= 0) & ~(cosines < enough[:, None])
        taken &= ~((cosines == enough[:, None]) & (enough == cosines[:, -1])[:, None])
        row, column = np.nonzero(taken)
        rows.append(start + row)
        found.append(positions[row, column])
    nobody = np.zeros(0, dtype=np.int64)
    return np.concatenate([nobody, *rows]), np.concatenate([nobody, *found]).astype(np.int64)


@dataclass(frozen=True)
class RivalLists:
    """It keeps how a first look scores the rivals.

    `log_odds` (t,) are in the order of `pairs.rivals`; `expected` (m,) float64 is the number of matches that each
    product has among its rivals (the sum of their probabilities).
    """

    pairs: RivalPairs
    log_odds: Floats1d
    expected: Floats1d

    @classmethod
    def of(cls, pairs: RivalPairs, log_odds: Floats1d) -> "RivalLists":
        """Make the lists from the log-odds (u,) of the distinct pairs."""
        of_rivals = np.asarray(log_odds[pairs.pair_of], dtype=np.float32)
        sums = np.concatenate([[0.0], np.cumsum(_rounded(of_rivals))])
        return cls(pairs, of_rivals, np.diff(sums[pairs.starts]))

    @cached_property
    def _lifted(self) -> csr_array:
        """Return the log-odds of all rivals (m, n), lifted above 0, so that none is left out as nothing."""
        pairs, lifted = self.pairs, self.log_odds + LIFT
        shape = (len(pairs.products), int(pairs.rivals.max(initial=0)) + 1)
        return csr_array((lifted, pairs.rivals, pairs.starts), shape=shape)

    def of_side(self, products: Ints1d) -> "SideRivals":
        """Return the rivals of the products (p,) of one side of pairs."""
        rows = np.searchsorted(self.pairs.products, products)
        return SideRivals(self._lifted[rows], self.expected[rows])


NOBODY = -9.0  # log-odds of a best rival where there is none: the least that a best one has
LIFT = np.float32(
    16
)  # log-odds are in steps of 1/1024 and within 10 of 0: this is added to them, and taken away, exactly


@dataclass(frozen=True)
class SideRivals:
    """It holds the log-odds of the rivals of one side of pairs (p, n), CSR, sorted, `lifted` by LIFT, and how many matches are
    `expected` among them (p,)."""

    lifted: csr_array
    expected: Floats1d

    def thinned(self, other: Ints1d) -> "SideRivals":
        """Return them without those that the first look takes for matches, as if the catalogue had none of these; the `other` side (p,)
        stays."""
        rivals, starts, lifted = self.lifted.indices, self.lifted.indptr, self.lifted.data
        counts = np.diff(starts)
        gone = (lifted > LIFT) & (rivals != np.repeat(other, counts))
        of_rows = np.repeat(np.arange(len(counts)), counts)[gone]
        missing = np.bincount(of_rows, _rounded(lifted[gone] - LIFT), minlength=len(counts))
        left = np.concatenate([[0], np.cumsum(~gone)])[starts]
        return SideRivals(
            csr_array((lifted[~gone], rivals[~gone], left), shape=self.lifted.shape), self.expected - missing
        )

    def against(self, other: Ints1d, sources: Ints1d) -> "Competition":
        """Say how the rivals, but for the `other` side (p,), compete; `sources` (n,) are codes of who offers."""
        rivals, starts, log_odds = self.lifted.indices, self.lifted.indptr, self.lifted.data - LIFT
        counts = np.diff(starts)
        is_other = rivals == np.repeat(other, counts)
        offered = (sources[rivals] == np.repeat(sources[other], counts)) & ~is_other
        there = np.flatnonzero(is_other)  # a rival is listed once: at most one a row
        listed = np.zeros(len(other))
        listed[np.searchsorted(starts, there, side="right") - 1] = _rounded(log_odds[there])
        return Competition(
            _best(starts, np.where(is_other, np.float32(NOBODY), log_odds)),
            _best(starts, np.where(offered, log_odds, np.float32(NOBODY))),
            self.expected - listed,
        )

    def shared(self, other: "SideRivals") -> Floats1d:
        """Return how likely the best rival of both sides (p,) matches both: the lesser of its two log-odds; NOBODY without."""
        both = self.lifted.minimum(other.lifted)
        return _best(both.indptr, both.data - LIFT)


@dataclass(frozen=True)
class Competition:
    """It describes the rivals of one side of pairs (p,), all without the other product itself.

    `best` is the log-odds of the best rival, `best_offer` of the best that the other's source offers, and `expected`
    the number of matches expected among them.
    """

    best: Floats1d
    best_offer: Floats1d
    expected: Floats1d


def _best(starts: Ints1d, log_odds: Floats1d) -> Floats1d:
    """Return the largest log-odds of each row, NOBODY where it has none."""
    return np.fmax(row_maxima(starts, log_odds), NOBODY).astype(np.float32)


def _rounded(log_odds: Floats1d) -> Floats1d:
    """Return probabilities in steps of 2^-20, so that their sums are exact, in any order."""
    return np.round(np.ldexp(1 / (1 + np.exp(-np.nan_to_num(log_odds, nan=-np.inf).astype(np.float64))), 20)) / 2**20
