"""Stacking trains small models before the reranker, on the same pairs, a fold apart; their outputs are features.

Of each kind there is a model of all pairs and one a fold, which was trained on no pair that has a product of the fold on either side. Pairs
that they were trained on are looked at by the model of the fold of their left product, the one that comes first in the catalogue, so that
the reranker learns from what it will see later. The right product of a non-match is mostly of another fold: of it that model may have
learned, from pairs with other products (docs/benchmarks.md says what was measured).
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

        Folds are of whole product groups.
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
        """Return the pairs that each model is trained on: all, then for each fold those that are wholly outside it."""
        left, right = self.folds[self.pairs.left], self.folds[self.pairs.right]
        outside = (np.flatnonzero((left != fold) & (right != fold)) for fold in range(FOLDS))
        return (np.arange(len(self.pairs)), *outside)


def models_of(folds: Ints1d | None, left: Ints1d, *, out_of_fold: bool) -> Ints1d:
    """Return which model (p,) looks at each pair: the first, or out of fold that of its left product's fold, if any."""
    if not out_of_fold or folds is None:
        return np.zeros(len(left), dtype=np.int64)
    return np.asarray(folds[left] + 1, dtype=np.int64)
