"""Rival features: whether another product suits one side of a pair better, by a first look at all of them."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from reranking.signals.feature import declare
from reranking.signals.learned.first_look import FirstLook, log_odds
from reranking.signals.learned.rival_lists import RivalLists

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
    },
    rising=("rival_lead_smaller", "rival_lead_larger", "rival_offer_lead_smaller", "rival_offer_lead_larger"),
)


@dataclass(frozen=True)
class RivalSignals:
    """A first look, and the lists of rivals that each of its models scored; `sources` (n,) are codes, -1 unknown.

    `out_of_fold`: pairs that the first look was trained on are seen by the models that were not trained on them.
    """

    look: FirstLook
    lists: tuple[RivalLists, ...]  # one a model
    sources: Ints1d
    out_of_fold: bool = False

    features = FEATURES

    def compute(self, left: Ints1d, right: Ints1d, seen: Floats2d) -> Floats2d:
        """The features of pairs of positions (p,), as (p, f) float32; `seen` (p, g) are what the first look needs."""
        out = np.empty((len(left), len(FEATURES)), dtype=np.float32)
        models = self.look.models_of(left, out_of_fold=self.out_of_fold)
        for number in np.unique(models):
            rows = np.flatnonzero(models == number)
            own = log_odds(self.look.members[number], seen[rows])
            out[rows] = self._judge(self.lists[number], left[rows], right[rows], own)
        return out

    def _judge(self, lists: RivalLists, left: Ints1d, right: Ints1d, own: Floats1d) -> Floats2d:
        sides = [lists.against(*pair, self.sources) for pair in ((left, right), (right, left))]
        columns = (
            [own - side.best for side in sides],
            [own - side.best_offer for side in sides],
            [side.expected for side in sides],
        )
        both = [reduced for of_sides in columns for reduced in (np.minimum(*of_sides), np.maximum(*of_sides))]
        return np.column_stack(both).astype(np.float32)
