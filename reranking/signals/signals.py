"""Signals put the families of features side by side, for the products that the pairs mention."""

import os
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from indexing.arrays import Floats2d, Ints1d
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.signals.counted_catalogue import CountedCatalogue
from reranking.signals.feature import Feature, FeatureFamily, columns_of
from reranking.signals.kept_pairs import KeptPairs
from reranking.signals.learned.cross import FEATURES as CROSS_FEATURES
from reranking.signals.learned.cross import CrossSignals
from reranking.signals.learned.cross_folds import CrossFolds
from reranking.signals.learned.gate import CrossGate
from reranking.signals.learned.pair_tokens import TokenSource
from reranking.signals.learned.rival_lists import RivalLists, RivalPairs
from reranking.signals.learned.rivals import FEATURES as RIVAL_FEATURES
from reranking.signals.learned.rivals import FirstLook, RivalSignals, log_odds
from reranking.signals.learned.words import FEATURES as WORD_FEATURES
from reranking.signals.learned.words import LearnedWords, WordSignals
from reranking.signals.plain_families import PlainFamilies, declared_plain_features
from reranking.signals.stacked import Learned, StackedName
from reranking.signals.whole_catalogue import WholeCatalogue

BLOCK_PAIRS = 65_536
THREAD_PAIRS = 8_192  # pairs that one thread takes at a time


@dataclass(frozen=True)
class Signals:
    """It holds the families of features, ready to compute pairs of the products that they were prepared for.

    `plain` ones learn nothing; of those that are learned, `words` and the `cross` encoder come next, and `rivals` last:
    their first look needs what the other families compute, and `kept` is what it was given of pairs of rivals. With a `gate` the cross-encoder reads only the pairs that it lets through. With
    `unshown_words` first looks alone read the words: they have no columns.
    """

    plain: PlainFamilies
    words: WordSignals | None = None
    cross: CrossSignals | None = None
    rivals: RivalSignals | None = None
    unshown_words: bool = False
    gate: CrossGate | None = None
    kept: KeptPairs | None = None

    @property
    def families(self) -> tuple[FeatureFamily, ...]:
        """Return the families that need nothing but the pair, in the order of their columns: all but `rivals`."""
        return (*self.plain.families, *(family for family in (self.words, self.cross) if family is not None))

    @property
    def features(self) -> tuple[Feature, ...]:
        """Return all declarations, in the order of the columns."""
        hidden = WORD_FEATURES if self.unshown_words else ()
        return tuple(feature for feature in self._every if feature not in hidden)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @property
    def _every(self) -> tuple[Feature, ...]:
        """Return the declarations of all that is computed, with unshown words."""
        of_families = tuple(feature for family in self.families for feature in family.features)
        return of_families if self.rivals is None else (*of_families, *self.rivals.features)

    def without(self, names: Collection[StackedName]) -> "Signals":
        """Return the same families, but for the columns of some of what was learned; what nobody reads is left out whole."""
        rivals = None if "rivals" in names else self.rivals
        cross, gate = (None, None) if "cross" in names else (self.cross, self.gate)
        unread = "words" in names and rivals is None and gate is None
        words = None if unread else self.words
        return Signals(self.plain, words, cross, rivals, "words" in names and words is not None, gate)

    def learned(self, cross: CrossFolds | None) -> Learned:
        """Return what was learned for these families, as it is stored with a model; `cross` is what theirs was opened from."""
        words = None if self.words is None else self.words.learned.stored()
        look = None if self.rivals is None else self.rivals.look.stored()
        gate = None if self.cross is None or self.gate is None else self.gate.stored()
        return Learned(words, look, None if self.cross is None else cross, gate)

    def of_training_pairs(self, among: bool) -> "Signals":
        """Return the same families for pairs that they were trained on, or (not `among`) for others."""
        return Signals(
            self.plain,
            self.words and self.words.of_training_pairs(among),
            self.cross and self.cross.of_training_pairs(among),
            self.rivals and self.rivals.of_training_pairs(among),
            self.unshown_words,
            self.gate and self.gate.of_training_pairs(among),
        )

    def in_thinned_catalogue(self) -> "Signals":
        """Return the same families as they would see pairs in a catalogue without other offers of their products."""
        return replace(self, rivals=self.rivals and replace(self.rivals, thinned=True))

    def of_new_pairs(self) -> "Signals":
        """Return the same families for pairs of new products; a cross-encoder, which is not trained anew for folds, by its own folds."""
        return replace(self.of_training_pairs(False), cross=self.cross and self.cross.of_training_pairs(True))

    def tokens(self, index: ProductIndex) -> TokenSource:
        """Return the source of the tokens that words and attributes can be learned from."""
        return TokenSource.of(index.catalog, self.plain.text, self.plain.attributes)

    def with_words(self, index: ProductIndex, learned: LearnedWords) -> "Signals":
        """Return the same families with what words say."""
        return replace(self, words=WordSignals(self.tokens(index), learned))

    def with_rivals(
        self,
        index: ProductIndex,
        pairs: RivalPairs,
        look: FirstLook,
        progress: Progress = silent,
        *,
        keep: bool = False,
    ) -> "Signals":
        """Return the same families with the rivals, whose pairs are scored here by every model of the first look.

        What is computed for that is kept on demand (`keep`), for pairs that no model was trained on.
        """
        columns = columns_of(self.names, look.feature_names)
        kept = KeptPairs.room(pairs.left, pairs.right, len(self.names)) if keep else None
        scored = np.empty((len(look.members), len(pairs.left)), dtype=np.float32)
        for start in range(0, len(pairs.left), BLOCK_PAIRS):
            part = slice(start, start + BLOCK_PAIRS)
            seen = self.compute(pairs.left[part], pairs.right[part])
            if kept is not None:
                kept.put(start, seen)
            for number, member in enumerate(look.members):
                if number:  # the first model's words were read with the other features
                    self.read_words_by(number, seen, pairs.left[part], pairs.right[part])
                scored[number, part] = log_odds(member, np.take(seen, columns, axis=1))
            progress("rivals", min(start + BLOCK_PAIRS, len(pairs.left)), len(pairs.left))
        lists = tuple(RivalLists.of(pairs, scores) for scores in scored)
        return replace(self, rivals=RivalSignals(look, lists, index.sources), kept=kept)

    def with_cross(self, index: ProductIndex, cross: CrossFolds, products: Ints1d) -> "Signals":
        """Return the same families with the score of a cross-encoder, for pairs of `products`."""
        return replace(self, cross=CrossSignals.from_catalog(cross, index.catalog, products))

    def read_words_by(self, number: int, computed: Floats2d, left: Ints1d, right: Ints1d) -> None:
        """Put what one model reads in the words into computed features.

        A fold's first look was trained without the fold's pairs, and may not learn of them by their words.
        """
        if self.words is None:
            return
        column = len(self.plain.features)
        first, second = np.minimum(left, right), np.maximum(left, right)
        computed[:, column : column + len(self.words.features)] = self.words.compute_by(number, first, second)

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown, computed on all cores."""
        out = np.empty((len(left), len(self._every)), dtype=np.float32)
        starts = range(0, len(left), THREAD_PAIRS)
        if len(starts) == 1:
            self._fill(out, left, right, 0)
            return self._shown(out)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for _ in pool.map(lambda start: self._fill(out, left, right, start), starts):
                pass
        return self._shown(out)

    def _shown(self, computed: Floats2d) -> Floats2d:
        """Return the columns of what is shown."""
        if not self.unshown_words:
            return computed
        first = len(self.plain.features)
        return np.delete(computed, np.s_[first : first + len(WORD_FEATURES)], axis=1)

    def _fill(self, out: Floats2d, left: Ints1d, right: Ints1d, start: int) -> None:
        part = slice(start, start + THREAD_PAIRS)
        # in one order whichever way the pair is given: not even the last bit of a sum may depend on it
        first, second = np.minimum(left[part], right[part]), np.maximum(left[part], right[part])
        column = self._fill_families(out[part], first, second)
        if self.cross is not None and self.gate is not None:
            seen = np.take(out[part], self._seen_by(self.gate.look), axis=1)
            out[part, column : column + 1] = self.gate.read_by(self.cross, first, second, seen)
            column += 1
        if self.rivals is not None:
            seen = np.take(out[part], self._seen_by(self.rivals.look), axis=1)
            out[part, column:] = self.rivals.compute(first, second, seen)

    def _fill_families(self, out: Floats2d, left: Ints1d, right: Ints1d) -> int:
        """Fill in the columns of the families, but of a cross-encoder behind a gate; return how many they are."""
        if self.kept is None:
            return self._compute_families(out, left, right)
        rows, width = self.kept.rows(left, right), self.kept.width
        there, ahead = np.flatnonzero(rows >= 0), np.flatnonzero(rows < 0)
        out[there, :width] = self.kept.features[rows[there]]
        computed = np.empty((len(ahead), width), dtype=np.float32)
        self._compute_families(computed, left[ahead], right[ahead])
        out[ahead, :width] = computed
        return width

    def _compute_families(self, out: Floats2d, left: Ints1d, right: Ints1d) -> int:
        """Do the same for pairs of which nothing is kept."""
        column = 0
        for computed in self._of_families(left, right):
            out[:, column : column + computed.shape[1]] = computed
            column += computed.shape[1]
        return column

    def _of_families(self, left: Ints1d, right: Ints1d) -> Iterator[Floats2d]:
        """Yield what each family computes, in order, but a cross-encoder behind a gate; the titles' words are compared once."""
        text, words = self.plain.text, self.words
        compared = text.compare_words(left, right)
        for family in self.families:
            if family is text:
                yield text.compute_compared(compared)
            elif words is not None and family is words:
                yield words.compute_compared(left, compared)
            elif family is not self.cross or self.gate is None:
                yield family.compute(left, right)

    def _seen_by(self, look: FirstLook) -> list[int]:
        """Return the columns that a first look needs."""
        return columns_of(self._every_name, look.feature_names)

    @cached_property
    def _every_name(self) -> list[str]:
        return [feature.name for feature in self._every]

    def compute_all(self, left: Ints1d, right: Ints1d, *, stage: str, progress: Progress = silent) -> Floats2d:
        """Return the same features, computed a block of pairs at a time, so that only the result is large."""
        out, start = np.empty((len(left), len(self.features)), dtype=np.float32), 0
        block = BLOCK_PAIRS if self.cross is None else THREAD_PAIRS  # a cross-encoder is slow
        for computed in self.in_blocks(left, right, block, stage=stage, progress=progress):
            out[start : start + len(computed)] = computed
            start += len(computed)
        return out

    def in_blocks(
        self, left: Ints1d, right: Ints1d, size: int, *, stage: str, progress: Progress = silent
    ) -> Iterator[Floats2d]:
        """Yield the same features, those of so many pairs at a time."""
        progress(stage, 0, len(left))
        for start in range(0, len(left), size):
            part = slice(start, start + size)
            yield self.compute(left[part], right[part])
            progress(stage, min(start + size, len(left)), len(left))


def declared_features() -> tuple[Feature, ...]:
    """Return every feature that any index can have, in the order of families: what docs/features.md lists."""
    return (*declared_plain_features(), *WORD_FEATURES, *CROSS_FEATURES, *RIVAL_FEATURES)


def prepare_signals(
    index: ProductIndex,
    products: Ints1d,
    *,
    k: int | None = None,
    views: Sequence[str] | None = None,
    same_source: bool = False,
    identifiers: bool = True,
    learned: Learned | None = None,
    whole: WholeCatalogue | None = None,
    counted: CountedCatalogue | None = None,
    keep: bool = False,
    progress: Progress = silent,
) -> Signals:
    """Prepare the families of an index for `products` (sorted positions).

    Each stage builds on those before it: the plain families, then of what is `learned` the words, the rivals by the first look, whose
    pairs are computed here, and the cross-encoder. `k` and `views` are the model's, by default the index's own; without `identifiers`,
    barcodes and part numbers are not compared. Of a `whole` catalogue that was read for the same views and k nothing is read again, of one
    that was `counted` no texts of others. With `keep`, features of pairs of rivals are kept where there is no cross-encoder. Raises InputError when the index keeps fewer neighbours or lacks a view.
    """
    learned = learned or Learned()
    k = index.k if k is None else k
    if index.k < k:
        raise InputError(
            f"{index.folder}: keeps {index.k} neighbours, the model was trained with {k}: build with -k {k}"
        )
    views = index.views if views is None else views
    pairs = None if learned.look is None else RivalPairs.of(index, products, views, k)
    mentioned = products if pairs is None else pairs.mentioned
    if whole is None:
        of_index = partial(PlainFamilies.of, index, mentioned, views=views, k=k, same_source=same_source)
        plain = of_index(identifiers=identifiers, counted=counted, progress=progress)
    else:
        plain = PlainFamilies.of_whole(whole, mentioned, same_source=same_source)
    signals = Signals(plain)
    if learned.words is not None:
        signals = signals.with_words(index, learned.words)
    if pairs is not None and learned.look is not None:
        keep = keep and learned.cross is None
        signals = signals.with_rivals(index, pairs, learned.look, progress, keep=keep)
    if learned.cross is not None:
        signals = replace(signals.with_cross(index, learned.cross, products), gate=learned.gate)
    return signals
