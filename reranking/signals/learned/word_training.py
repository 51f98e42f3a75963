"""Words and attributes are learned from the training pairs by a linear model, for all pairs and out of fold."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.machine.threads import one_blas_thread, thread_count
from reranking.signals.learned.logistic import Logistic
from reranking.signals.learned.pair_tokens import ONE_SIDED_WITHIN, TokenSource
from reranking.signals.learned.stacking import Stacking
from reranking.signals.learned.synonyms.values import learn_synonyms
from reranking.signals.learned.words import UNIT, LearnedWords, WordModel
from reranking.signals.texts.bags import BUCKET_BITS, Rows
from reranking.signals.texts.synonyms import Synonyms

LEAST_PAIRS = 3  # training pairs that have a token, for it to be learned
FREEDOM = 0.3  # the inverse of the penalty on squared weights
PRECISION = 4 / UNIT  # log-odds that the last step of fitting moves a weight by, at most: what is left is less
BLOCK_PAIRS = 16_384


def train_words(source: TokenSource, left: Rows, right: Rows, stacking: Stacking) -> LearnedWords:
    """Learn from the pairs of the stacking, which are rows `left`, `right` (p,) of the source; words within categories where these
    pay out of fold."""
    targets = stacking.pairs.targets
    synonyms = _learn_synonyms(source, left, right, stacking)
    counted = {one: _CountedTokens.of(source.read_by(one), left, right, targets) for one in dict.fromkeys(synonyms)}
    with one_blas_thread():  # its threads cost more than such short vectors, and leave other last bits
        within, weights = _first_fold(counted[synonyms[1]], stacking)
        if not within:
            counted = {one: tokens.everywhere() for one, tokens in counted.items()}
        found = _fitted(counted, synonyms, stacking, weights)
    models = (_rounded(counted[own].keys, each, own) for own, each in zip(synonyms, found, strict=True))
    return LearnedWords(tuple(models), stacking.folds)


def _fitted(
    counted: Mapping[Synonyms, "_CountedTokens"],
    synonyms: Sequence[Synonyms],
    stacking: Stacking,
    first: Floats1d,
) -> list[Floats1d]:
    """Return the weights of each model, which reads attributes by its `synonyms`; those of the `first` fold's are known."""

    def fitted(number: int, near: int, start: Floats1d) -> Floats1d:
        known = start if synonyms[number] is synonyms[near] else None  # else the weights are of other tokens
        return counted[synonyms[number]].take(stacking.rows[number]).fit(known)

    weights = fitted(0, 1, first)
    with ThreadPoolExecutor(thread_count()) as pool:  # those of each fold are near those of all
        return [weights, first, *pool.map(lambda number: fitted(number, 0, weights), range(2, len(stacking.rows)))]


def _first_fold(tokens: "_CountedTokens", stacking: Stacking) -> tuple[bool, Floats1d]:
    """Say whether words within categories pay on the first fold, of models that were not trained on it, and return the weights of the
    model that pays."""
    apart, judged = (tokens.take(rows) for rows in (stacking.rows[1], stacking.folds[stacking.pairs.left] == 0))
    everywhere = apart.everywhere()
    if not apart.within.any():
        return False, everywhere.fit()
    with ThreadPoolExecutor(min(thread_count(), 2)) as pool:
        weights, alike = pool.map(_CountedTokens.fit, (apart, everywhere))
    if judged.loss(weights) < judged.everywhere().loss(alike):
        return True, weights
    return False, alike


def _learn_synonyms(source: TokenSource, left: Rows, right: Rows, stacking: Stacking) -> list[Synonyms]:
    """Return what the matches of each model's pairs say; models that learn the same have one object."""
    found: dict[bytes, Synonyms] = {}
    of_models, products = [], np.unique([left, right])
    for rows in stacking.rows:
        own = rows[stacking.pairs.targets[rows] == 1]
        learned = learn_synonyms(source.attributes, left[own], right[own], source.categories[left[own]], products)
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


def _rounded(keys: npt.NDArray[np.int32], found: Floats1d, synonyms: Synonyms) -> WordModel:
    """Return the model of these weights (t + 1,), the constant's last; weights of less than half a step are nothing."""
    weights = np.clip(np.rint(found[:-1] * UNIT), -32_768, 32_767).astype(np.int16)
    said = weights != 0
    return WordModel(keys[said], weights[said], round(float(found[-1]) * UNIT), synonyms)
