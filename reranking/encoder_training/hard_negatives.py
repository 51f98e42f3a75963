"""Products that are hard to tell apart: near each other in an index, but of different product groups."""

from collections.abc import Sequence

import numpy as np

from indexing.arrays import Bools1d, Ints1d, Ints2d


def mine_hard_negatives(
    neighbours: Sequence[Ints2d],
    groups: Ints1d,
    allowed: Bools1d,
    *,
    known: tuple[Ints1d, Ints1d] | None = None,
    count: int = 4,
) -> Ints2d:
    """The hard negatives (n, count) of each product, hardest first, -1 = no more.

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
