"""Product groups are the products that pairs tie together; folds, hold-outs and bootstrap draws take them whole."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from indexing.errors import InputError

GroupBy = Literal["matches", "pairs"]


def product_groups(
    left: Ints1d, right: Ints1d, targets: Floats1d | None, n_products: int, *, by: GroupBy = "matches"
) -> Ints1d:
    """Return each product's group, int64 (n_products,): the connected components of the matches, or of all pairs.

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
    from scipy.sparse import coo_array  # late: all of SciPy's algebra comes with its graphs
    from scipy.sparse.csgraph import connected_components

    edges = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(n_products, n_products))
    labels = connected_components(edges, directed=False)[1]
    return _number_by_first(labels)


def _number_by_first(labels: np.ndarray[tuple[int], np.dtype[np.integer]]) -> Ints1d:
    """Number labels in order of first appearance, so that they depend on nothing but the groups."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    numbers = np.empty(len(first), dtype=np.int64)
    numbers[np.argsort(first)] = np.arange(len(first))
    return numbers[inverse]


@dataclass(frozen=True)
class PairedGroups:
    """It keeps what labelled pairs say of each product group, in int64 columns (g,) by its number.

    `pairs` counts the sides that are in it, `matches` those whose left product is, and `categories` has the code of the
    first pair with its left product there, else with its right one, and -1 where no pair touches the group.
    """

    pairs: Ints1d
    matches: Ints1d
    categories: Ints1d

    @classmethod
    def of(cls, left: Ints1d, right: Ints1d, targets: Floats1d, categories: Ints1d) -> "PairedGroups":
        """Count the pairs (p,), at least one, by the groups of both sides, their targets and category codes."""
        count = int(max(left.max(), right.max())) + 1
        pairs = np.bincount(left, minlength=count) + np.bincount(right, minlength=count)
        matches = np.bincount(left, weights=targets, minlength=count).astype(np.int64)
        category = np.full(count, -1, dtype=np.int64)
        for side in (right, left):
            category[side[::-1]] = categories[::-1]  # backwards: of a group's pairs the first one stays
        return cls(pairs, matches, category)

    def take(self, groups: Ints1d) -> "PairedGroups":
        """Return the columns of these groups."""
        return PairedGroups(self.pairs[groups], self.matches[groups], self.categories[groups])
