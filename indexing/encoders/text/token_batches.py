"""Batches of texts of like length, as many as a budget of tokens holds: little padding, even work."""

from collections.abc import Iterator

import numpy as np

from indexing.arrays import Ints1d


def token_batches(lengths: Ints1d, *, budget: int) -> Iterator[Ints1d]:
    """Places of texts, longest first, so that texts x their longest length stays within the budget (or is one text).

    The longest come first, so that what does not fit into memory shows at once. Depends on the lengths alone.
    """
    order = np.argsort(-np.asarray(lengths), kind="stable")
    start = 0
    while start < len(order):
        longest = max(int(lengths[order[start]]), 1)
        count = max(budget // longest, 1)
        yield order[start : start + count]
        start += count
