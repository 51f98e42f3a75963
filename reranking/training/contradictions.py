"""Labels that cannot all be true: a is b, b is c, but a is labelled not to be c."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order

from indexing.arrays import Floats1d, Ints1d
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.product_groups import product_groups

MOST_TOLD = 5  # products of a chain


@dataclass(frozen=True)
class Contradiction:
    """A chain of matches (positions) whose two ends are labelled no match, and the row of the label in doubt most."""

    chain: tuple[int, ...]
    culprit: int

    def told(self, names: list[str]) -> str:
        """`a = b = c` by name; of a long chain the ends."""
        told = [names[place] for place in self.chain]
        if len(told) > MOST_TOLD:
            told = [*told[:2], f"… {len(told) - 4} more …", *told[-2:]]
        return " = ".join(told)


def find_contradictions(pairs: LabelledPairs, doubt: Floats1d) -> Iterator[Contradiction]:
    """One for each non-match inside a product group, along a shortest chain; `doubt` (p,) is of each label."""
    size = int(max(pairs.left.max(), pairs.right.max())) + 1
    groups = product_groups(pairs.left, pairs.right, pairs.targets, size)
    odd = np.flatnonzero((pairs.targets == 0) & (groups[pairs.left] == groups[pairs.right]))
    matches = _Matches.of(pairs, size)
    for start in np.unique(pairs.left[odd]):
        before = breadth_first_order(matches.graph, start, directed=False)[1]
        for row in odd[pairs.left[odd] == start]:
            chain = _walk(before, int(start), int(pairs.right[row]))
            labels = np.array([row, *matches.rows(chain)])
            yield Contradiction(chain, int(labels[np.argmax(doubt[labels])]))


@dataclass(frozen=True)
class _Matches:
    """The matches as a graph over positions, and where each stands among the labelled pairs."""

    graph: csr_array
    places: dict[tuple[int, int], int]

    @classmethod
    def of(cls, pairs: LabelledPairs, size: int) -> "_Matches":
        rows = np.flatnonzero(pairs.targets == 1)
        left, right = pairs.left[rows], pairs.right[rows]
        graph = coo_array((np.ones(len(rows), dtype=np.int8), (left, right)), shape=(size, size)).tocsr()
        ends = zip(np.minimum(left, right).tolist(), np.maximum(left, right).tolist(), strict=True)
        return cls(graph, dict(zip(ends, rows.tolist(), strict=True)))

    def rows(self, chain: tuple[int, ...]) -> list[int]:
        """The rows of the matches that make a chain."""
        return [self.places[min(one, other), max(one, other)] for one, other in pairwise(chain)]


def _walk(before: Ints1d, start: int, end: int) -> tuple[int, ...]:
    """From start to end, by the product before each on a shortest way."""
    chain = [end]
    while chain[-1] != start:
        chain.append(int(before[chain[-1]]))
    return tuple(reversed(chain))
