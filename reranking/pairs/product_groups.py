"""Product groups: the products that pairs tie together; folds, hold-outs and bootstrap draws take them whole."""

from typing import Literal

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from indexing.arrays import Floats1d, Ints1d
from indexing.errors import InputError

GroupBy = Literal["matches", "pairs"]


def product_groups(
    left: Ints1d, right: Ints1d, targets: Floats1d | None, n_products: int, *, by: GroupBy = "matches"
) -> Ints1d:
    """Each product's group, int64 (n_products,): connected components of the matches, or of all pairs.

    `left`, `right` are positions (p,), `targets` (p,) 1 and 0; a product that nothing ties is a group of its own.
    Groups are numbered by their first product. Raises InputError for another `by`, or matches without targets.
    """
    if by not in ("matches", "pairs"):
        raise InputError(f"group by {by!r}: it is 'matches' or 'pairs'")
    if by == "matches":
        if targets is None:
            raise InputError("grouping by matches needs targets: give them, or group by pairs")
        tied = np.asarray(targets) == 1
        left, right = left[tied], right[tied]
    edges = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(n_products, n_products))
    labels = connected_components(edges, directed=False)[1]
    return _number_by_first(labels)


def _number_by_first(labels: np.ndarray[tuple[int], np.dtype[np.integer]]) -> Ints1d:
    """Labels renumbered in order of first appearance, so that they depend on nothing but the groups."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    numbers = np.empty(len(first), dtype=np.int64)
    numbers[np.argsort(first)] = np.arange(len(first))
    return numbers[inverse]
