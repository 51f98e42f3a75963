"""The first look: a small model that scores a product's rivals, so that a pair can be compared with them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from reranking.boosters.boosting import BoostingOptions, Examples, boost_rounds, predict
from reranking.signals.learned.stacking import Stacking, models_of

ROUNDS, ETA, DEPTH = 100, 0.1, 6
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

    def models_of(self, left: Ints1d, *, out_of_fold: bool) -> Ints1d:
        """Which member (p,) looks at each pair."""
        return models_of(self.folds, left, out_of_fold=out_of_fold)


def log_odds(member: Any, features: Floats2d) -> Floats1d:
    """What a member says of pairs (p, f): log-odds (p,) float32, rounded to 1/1024, kept from certainty."""
    scores = np.clip(predict([member], features).astype(np.float64), LEAST_SCORE, 1 - LEAST_SCORE)
    return np.asarray(np.round(np.log(scores / (1 - scores)) * 1024) / 1024, dtype=np.float32)


def train_first_look(
    compute: Callable[[Ints1d, Ints1d], Floats2d],
    feature_names: tuple[str, ...],
    stacking: Stacking,
    *,
    options: BoostingOptions,
    seed: int,
) -> FirstLook:
    """Train on the pairs, whose features `compute` makes."""
    pairs = stacking.pairs
    examples = Examples(compute(pairs.left, pairs.right), pairs.targets, np.zeros(len(pairs), dtype=np.int64))
    small = replace(options, eta=ETA, max_depth=DEPTH)
    members = [boost_rounds(examples.take(rows), ROUNDS, options=small, seed=seed) for rows in stacking.rows]
    return FirstLook(feature_names, tuple(members), stacking.folds)
