"""Matches are learnt from in batches: a product comes at most once an epoch, beside those hard to tell from it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Ints1d, Ints2d
from indexing.errors import InputError


def mine_hard_negatives(
    neighbours: Sequence[Ints2d],
    groups: Ints1d,
    allowed: Bools1d,
    *,
    known: tuple[Ints1d, Ints1d] | None = None,
    count: int = 4,
) -> Ints2d:
    """Return the hard negatives (n, count) of each product, hardest first, -1 = no more.

    `neighbours` are positions (n, k) of each view, nearest first, -1 = none, taken in turn; only products that are
    `allowed` (n,), those of labelled groups, are anybody's negatives: another may be a match that nobody labelled.
    Labelled non-matches `known` (left, right) come first, in their order.
    """
    found = np.full((len(groups), count), -1, dtype=np.int64)
    filled = np.zeros(len(groups), dtype=np.int64)
    if known is not None:
        left, right = (np.concatenate(sides) for sides in (known, known[::-1]))
        _add(found, filled, left, right, groups, allowed)
    for place in range(max((view.shape[1] for view in neighbours), default=0)):
        for view in neighbours:
            if place < view.shape[1]:
                near = np.flatnonzero(view[:, place] >= 0)
                _add(found, filled, near, np.asarray(view[near, place], dtype=np.int64), groups, allowed)
    return found


def _add(found: Ints2d, filled: Ints1d, own: Ints1d, other: Ints1d, groups: Ints1d, allowed: Bools1d) -> None:
    """Add `other` (p,) to the negatives of `own` (p,) where there is room, in their order."""
    fits = allowed[own] & allowed[other] & (groups[own] != groups[other]) & (filled[own] < found.shape[1])
    own, other = own[fits], other[fits]
    while own.size:  # one of each product at a time
        _, first = np.unique(own, return_index=True)
        new = first[(found[own[first]] != other[first, None]).all(axis=1)]
        found[own[new], filled[own[new]]] = other[new]
        filled[own[new]] += 1
        left = np.ones(len(own), dtype=bool)
        left[first] = False
        own, other = own[left], other[left]
        room = filled[own] < found.shape[1]
        own, other = own[room], other[room]


@dataclass(frozen=True)
class Matches:
    """It holds what is learnt from: matches as positions `left`, `right` (p,), the product group (n,) of every
    product, and the products (n, h) that are hard to tell from each, of other groups, hardest first, -1 = no more."""

    left: Ints1d
    right: Ints1d
    groups: Ints1d
    hard: Ints2d

    def __post_init__(self) -> None:
        if not len(self.left):
            raise InputError("there are no matches to learn from: give pairs with target 1")
        if len(self.hard) != len(self.groups):
            raise InputError(f"hard negatives of {len(self.hard)} products, groups of {len(self.groups)}")

    def __len__(self) -> int:
        return len(self.left)

    def batches(self, epoch: int, *, size: int, seed: int) -> list[Ints1d]:
        """Return rows of matches, `size` a batch, the same for the same seed and epoch.

        Each product is in one match of an epoch at most; a batch grows from a match by those of the products that
        are hard to tell from its own, so that they are each other's negatives, then from the next.
        """
        random = np.random.default_rng((seed, epoch))
        rows = self._disjoint(random.permutation(len(self)))
        grown = self._beside_the_hard(rows)
        batches = [grown[start : start + size] for start in range(0, len(grown), size)]
        if len(batches) > 1 and len(batches[-1]) < size // 2:
            batches.pop()  # few negatives make a noisy step; other epochs have these matches elsewhere
        return [batches[number] for number in random.permutation(len(batches))]

    def steps(self, size: int) -> int:
        """Say about how many batches an epoch has."""
        return len(self.batches(0, size=size, seed=0))

    def _disjoint(self, order: Ints1d) -> Ints1d:
        """Return of the rows in this order those none of whose products an earlier one has."""
        taken = np.zeros(len(self.groups), dtype=bool)
        rows = []
        for row in order.tolist():
            left, right = self.left[row], self.right[row]
            if not (taken[left] or taken[right]):
                taken[left] = taken[right] = True
                rows.append(row)
        return np.array(rows, dtype=np.int64)

    def _beside_the_hard(self, rows: Ints1d) -> Ints1d:
        row_of = np.full(len(self.groups), -1, dtype=np.int64)
        row_of[self.left[rows]] = row_of[self.right[rows]] = rows
        used, grown = np.zeros(len(self), dtype=bool), []
        for row in rows.tolist():
            if used[row]:
                continue
            near = np.concatenate([[row], row_of[self._hard_of(row)]])
            for other in near[near >= 0].tolist():
                if not used[other]:
                    used[other] = True
                    grown.append(other)
        return np.array(grown, dtype=np.int64)

    def _hard_of(self, row: int) -> Ints1d:
        both = self.hard[[self.left[row], self.right[row]]].ravel()
        return both[both >= 0]
