"""What words say of a match, learned from pairs: a linear model over the words of both titles, of one, and opposed ones."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.threads import thread_count
from reranking.bags import BUCKET_BITS, BUCKETS, Bags, Rows, bucket_of
from reranking.pair_words import KINDS, MOST_OPPOSED, ONE_SIDED, OPPOSED, SHARED, PairWords, Tokens, opposed_bucket
from reranking.sparse_rows import row_maxima, row_sums
from reranking.stacking import Stacking, models_of

UNIT = 256  # weights are rounded to 1 / UNIT log-odds, so that sums of them are exact
LEAST_PAIRS = 3  # training pairs that a token stands in
FREEDOM = 0.3  # the inverse of the penalty on squared weights
BLOCK_PAIRS = 16_384


@dataclass(frozen=True)
class WordModel:
    """Weights, in steps of 1 / UNIT log-odds, of the tokens `keys` (t,), sorted: kind << BUCKET_BITS | bucket."""

    keys: npt.NDArray[np.int32]
    weights: npt.NDArray[np.int16]
    intercept: int

    @cached_property
    def table(self) -> npt.NDArray[np.int16]:
        """The weight of every token (KINDS, BUCKETS), 0 of one that was not learned."""
        table = np.zeros(KINDS * BUCKETS, dtype=np.int16)
        table[self.keys] = self.weights
        return table.reshape(KINDS, BUCKETS)

    def weigh(self, words: PairWords) -> Floats2d:
        """Log-odds (p, 6): in all; of words that one title has, the sum and the least; of shared words; of opposed ones,
        the sum and the least."""
        found = [self._weights(words, kind) for kind in range(KINDS)]
        sums = [row_sums(tokens.starts, weights) for tokens, weights in zip(words.kinds, found, strict=True)]
        least = [-np.nan_to_num(row_maxima(words.kinds[kind].starts, -found[kind])) for kind in (ONE_SIDED, OPPOSED)]
        total = self.intercept + sums[ONE_SIDED] + sums[SHARED] + sums[OPPOSED]
        columns = (total, sums[ONE_SIDED], least[0], sums[SHARED], sums[OPPOSED], least[1])
        return (np.column_stack(columns) / UNIT).astype(np.float32)

    def _weights(self, words: PairWords, kind: int) -> Floats1d:
        return np.asarray(self.table[kind][words.kinds[kind].buckets], dtype=np.float32)

    def of_words(self, left: Sequence[str], right: Sequence[str]) -> dict[tuple[str, ...], float]:
        """The log-odds of each token of two titles' words: (word,) of one, (word, word) of both, (word, other) opposed."""
        ours, theirs = set(left), set(right)
        found: dict[tuple[str, ...], int] = {}
        for word in ours ^ theirs:
            found[(word,)] = self.table[ONE_SIDED, bucket_of(word)]
        for word in ours & theirs:
            found[(word, word)] = self.table[SHARED, bucket_of(word)]
        opposed = [(one, other) for one in ours - theirs for other in theirs - ours]
        for one, other in opposed if len(opposed) <= MOST_OPPOSED else ():
            found[(one, other)] = self.table[OPPOSED, opposed_bucket(one, other)]
        return {words: weight / UNIT for words, weight in found.items()}

    def stored(self) -> npt.NDArray[np.int32]:
        """(t + 1, 2): the intercept, then keys and weights."""
        rows = np.column_stack([self.keys, self.weights.astype(np.int32)])
        return np.concatenate([np.array([[-1, self.intercept]], dtype=np.int32), rows])

    @classmethod
    def read(cls, stored: npt.NDArray[np.int32]) -> "WordModel":
        """From what `stored` gave."""
        return cls(stored[1:, 0].astype(np.int32), stored[1:, 1].astype(np.int16), int(stored[0, 1]))


@dataclass(frozen=True)
class LearnedWords:
    """The model of all pairs first, then one for each fold, as for a first look; `folds` (n,) of the products. What is
    stored has the first model only."""

    models: tuple[WordModel, ...]
    folds: Ints1d | None = None

    def stored(self) -> "LearnedWords":
        """What scoring other pairs needs."""
        return LearnedWords(self.models[:1])

    def models_of(self, left: Ints1d, *, out_of_fold: bool) -> Ints1d:
        """Which model (p,) looks at each pair."""
        return models_of(self.folds, left, out_of_fold=out_of_fold)


def train_words(bags: Bags, left: Rows, right: Rows, stacking: Stacking) -> LearnedWords:
    """Learn from the pairs of the stacking, whose titles' words are rows `left`, `right` (p,) of the bags."""
    keys, counts = _columns(bags, left, right)
    targets = stacking.pairs.targets

    def fitted(rows: Ints1d) -> WordModel:
        return _fit(keys, counts[rows], targets[rows])

    with ThreadPoolExecutor(thread_count()) as pool:
        return LearnedWords(tuple(pool.map(fitted, stacking.rows)), stacking.folds)


def _columns(bags: Bags, left: Rows, right: Rows) -> tuple[npt.NDArray[np.int32], csr_matrix]:
    """The keys (t,) of tokens that enough pairs have, and which pair has which of them (p, t)."""
    rows, keys = [], []
    for start in range(0, len(left), BLOCK_PAIRS):
        part = slice(start, start + BLOCK_PAIRS)
        for kind, tokens in enumerate(PairWords.of(bags, left[part], right[part]).kinds):
            rows.append(start + _rows(tokens))
            keys.append(kind << BUCKET_BITS | tokens.buckets.astype(np.int32))
    row, key = np.concatenate(rows).astype(np.int32), np.concatenate(keys)
    kept, column, counts = np.unique(key, return_inverse=True, return_counts=True)
    often = counts >= LEAST_PAIRS
    chosen = often[column]
    number = (np.cumsum(often) - 1).astype(np.int32)
    there = row[chosen], number[column[chosen]]
    matrix = csr_matrix((np.ones(len(there[0])), there), shape=(len(left), int(often.sum())))
    matrix.data[:] = 1  # two pairs of opposed words may share a bucket
    return kept[often], matrix


def _rows(tokens: Tokens) -> Ints1d:
    return np.repeat(np.arange(len(tokens.starts) - 1), np.diff(tokens.starts))


def _fit(keys: npt.NDArray[np.int32], counts: csr_matrix, targets: Floats1d) -> WordModel:
    """Logistic regression with a penalty on squared weights; weights of less than half a step are nothing."""
    from sklearn.linear_model import LogisticRegression

    if not len(keys):
        share = float(np.clip(targets.mean(), 1e-4, 1 - 1e-4))
        return WordModel(keys, np.zeros(0, dtype=np.int16), round(np.log(share / (1 - share)) * UNIT))
    found = LogisticRegression(C=FREEDOM, solver="liblinear").fit(counts, targets)
    weights = np.clip(np.rint(found.coef_[0] * UNIT), -32_768, 32_767).astype(np.int16)
    said = weights != 0
    return WordModel(keys[said], weights[said], round(float(found.intercept_[0]) * UNIT))
