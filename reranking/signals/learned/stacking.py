"""Stacking trains small models before the reranker, on the same pairs, a fold apart; their outputs are features.

Of each kind there is a model of all pairs and one a fold, which was trained on no pair whose left product is in the fold: the left
one is that which comes first in the catalogue. It was trained on pairs whose right product alone is: most of the fold's products
are in some of these, as non-matches (docs/benchmarks.md says what leaving them out is worth). Pairs that they were trained on are
looked at by the model of their fold, so that the reranker learns from what it will see later.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from indexing.arrays import Ints1d
from reranking.pairs.folds import deal_at_random
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.product_groups import product_groups

FOLDS = 5
LEAST_MATCHES = 500  # training matches below which such models mislead more than they tell (docs/benchmarks.md)
MOST_PAIRS = 200_000  # training pairs that they learn from


@dataclass(frozen=True)
class Stacking:
    """It holds the `pairs` to learn from, sides in order of position, and the fold (n,) of each product, -1 for
    none."""

    pairs: LabelledPairs
    folds: Ints1d

    @classmethod
    def of(cls, pairs: LabelledPairs, n_products: int, *, seed: int, least: int | None = None) -> "Stacking | None":
        """Deal the pairs; return None where there are too few matches (`least`), or a fold leaves matches or non-matches alone.

        Folds are of whole product groups; a pair is in the fold of its left product.
        """
        rng = np.random.default_rng(seed)
        groups = product_groups(pairs.left, pairs.right, pairs.targets, n_products)
        of_groups = deal_at_random(n_products, count=FOLDS, random=rng)
        if len(pairs) > MOST_PAIRS:
            pairs = pairs.take(np.sort(rng.choice(len(pairs), MOST_PAIRS, replace=False)))
        left, right = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
        folds = np.full(n_products, -1, dtype=np.int64)
        folds[pairs.products] = of_groups[groups[pairs.products]]
        dealt = cls(LabelledPairs(left, right, pairs.targets), folds)
        parts = [pairs.targets[rows] for rows in dealt.rows[1:]]
        least = LEAST_MATCHES if least is None else least
        enough = pairs.targets.sum() >= least and all(0 < part.sum() < len(part) for part in parts)
        return dealt if enough else None

    @cached_property
    def rows(self) -> tuple[Ints1d, ...]:
        """Return the pairs that each model is trained on: all, then for each fold those outside it."""
        of_pairs = self.folds[self.pairs.left]
        return (np.arange(len(self.pairs)), *(np.flatnonzero(of_pairs != fold) for fold in range(FOLDS)))


def models_of(folds: Ints1d | None, left: Ints1d, *, out_of_fold: bool) -> Ints1d:
    """Return which model (p,) looks at each pair: the first, or out of fold that of its left product's fold, if any."""
    if not out_of_fold or folds is None:
        return np.zeros(len(left), dtype=np.int64)
    return np.asarray(folds[left] + 1, dtype=np.int64)
