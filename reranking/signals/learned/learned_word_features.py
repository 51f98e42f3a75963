"""Learned-word features: what a linear model, trained on the labelled pairs, reads in titles' words and in attributes."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats2d, Ints1d
from reranking.signals.feature import declare
from reranking.signals.learned.pair_tokens import TokenSource
from reranking.signals.learned.words import LearnedWords

FAMILY = "learned words"
MEANINGS = {
    "learned_words": "log-odds of a match by titles' words and attributes, as a linear model learned them from the training "
    "pairs; like all below of pairs it was trained on by a model that did not see their product groups",
    "learned_one_sided": "the part of this of words that only one title has",
    "learned_one_sided_least": "of the word among these that speaks most against a match; 0: none",
    "learned_shared": "the part of words that both titles have",
    "learned_opposed": "the part of two words of which each title has one, such as black and white",
    "learned_opposed_least": "of the two among these that speak most against a match; 0: none",
    "learned_attributes": "the part of attributes that both state, by key and category, and whether they agree",
    "learned_conflict_least": "of the attribute in conflict that speaks most against a match; 0: none",
}
FEATURES = declare(FAMILY, MEANINGS, rising=tuple(MEANINGS))


@dataclass(frozen=True)
class WordSignals:
    """The family, for products whose tokens the `source` has.

    `out_of_fold`: pairs that the models were trained on are read by those that were not trained on them.
    """

    source: TokenSource
    learned: LearnedWords
    out_of_fold: bool = False

    features = FEATURES

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """The features of pairs of positions (p,), as (p, f) float32, NaN where a title has no words."""
        return self._read(left, right, self.learned.models_of(left, out_of_fold=self.out_of_fold))

    def compute_by(self, number: int, left: Ints1d, right: Ints1d) -> Floats2d:
        """The same, all by one model."""
        return self._read(left, right, np.full(len(left), number, dtype=np.int64))

    def _read(self, left: Ints1d, right: Ints1d, models: Ints1d) -> Floats2d:
        rows, sizes = self.source.rows, self.source.words.sizes
        ours, theirs = rows.rows(left), rows.rows(right)
        out = np.full((len(left), len(FEATURES)), np.nan, dtype=np.float32)
        worded = (sizes[ours] > 0) & (sizes[theirs] > 0)
        for number in np.unique(models):
            pairs = np.flatnonzero((models == number) & worded)
            out[pairs] = self.learned.models[number].weigh(self.source.tokens(ours[pairs], theirs[pairs]))
        return out
