"""A linear model over the tokens of a pair learns what words and attributes say of a match, and gives features; which keys of
attributes mean one is learned first."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.machine.threads import thread_count
from reranking.signals.feature import LearnedFamily, declare
from reranking.signals.learned.logistic import Logistic
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
from reranking.signals.learned.stacking import Stacking, models_of
from reranking.signals.learned.synonyms import learn_synonyms
from reranking.signals.texts.bags import BUCKET_BITS, BUCKETS, Compared, Rows
from reranking.signals.texts.key_synonyms import KeySynonyms
from reranking.signals.texts.sparse_rows import row_maxima, row_sums

UNIT = 256  # weights are rounded to 1 / UNIT log-odds, so that sums of them are exact
LEAST_PAIRS = 3  # training pairs that have a token, for it to be learned
FREEDOM = 0.3  # the inverse of the penalty on squared weights
PRECISION = 4 / UNIT  # log-odds that the last step of fitting moves a weight by, at most: what is left is less
BLOCK_PAIRS = 16_384
_BELOW = -2  # less a synonym's bucket is its key in what is stored
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

    A key is kind << BUCKET_BITS | bucket; they are sorted. Keys of attributes are read by the `synonyms`.
    """

    keys: npt.NDArray[np.int32]
    weights: npt.NDArray[np.int16]
    intercept: int
    synonyms: KeySynonyms = field(default_factory=KeySynonyms)

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
        """Return the intercept, then synonyms, whose keys are below it, then keys and weights, as (1 + s + t, 2)."""
        rows = np.column_stack([self.keys, self.weights.astype(np.int32)])
        synonyms = self.synonyms.stored() * [-1, 1] + [_BELOW, 0]
        return np.concatenate([np.array([[-1, self.intercept]]), synonyms, rows]).astype(np.int32)

    @classmethod
    def read(cls, stored: npt.NDArray[np.int32]) -> "WordModel":
        """Read the model from what `stored` returned."""
        below = stored[:, 0] <= _BELOW
        synonyms = KeySynonyms(_BELOW - stored[below, 0], stored[below, 1])
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


def train_words(source: TokenSource, left: Rows, right: Rows, stacking: Stacking) -> LearnedWords:
    """Learn from the pairs of the stacking, which are rows `left`, `right` (p,) of the source; words within categories where these
    pay out of fold."""
    targets = stacking.pairs.targets
    synonyms = _learn_synonyms(source, left, right, stacking)
    counted = {one: _CountedTokens.of(source.read_by(one), left, right, targets) for one in dict.fromkeys(synonyms)}
    if not _pay_within(counted[synonyms[1]], stacking):
        counted = {one: tokens.everywhere() for one, tokens in counted.items()}

    def fitted(number: int, start: Floats1d | None = None) -> Floats1d:
        known = start if synonyms[number] is synonyms[0] else None  # else the weights are of other tokens
        return counted[synonyms[number]].take(stacking.rows[number]).fit(known)

    weights = fitted(0)
    with ThreadPoolExecutor(thread_count()) as pool:  # those of each fold are near those of all
        found = (weights, *pool.map(lambda number: fitted(number, weights), range(1, len(stacking.rows))))
    models = (_rounded(counted[own].keys, each, own) for own, each in zip(synonyms, found, strict=True))
    return LearnedWords(tuple(models), stacking.folds)


def _pay_within(tokens: "_CountedTokens", stacking: Stacking) -> bool:
    """Say whether words within categories pay on the first fold, of models that were not trained on it."""
    apart, judged = (tokens.take(rows) for rows in (stacking.rows[1], stacking.folds[stacking.pairs.left] == 0))
    if not apart.within.any():
        return False
    return judged.loss(apart.fit()) < judged.everywhere().loss(apart.everywhere().fit())


def _learn_synonyms(source: TokenSource, left: Rows, right: Rows, stacking: Stacking) -> list[KeySynonyms]:
    """Return what the matches of each model's pairs say; models that learn the same have one object."""
    found: dict[bytes, KeySynonyms] = {}
    of_models = []
    for rows in stacking.rows:
        own = rows[stacking.pairs.targets[rows] == 1]
        learned = learn_synonyms(source.attributes, left[own], right[own], source.categories[left[own]])
        of_models.append(found.setdefault(learned.stored().tobytes(), learned))
    return of_models


@dataclass(frozen=True)
class _CountedTokens:
    """It holds pairs (p,) with the tokens that they have: which has which of the sorted `keys` (t,), as `counts` (p, t)."""

    keys: npt.NDArray[np.int32]
    counts: csr_matrix
    targets: Floats1d

    @classmethod
    def of(cls, source: TokenSource, left: Rows, right: Rows, targets: Floats1d) -> "_CountedTokens":
        """Read the tokens that enough pairs have."""
        rows, keys = [], []
        for start in range(0, len(left), BLOCK_PAIRS):
            part = slice(start, start + BLOCK_PAIRS)
            for kind, tokens in enumerate(source.tokens(left[part], right[part]).kinds):
                rows.append(start + tokens.rows)
                keys.append(kind << BUCKET_BITS | tokens.buckets.astype(np.int32))
        row, key = np.concatenate(rows).astype(np.int32), np.concatenate(keys)
        kept, column, counts = np.unique(key, return_inverse=True, return_counts=True)
        often = counts >= LEAST_PAIRS
        chosen = often[column]
        number = (np.cumsum(often) - 1).astype(np.int32)
        there = row[chosen], number[column[chosen]]
        matrix = csr_matrix((np.ones(len(there[0])), there), shape=(len(left), int(often.sum())))
        matrix.data[:] = 1  # two tokens of a pair may share a bucket
        return cls(kept[often], matrix, targets)

    @property
    def within(self) -> Bools1d:
        """Return which tokens (t,) are words in a category."""
        return np.asarray(self.keys >> BUCKET_BITS >= ONE_SIDED_WITHIN, dtype=bool)

    def everywhere(self) -> "_CountedTokens":
        """Return the same without words in categories."""
        chosen = np.flatnonzero(~self.within)
        return _CountedTokens(self.keys[chosen], self.counts[:, chosen], self.targets)

    def take(self, rows: Ints1d | Bools1d) -> "_CountedTokens":
        """Return some of the pairs."""
        return _CountedTokens(self.keys, self.counts[rows], self.targets[rows])

    def fit(self, start: Floats1d | None = None) -> Floats1d:
        """Return the weights (t + 1,) of a logistic regression with a penalty on squared weights, the constant's last."""
        return Logistic(self.counts, self.targets, FREEDOM).fit(PRECISION, start)

    def loss(self, weights: Floats1d) -> float:
        """Return the summed log-loss of the pairs by these weights (t + 1,)."""
        odds = self.counts @ weights[:-1] + weights[-1]
        return float(np.sum(np.logaddexp(0, odds) - self.targets * odds))


def _rounded(keys: npt.NDArray[np.int32], found: Floats1d, synonyms: KeySynonyms) -> WordModel:
    """Return the model of these weights (t + 1,), the constant's last; weights of less than half a step are nothing."""
    weights = np.clip(np.rint(found[:-1] * UNIT), -32_768, 32_767).astype(np.int16)
    said = weights != 0
    return WordModel(keys[said], weights[said], round(float(found[-1]) * UNIT), synonyms)


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
