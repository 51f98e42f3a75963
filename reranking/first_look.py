"""The first look: a small model that scores a product's rivals, so that a pair can be compared with them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from reranking.boosting import BoostingOptions, Examples, boost_rounds, predict
from reranking.groups import product_groups
from reranking.labelled import LabelledPairs

ROUNDS, ETA, DEPTH = 100, 0.1, 6
FOLDS = 5
LEAST_MATCHES = 500  # training matches below which the first look misleads more than it tells (docs/benchmarks.md)
MOST_PAIRS = 200_000  # training pairs that it learns from
LEAST_SCORE = 1e-4  # log-odds stay within those of this and of 1 less this


@dataclass(frozen=True)
class FirstLook:
    """`feature_names` it needs and `members`: the model trained on all pairs first, then one for each fold, which was
    not trained on the fold's pairs; `folds` (n,) of the products, -1 for those not trained on. A stored one has the
    first member only."""

    feature_names: tuple[str, ...]
    members: tuple[Any, ...]
    folds: Ints1d | None = None

    def stored(self) -> "FirstLook":
        """What scoring other pairs needs."""
        return FirstLook(self.feature_names, self.members[:1])

    def models_of(self, left: Ints1d, right: Ints1d, *, out_of_fold: bool) -> Ints1d:
        """Which member (p,) looks at each pair: out of fold, for pairs whose left product was trained on, its fold's."""
        if not out_of_fold or self.folds is None:
            return np.zeros(len(left), dtype=np.int64)
        return np.asarray(self.folds[left] + 1, dtype=np.int64)


def log_odds(member: Any, features: Floats2d) -> Floats1d:
    """What a member says of pairs (p, f): log-odds (p,) float32, rounded to 1/1024, kept from certainty."""
    scores = np.clip(predict([member], features).astype(np.float64), LEAST_SCORE, 1 - LEAST_SCORE)
    return np.asarray(np.round(np.log(scores / (1 - scores)) * 1024) / 1024, dtype=np.float32)


def train_first_look(
    compute: Callable[[Ints1d, Ints1d], Floats2d],
    feature_names: tuple[str, ...],
    pairs: LabelledPairs,
    n_products: int,
    *,
    options: BoostingOptions,
    seed: int,
) -> FirstLook | None:
    """Train on pairs whose features `compute` makes; None where there are too few matches to learn from.

    Folds are of whole product groups; a pair is in the fold of its left product, the sides put in order of position.
    """
    rng = np.random.default_rng(seed)
    groups = product_groups(pairs.left, pairs.right, pairs.targets, n_products)
    of_groups = rng.permutation(np.arange(n_products) % FOLDS)
    if len(pairs) > MOST_PAIRS:
        pairs = pairs.take(np.sort(rng.choice(len(pairs), MOST_PAIRS, replace=False)))
    left, right = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    folds = np.full(n_products, -1, dtype=np.int64)
    folds[pairs.products] = of_groups[groups[pairs.products]]
    if not _enough(pairs.targets, folds[left]):
        return None
    examples = Examples(compute(left, right), pairs.targets, np.zeros(len(pairs), dtype=np.int64))
    small = replace(options, eta=ETA, max_depth=DEPTH)
    chosen = [np.arange(len(pairs)), *(np.flatnonzero(folds[left] != fold) for fold in range(FOLDS))]
    members = [boost_rounds(examples.take(rows), ROUNDS, options=small, seed=seed) for rows in chosen]
    return FirstLook(feature_names, tuple(members), folds)


def _enough(targets: Floats1d, folds: Ints1d) -> bool:
    """Whether there are matches to learn from, and matches and non-matches outside every fold."""
    kept = [targets[folds != fold] for fold in range(FOLDS)]
    return bool(targets.sum() >= LEAST_MATCHES and all(0 < part.sum() < len(part) for part in kept))
