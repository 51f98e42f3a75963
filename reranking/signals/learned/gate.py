"""A gate lets a cross-encoder read only the pairs of which a first look is in doubt: reading is most of what scoring costs."""

from dataclasses import dataclass, replace

import numpy as np

from indexing.arrays import Floats2d, Ints1d
from reranking.signals.learned.cross import CrossSignals
from reranking.signals.learned.rivals import FirstLook


@dataclass(frozen=True)
class CrossGate:
    """It holds a first look, and how far from even odds (`reach`, in log-odds) a pair may be for a cross-encoder to read it.

    With `out_of_fold`, pairs that the first look was trained on are judged by the models that were not trained on them.
    """

    look: FirstLook
    reach: float
    out_of_fold: bool = False

    @classmethod
    def of(cls, look: FirstLook, features: Floats2d, left: Ints1d, share: float) -> "CrossGate":
        """Choose the reach so that about this share of the pairs that the first look was trained on are read; `features` (p, f) are
        theirs, `left` (p,) the positions of the products that come first in the catalogue."""
        doubted = np.abs(look.log_odds(left, features, out_of_fold=True))
        return cls(look, float(np.quantile(doubted, share, method="lower")))

    def of_training_pairs(self, among: bool) -> "CrossGate":
        """Return the same gate, out of fold for pairs that it was trained on."""
        return replace(self, out_of_fold=among)

    def stored(self) -> "CrossGate":
        """Return what scoring other pairs needs."""
        return CrossGate(self.look.stored(), self.reach)

    def read_by(self, cross: CrossSignals, left: Ints1d, right: Ints1d, seen: Floats2d) -> Floats2d:
        """Return the scores (p, 1) of a cross-encoder, NaN of pairs that it does not read; the first look needs `seen` (p, g)."""
        doubted = np.abs(self.look.log_odds(left, seen, out_of_fold=self.out_of_fold))
        rows = np.flatnonzero(doubted <= self.reach)
        scores = np.full((len(left), 1), np.nan, dtype=np.float32)
        if len(rows):
            scores[rows] = cross.compute(left[rows], right[rows])
        return scores
