"""Products that training has seen: it has a match of other offers of the same product, without a shared id or pair.

Labels tell some of them. Where labels are not complete the model itself tells the others, among the neighbours that the index
keeps. What is measured on seen products says little of new ones.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.product_index import ProductIndex
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.product_groups import product_groups

NEAREST = 5  # neighbours of a product, in each view, that are asked about
LIKELY = 0.5  # the probability from which a product is held for one that training has seen
BLOCK_PRODUCTS = 16_384

Probabilities = Callable[[Ints1d, Ints1d], Floats1d]  # of pairs of positions (p,) being matches, (p,)


@dataclass(frozen=True)
class SeenProducts:
    """It says of each product (n,) how probable it is that training has a match of it: 1 where labels tell, 0 of products
    that nobody asked about. `left`, `right` (e,) are the pairs by which it is likely."""

    probability: Floats1d
    left: Ints1d
    right: Ints1d

    def share(self, pairs: LabelledPairs) -> float:
        """Return the share of the matches among pairs whose product training has likely seen, 0 without matches."""
        matches = pairs.take(np.flatnonzero(pairs.targets == 1))
        if not len(matches):
            return 0.0
        return float(np.maximum(self.probability[matches.left], self.probability[matches.right]).mean())

    def sides_seen(self, left: Ints1d, right: Ints1d) -> Ints1d:
        """Return of how many of its two products (p,) each pair is likely seen: 0, 1 or 2."""
        seen = (self.probability >= LIKELY).astype(np.int64)
        return seen[left] + seen[right]

    def groups(self, train: LabelledPairs, judged: LabelledPairs) -> Ints1d:
        """Return the product group (n,) of each product, tied by the labels of both and by the likely pairs."""
        left, right = _ties(train, judged)
        left, right = np.append(left, self.left), np.append(right, self.right)
        return product_groups(left, right, np.ones(len(left)), len(self.probability))


def find_seen(
    index: ProductIndex, train: LabelledPairs, judged: LabelledPairs, probabilities: Probabilities
) -> SeenProducts:
    """Say which products of `judged` pairs training has seen: by the labels of both, and by how probable a match with one
    of their nearest neighbours is that training has a match of."""
    learnt = _learnt(train, judged, len(index.catalog))
    products = judged.products
    probability = np.zeros(len(index.catalog))
    probability[products[learnt[products]]] = 1.0
    left, right = _nearest(index, products[~learnt[products]], learnt)
    likely = probabilities(left, right) if len(left) else np.zeros(0)
    np.maximum.at(probability, left, likely)
    ties = likely >= LIKELY
    return SeenProducts(probability, left[ties], right[ties])


def _ties(train: LabelledPairs, judged: LabelledPairs) -> tuple[Ints1d, Ints1d]:
    """Return both sides of the matches of both."""
    matches = [pairs.take(np.flatnonzero(pairs.targets == 1)) for pairs in (train, judged)]
    return np.concatenate([part.left for part in matches]), np.concatenate([part.right for part in matches])


def _learnt(train: LabelledPairs, judged: LabelledPairs, n_products: int) -> Bools1d:
    """Return which products (n,) labels put into a group that has a match in training."""
    left, right = _ties(train, judged)
    groups = product_groups(left, right, np.ones(len(left)), n_products)
    return np.isin(groups, groups[train.left[train.targets == 1]])


def _nearest(index: ProductIndex, products: Ints1d, learnt: Bools1d) -> tuple[Ints1d, Ints1d]:
    """Return each of the products with its first neighbours, in the main and the lexical view, that are learnt."""
    found = [np.zeros(0, dtype=np.int64)]
    for view in dict.fromkeys([index.main_view, *(["lexical"] if "lexical" in index.views else [])]):
        positions = index.neighbours(view).positions
        for start in range(0, len(products), BLOCK_PRODUCTS):
            own = products[start : start + BLOCK_PRODUCTS]
            others = np.asarray(positions[own])
            there = (others >= 0) & learnt[others]
            row, column = np.nonzero(there & (np.cumsum(there, axis=1) <= NEAREST))
            found.append(own[row] * len(learnt) + others[row, column])
    left, right = np.divmod(np.unique(np.concatenate(found)), len(learnt))
    return left, right
