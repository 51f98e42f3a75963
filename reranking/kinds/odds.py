"""Boosters tell scored pairs from judged ones: their odds say how much likelier pairs that look so are among the scored ones.

That a classifier of two samples tells how far they differ is from Lopez-Paz and Oquab, "Revisiting classifier two-sample tests",
ICLR 2017. Here each pair is read by boosters that saw no pair which shared products tie to it, however far (in a web of very many pairs: none that shares its
left product): what many offers of one
product have alike, such as a price, would else make all of its calls a kind.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from reranking.boosters.boosting import BoostingOptions, boost_parts, contributions, predict
from reranking.boosters.examples import Examples
from reranking.kinds.pair_sample import PairSample
from reranking.pairs.folds import deal_at_random

FOLDS, ROUNDS = 5, 60
WEB = 0.2  # of the pairs
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
    left, right = (
        np.concatenate(sides) for sides in zip(*(_folds(pairs, random) for pairs in (judged, met)), strict=True)
    )
    worth = min(float(weights.sum() ** 2 / (weights**2).sum()), float(len(met)))
    weighed = np.concatenate([weights * worth / weights.sum(), np.full(len(met), worth / len(met))])
    features = np.concatenate([judged.features, met.features])
    is_met = np.repeat([0.0, 1.0], [len(judged), len(met)])
    examples = Examples(features, is_met, np.zeros(len(features), dtype=np.int64), weighed)
    apart = [np.flatnonzero((left != fold) & (right != fold)) for fold in range(FOLDS)]
    members = boost_parts(examples, apart, ROUNDS, options=OPTIONS, seed=seed)
    found = np.zeros(len(features))
    for fold, member in enumerate(members):
        read = np.flatnonzero(left == fold)
        found[read] = predict([member], features[read])
    odds = found / np.maximum(1 - found, 1e-9)
    return Odds(odds[: len(judged)], odds[len(judged) :], tuple(members))


def _folds(pairs: PairSample, random: np.random.Generator) -> tuple[Ints1d, Ints1d]:
    """Return the folds (n,) of both products of each pair: pairs that are tied together are in one.

    Where a web of them holds more than WEB of all, as false matches make one, its products are dealt one by one: a fold that held nearly
    all would be read by boosters that saw nothing.
    """
    tied = pairs.tied()
    fold = deal_at_random(int(tied.max()) + 1, count=FOLDS, random=random)[tied]
    products, places = np.unique(np.concatenate([pairs.left, pairs.right]), return_inverse=True)
    dealt = deal_at_random(len(products), count=FOLDS, random=random)[places]
    web = np.bincount(tied)[tied] > WEB * len(pairs)
    left, right = np.split(dealt, 2)
    return np.where(web, left, fold), np.where(web, right, fold)
