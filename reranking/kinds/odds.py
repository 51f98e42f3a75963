"""Boosters tell scored pairs from judged ones: their odds say how much likelier pairs that look so are among the scored ones.

That a classifier of two samples tells how far they differ is from Lopez-Paz and Oquab, "Revisiting classifier two-sample tests",
ICLR 2017. Here each pair is read by boosters that saw no pair which shared products tie to it, however far: what many offers of one
product have alike, such as a price, would else make all of its calls a kind.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from reranking.boosters.boosting import BoostingOptions, Examples, boost_rounds, contributions, predict
from reranking.kinds.pair_sample import PairSample
from reranking.pairs.folds import deal_at_random

FOLDS, ROUNDS = 5, 60
OPTIONS = BoostingOptions(
    eta=0.15, max_depth=3, min_child_weight=5.0, reg_lambda=5.0, colsample_bytree=0.3, threads=1
)  # one thread: so few rows would have several wait for each other more than work
EXPLAINED = 2000  # pairs whose odds are taken apart


@dataclass(frozen=True)
class Odds:
    """It holds the odds of scored against judged, out of fold, of judged pairs (n,) and of pairs met (m,), and the boosters of
    every fold."""

    judged: Floats1d
    met: Floats1d
    members: tuple[Any, ...]

    def contributions(self, features: Floats2d) -> Floats1d:
        """Return what each feature (f,) adds to the log-odds of pairs (p, f), meaned over them."""
        return np.asarray(contributions(self.members, features[:EXPLAINED])[:, :-1].mean(axis=0), dtype=np.float64)


def kind_odds(judged: PairSample, met: PairSample, weights: Floats1d, *, seed: int) -> Odds:
    """Learn to tell pairs met (m,) from judged ones (n,) of these weights; both sides weigh the same together."""
    random = np.random.default_rng(seed)
    folds = np.concatenate([_folds(pairs.tied(), random) for pairs in (judged, met)])
    worth = min(float(weights.sum() ** 2 / (weights**2).sum()), float(len(met)))
    weighed = np.concatenate([weights * worth / weights.sum(), np.full(len(met), worth / len(met))])
    features = np.concatenate([judged.features, met.features])
    is_met = np.repeat([0.0, 1.0], [len(judged), len(met)])
    found, members = np.zeros(len(features)), []
    for fold in range(FOLDS):
        learnt, read = (np.flatnonzero(part) for part in (folds != fold, folds == fold))
        examples = Examples(features[learnt], is_met[learnt], np.zeros(len(learnt), dtype=np.int64), weighed[learnt])
        member = boost_rounds(examples, ROUNDS, options=OPTIONS, seed=seed + fold)
        found[read] = predict([member], features[read])
        members.append(member)
    odds = found / np.maximum(1 - found, 1e-9)
    return Odds(odds[: len(judged)], odds[len(judged) :], tuple(members))


def _folds(tied: Ints1d, random: np.random.Generator) -> Ints1d:
    """Return the fold (n,) of each pair; pairs of one number are in one."""
    return deal_at_random(int(tied.max()) + 1, count=FOLDS, random=random)[tied]
