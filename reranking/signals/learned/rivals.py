"""Rival features say whether another product suits one side of a pair better, by a small model's first look."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from reranking.boosters.boosting import FEW_BINS, BoostingOptions, boost_parts, predict
from reranking.boosters.examples import Examples
from reranking.signals.feature import declare
from reranking.signals.learned.rival_lists import RivalLists
from reranking.signals.learned.stacking import Stacking, models_of

ROUNDS, ETA, DEPTH = 100, 0.1, 6
LEAST_SCORE = 1e-4  # log-odds stay within those of this and of 1 less this
FAMILY = "rivals"
FEATURES = declare(
    FAMILY,
    {
        "rival_lead_smaller": "how far the pair leads the best of a side's other neighbours, in log-odds of a first "
        "look by a small model at each, the side where it leads less",
        "rival_lead_larger": "the same, the side where it leads more",
        "rival_offer_lead_smaller": "how far it leads a side's best other neighbour that the other's source offers, "
        "the side where it leads less",
        "rival_offer_lead_larger": "the same, the side where it leads more",
        "rivals_expected_smaller": "matches that the first look expects among a side's other neighbours, the side "
        "with fewer",
        "rivals_expected_larger": "the same, the side with more",
        "rival_shared": "how likely a third product, a rival of both sides, matches both: of the best one, the lesser of its two "
        "log-odds",
    },
    rising=(
        "rival_lead_smaller",
        "rival_lead_larger",
        "rival_offer_lead_smaller",
        "rival_offer_lead_larger",
        "rival_shared",
    ),
)


@dataclass(frozen=True)
class FirstLook:
    """A first look is a small model that scores pairs by the `feature_names` that it needs.

    `members` are the model trained on all pairs first, then one for each fold, which was not trained on the fold's
    pairs; `folds` (n,) are those of the products, -1 for those not trained on. A stored first look has the first member
    only.
    """

    feature_names: tuple[str, ...]
    members: tuple[Any, ...]
    folds: Ints1d | None = None

    def stored(self) -> "FirstLook":
        """Return what scoring other pairs needs."""
        return FirstLook(self.feature_names, self.members[:1])

    def models_of(self, left: Ints1d, *, out_of_fold: bool) -> Ints1d:
        """Return which member (p,) looks at each pair."""
        return models_of(self.folds, left, out_of_fold=out_of_fold)

    def log_odds(self, left: Ints1d, seen: Floats2d, *, out_of_fold: bool) -> Floats1d:
        """Return what the members say of pairs (p,), each of its own, by their features `seen` (p, g)."""
        models, said = self.models_of(left, out_of_fold=out_of_fold), np.empty(len(left), dtype=np.float32)
        for number in np.unique(models):
            rows = np.flatnonzero(models == number)
            said[rows] = log_odds(self.members[number], seen if len(rows) == len(seen) else seen[rows])
        return said


def log_odds(member: Any, features: Floats2d) -> Floats1d:
    """Return what a member says of pairs (p, f): log-odds (p,) float32, rounded to 1/1024, kept from certainty."""
    scores = np.clip(predict([member], features).astype(np.float64), LEAST_SCORE, 1 - LEAST_SCORE)
    return np.asarray(np.round(np.log(scores / (1 - scores)) * 1024) / 1024, dtype=np.float32)


def train_first_look(
    features: Floats2d,
    feature_names: tuple[str, ...],
    stacking: Stacking,
    *,
    options: BoostingOptions,
    seed: int,
) -> FirstLook:
    """Train a first look on the pairs of the stacking, whose features (p, f) these are."""
    pairs = stacking.pairs
    examples = Examples(features, pairs.targets, np.zeros(len(pairs), dtype=np.int64))
    small = replace(options, eta=ETA, max_depth=DEPTH)
    members = boost_parts(examples, stacking.rows, ROUNDS, options=small, seed=seed, bins=FEW_BINS)
    return FirstLook(feature_names, tuple(members), stacking.folds)


@dataclass(frozen=True)
class RivalSignals:
    """It holds a first look, and the lists of rivals that each of its models scored.

    `sources` (n,) are codes, -1 unknown. With `out_of_fold`, pairs that the first look was trained on are seen by the
    models that were not trained on them, nor on others with a product of their left product's fold. `thinned`, they see no rival that
    is likely a match.
    """

    look: FirstLook
    lists: tuple[RivalLists, ...]  # one a model
    sources: Ints1d
    out_of_fold: bool = False
    thinned: bool = False

    features = FEATURES

    def compute(self, left: Ints1d, right: Ints1d, seen: Floats2d) -> Floats2d:
        """Return the features (p, f) float32 of pairs of positions (p,); the first look needs `seen` (p, g)."""
        out = np.empty((len(left), len(FEATURES)), dtype=np.float32)
        models = self.look.models_of(left, out_of_fold=self.out_of_fold)
        for number in np.unique(models):
            rows = np.flatnonzero(models == number)
            own = log_odds(self.look.members[number], seen if len(rows) == len(seen) else seen[rows])
            out[rows] = self._judge(self.lists[number], left[rows], right[rows], own)
        return out

    def of_training_pairs(self, among: bool) -> "RivalSignals":
        """Return the same family, out of fold for pairs that it was trained on."""
        return replace(self, out_of_fold=among)

    def _judge(self, lists: RivalLists, left: Ints1d, right: Ints1d, own: Floats1d) -> Floats2d:
        ours, theirs = lists.of_side(left), lists.of_side(right)
        if self.thinned:
            ours, theirs = ours.thinned(right), theirs.thinned(left)
        sides = ours.against(right, self.sources), theirs.against(left, self.sources)
        columns = (
            [own - side.best for side in sides],
            [own - side.best_offer for side in sides],
            [side.expected for side in sides],
        )
        both = [reduced for of_sides in columns for reduced in (np.minimum(*of_sides), np.maximum(*of_sides))]
        return np.column_stack([*both, ours.shared(theirs)]).astype(np.float32)
