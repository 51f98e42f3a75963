"""A linear model over the tokens of a pair learns what words and attributes say of a match, and gives features; which keys and values
of attributes mean one is learned first."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats1d, Floats2d, Ints1d
from reranking.signals.feature import LearnedFamily, declare
from reranking.signals.learned.pair_tokens import (
    AGREEING,
    CONFLICTING,
    KINDS,
    ONE_SIDED,
    ONE_SIDED_WITHIN,
    OPPOSED,
    SHARED,
    SHARED_WITHIN,
    PairTokens,
    TokenSource,
)
from reranking.signals.learned.stacking import models_of
from reranking.signals.texts.bags import BUCKETS, Compared
from reranking.signals.texts.sparse_rows import row_maxima, row_sums
from reranking.signals.texts.synonyms import Synonyms

UNIT = 256  # weights are rounded to 1 / UNIT log-odds, so that sums of them are exact
_BELOW = -2  # less a synonym's bucket stands first in what is stored of it
FAMILY = "learned words"
MEANINGS = {
    "learned_words": "log-odds of a match by titles' words and attributes, each by itself and in the category of both products, as a "
    "linear model learned them from the training pairs; like all below of pairs it was trained on by a model that learned from no pair with a product of the group that their first "
    "product, in the catalogue's order, is of",
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
class WordModel:
    """It holds weights, in steps of 1 / UNIT log-odds, of the tokens `keys` (t,).

    A key is kind << BUCKET_BITS | bucket; they are sorted. Attributes are read by the `synonyms`.
    """

    keys: npt.NDArray[np.int32]
    weights: npt.NDArray[np.int16]
    intercept: int
    synonyms: Synonyms = field(default_factory=Synonyms)

    @cached_property
    def table(self) -> npt.NDArray[np.int16]:
        """Return the weight of every token (KINDS, BUCKETS), 0 of one that was not learned."""
        table = np.zeros(KINDS * BUCKETS, dtype=np.int16)
        table[self.keys] = self.weights
        return table.reshape(KINDS, BUCKETS)

    def weigh(self, tokens: PairTokens) -> Floats2d:
        """Return log-odds (p, 8), as sums in all and by kind, and as the least of some kinds.

        What a word says in the category of its pair is added to what it says everywhere. The columns are: all; words that one title
        has, their sum and least; shared words; opposed words, their sum and least; attributes, the sum and the least of those that
        conflict.
        """
        found = [self._weights(tokens, kind) for kind in range(KINDS)]
        for kind, within in ((ONE_SIDED, ONE_SIDED_WITHIN), (SHARED, SHARED_WITHIN)):
            counts, of_pair = (np.diff(tokens.kinds[each].starts) for each in (kind, within))
            found[kind][np.repeat(of_pair > 0, counts)] += found[within]
        kinds = (ONE_SIDED, SHARED, OPPOSED, AGREEING, CONFLICTING)
        sums = [row_sums(tokens.kinds[kind].starts, found[kind]) for kind in kinds]
        least = {
            kind: -np.nan_to_num(row_maxima(tokens.kinds[kind].starts, -found[kind]))
            for kind in (ONE_SIDED, OPPOSED, CONFLICTING)
        }
        columns = (
            self.intercept + np.sum(sums, axis=0),
            sums[ONE_SIDED],
            least[ONE_SIDED],
            sums[SHARED],
            sums[OPPOSED],
            least[OPPOSED],
            sums[AGREEING] + sums[CONFLICTING],
            least[CONFLICTING],
        )
        return (np.column_stack(columns) / UNIT).astype(np.float32)

    def _weights(self, tokens: PairTokens, kind: int) -> Floats1d:
        return np.asarray(self.table[kind][tokens.kinds[kind].buckets], dtype=np.float32)

    def log_odds(self, kind: int, bucket: int) -> float:
        """Return what was learned of one token."""
        return float(self.table[kind, bucket]) / UNIT

    def stored(self) -> npt.NDArray[np.int32]:
        """Return the intercept, then synonyms, whose first column is below it, then keys and weights, as (1 + s + t, 2)."""
        rows = np.column_stack([self.keys, self.weights.astype(np.int32)])
        synonyms = self.synonyms.stored() * [-1, 1] + [_BELOW, 0]
        return np.concatenate([np.array([[-1, self.intercept]]), synonyms, rows]).astype(np.int32)

    @classmethod
    def read(cls, stored: npt.NDArray[np.int32]) -> "WordModel":
        """Read the model from what `stored` returned."""
        below = stored[:, 0] <= _BELOW
        synonyms = Synonyms.read(np.column_stack([_BELOW - stored[below, 0], stored[below, 1]]))
        tokens = stored[1 + len(synonyms) :]
        return cls(tokens[:, 0].astype(np.int32), tokens[:, 1].astype(np.int16), int(stored[0, 1]), synonyms)


@dataclass(frozen=True)
class LearnedWords:
    """It keeps the model of all pairs first, then one for each fold, as a first look does.

    `folds` (n,) are those of the products. What is stored has the first model only.
    """

    models: tuple[WordModel, ...]
    folds: Ints1d | None = None

    def stored(self) -> "LearnedWords":
        """Return what scoring other pairs needs."""
        return LearnedWords(self.models[:1])

    def models_of(self, left: Ints1d, *, out_of_fold: bool) -> Ints1d:
        """Return which model (p,) looks at each pair."""
        return models_of(self.folds, left, out_of_fold=out_of_fold)


@dataclass(frozen=True)
class WordSignals(LearnedFamily):
    """It is the family, for products whose tokens the `source` has.

    With `out_of_fold`, pairs that the models were trained on are read by those that were not trained on them.
    """

    source: TokenSource
    learned: LearnedWords
    out_of_fold: bool = False

    features = FEATURES

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN where a title has no words."""
        return self.compute_compared(left, self._compare(left, right))

    def compute_compared(self, left: Ints1d, compared: Compared) -> Floats2d:
        """Return the same features of pairs whose words were compared, of which `left` (p,) are the positions on the left."""
        return self._read(compared, self.learned.models_of(left, out_of_fold=self.out_of_fold))

    def _compare(self, left: Ints1d, right: Ints1d) -> Compared:
        return self.source.words.compare(self.source.rows.rows(left), self.source.rows.rows(right))

    def of_training_pairs(self, among: bool) -> "WordSignals":
        """Return the same family, out of fold for pairs that it was trained on."""
        return replace(self, out_of_fold=among)

    def compute_by(self, number: int, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the same features, all by one model."""
        return self._read(self._compare(left, right), np.full(len(left), number, dtype=np.int64))

    def _read(self, compared: Compared, models: Ints1d) -> Floats2d:
        sizes, out = self.source.words.sizes, np.full((len(models), len(FEATURES)), np.nan, dtype=np.float32)
        worded = (sizes[compared.left] > 0) & (sizes[compared.right] > 0)
        for number in np.unique(models):
            pairs = np.flatnonzero((models == number) & worded)
            of_model = compared if len(pairs) == len(models) else compared.take(pairs)
            model = self.learned.models[number]
            out[pairs] = model.weigh(self.source.read_by(model.synonyms).tokens_of(of_model))
        return out
