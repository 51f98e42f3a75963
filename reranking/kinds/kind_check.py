"""A check of kinds holds the calls among scored pairs against those of validation, as far as a model keeps them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from indexing.arrays import Bools1d
from reranking.decisions.thresholds import Thresholds, called
from reranking.kinds.judged_sample import JudgedSample
from reranking.kinds.pair_sample import PairSample
from reranking.kinds.unlike_calls import UnlikeCalls, find_unlike
from reranking.kinds.weights import Shares

Untold = Literal["kept", "judged", "called"]


@dataclass(frozen=True)
class KindCheck:
    """It holds a sample of scored pairs (n,), which of them are `called`, and what was `found` among these; where nothing was looked
    for, `untold` says why: the model has no features `kept`, or too few pairs of validation (`judged`) or of the scored ones
    (`called`) are called, of which there were so many `calls`."""

    sample: PairSample
    called: Bools1d
    found: UnlikeCalls | None = None
    untold: Untold | None = None
    calls: int = 0

    @property
    def unlike(self) -> Bools1d:
        """Say which pairs of the sample (n,) are calls unlike any that were judged."""
        unlike = np.zeros(len(self.sample), dtype=bool)
        if self.found is not None:
            unlike[self.called] = self.found.unlike
        return unlike


def check_kinds(
    judged: JudgedSample | None, sample: PairSample, thresholds: Thresholds, shares: Shares, *, seed: int
) -> KindCheck:
    """Compare what is called by these thresholds among the judged pairs and among the scored ones; `shares` are those of
    `mix_weights`."""
    decided = called(sample.scores, sample.categories, thresholds)
    if judged is None:
        return KindCheck(sample, decided, untold="kept")
    decided &= sample.scores >= judged.floor
    pairs = judged.pairs.take(called(judged.pairs.scores, judged.pairs.categories, thresholds))
    found = find_unlike(pairs, sample.take(decided), shares, names=judged.names, seed=seed)
    if found is not None:
        return KindCheck(sample, decided, found)
    calls = int(decided.sum())
    if calls <= len(pairs):
        return KindCheck(sample, decided, untold="called", calls=calls)
    return KindCheck(sample, decided, untold="judged", calls=len(pairs))
