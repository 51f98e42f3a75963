"""A cross-encoder's score is a feature of a pair."""

import hashlib
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Protocol

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.text_template import TextTemplate
from reranking.signals.feature import Feature, LearnedFamily, declare
from reranking.signals.learned.cross_folds import CrossFolds
from reranking.signals.product_rows import ProductRows

CROSS_SCORE = "cross_score"
FEATURES = declare(
    "cross-encoder",
    {
        CROSS_SCORE: "how likely the cross-encoder, reading both texts at once, finds a match, 0 to 1; "
        "of pairs it was trained on, by the models that were not trained on their product groups; unknown where it was not read: "
        "a side has no text, or a first look was sure (`heroic train --cross-share`)"
    },
    rising=(CROSS_SCORE,),
)
KEPT_BLOCKS = 256  # blocks of pairs whose scores are kept: a second training asks for them again


class PairTexts(Protocol):
    """It scores pairs of texts by the model of a fold, as `_FoldScorer` does."""

    def __call__(self, number: int, left: list[str], right: list[str]) -> Floats1d:
        """Return the scores (p,) of the model of fold `number`."""


@dataclass(frozen=True)
class CrossSignals(LearnedFamily):
    """It is the family, prepared for products: it holds their `texts` by row and the fold (m,) of each, -1 = in none.

    With `out_of_fold`, pairs of products that are in folds are scored by the models of these folds, which did not see
    them; all other pairs by the mean of all models.
    """

    score: PairTexts
    count: int
    rows: ProductRows
    texts: tuple[str, ...]
    folds: Ints1d
    out_of_fold: bool = False
    lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    @classmethod
    def from_catalog(
        cls, cross: CrossFolds, catalog: Catalog, products: Ints1d, *, out_of_fold: bool = False
    ) -> "CrossSignals":
        """Prepare the family for pairs of `products` (sorted positions)."""
        texts = TextTemplate(cross.template).texts(catalog.take(products))
        rows = ProductRows.of(products, len(catalog))
        scorer = _FoldScorer(cross)
        return cls(scorer, cross.count, rows, tuple(texts), cross.folds(catalog)[products], out_of_fold)

    @classmethod
    def of_texts(cls, cross: CrossFolds, texts: tuple[str, ...]) -> "CrossSignals":
        """Prepare the family for pairs of rows with these texts, of products that are in no fold."""
        everybody = np.arange(len(texts))
        rows = ProductRows.of(everybody, len(texts))
        return cls(_FoldScorer(cross), cross.count, rows, texts, np.full(len(texts), -1, dtype=np.int64))

    @property
    def features(self) -> tuple[Feature, ...]:
        """Return the one declaration."""
        return FEATURES

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the scores (p, 1); one thread at a time, since the models use all cores themselves."""
        ours, theirs = self.rows.rows(left), self.rows.rows(right)
        wanted = self._models(self.folds[ours], self.folds[theirs])
        total, asked = np.zeros(len(left), dtype=np.float64), wanted.sum(axis=1)
        with self.lock:
            for number in range(self.count):
                pairs = np.flatnonzero(wanted[:, number])
                one, other = ([self.texts[row] for row in side[pairs]] for side in (ours, theirs))
                total[pairs] += self.score(number, one, other)
        return np.asarray(total / asked, dtype=np.float32)[:, None]

    def of_training_pairs(self, among: bool) -> "CrossSignals":
        """Return the same family, out of fold for pairs that it was trained on."""
        return replace(self, out_of_fold=among)

    def keeping(self) -> "CrossSignals":
        """Return the same family, which has a pair read once and keeps its score for whoever asks again."""
        return replace(self, score=KeptScores(self.score))

    def _models(self, left: Ints1d, right: Ints1d) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Return which models (p, folds) score each pair: all, or out of fold those of its own folds."""
        everyone = np.ones((len(left), self.count), dtype=bool)
        if not self.out_of_fold:
            return everyone
        numbers = np.arange(self.count)[None, :]
        own = (left[:, None] == numbers) | (right[:, None] == numbers)
        return np.where(own.any(axis=1)[:, None], own, everyone)


@dataclass(frozen=True)
class KeptScores:
    """It has each pair of texts scored once by a model, and keeps all scores for whoever asks again."""

    score: PairTexts
    kept: dict[tuple[int, str, str], float] = field(default_factory=dict)

    def __call__(self, number: int, left: list[str], right: list[str]) -> Floats1d:
        pairs = [(number, one, other) for one, other in zip(left, right, strict=True)]
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self.kept]
        if new:
            found = self.score(number, [one for _, one, _ in new], [other for _, _, other in new])
            self.kept.update(zip(new, found.tolist(), strict=True))
        return np.array([self.kept[pair] for pair in pairs], dtype=np.float32)


class _FoldScorer:
    """It scores by the models of a folder and remembers the blocks of texts that they scored last."""

    def __init__(self, cross: CrossFolds) -> None:
        self.cross = cross

    def __call__(self, number: int, left: list[str], right: list[str]) -> Floats1d:
        from reranking.signals.learned.cross_encoder import score_texts

        kept = self.cross.kept
        key = hashlib.blake2b("\0".join([str(number), *left, "\1", *right]).encode()).digest()
        if key not in kept:
            if len(kept) >= KEPT_BLOCKS:
                kept.clear()
            kept[key] = score_texts(self.cross.models[number], left, right)
        return kept[key]
