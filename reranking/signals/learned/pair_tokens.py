"""A pair has tokens: words that both titles have, that one has, two that stand against each other, and keys of
attributes on which the products agree, or do not. What a word or a key says may hang on the category of both products."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock

import numpy as np
from scipy.sparse import csr_array

from indexing.arrays import Bools1d, Ints1d
from indexing.catalog.catalog import Catalog
from reranking.signals.families.attributes import AttributeSignals
from reranking.signals.families.titles import TextSignals
from reranking.signals.product_rows import ProductRows
from reranking.signals.texts.bags import BUCKETS, Bags, Compared, Rows, bucket_of
from reranking.signals.texts.synonyms import Synonyms

ONE_SIDED, SHARED, OPPOSED, AGREEING, CONFLICTING, ONE_SIDED_WITHIN, SHARED_WITHIN = range(7)  # kinds of tokens
KINDS = 7
MOST_OPPOSED = 144  # pairs of opposed words; titles with more differ so much that two words tell nothing
_READING = Lock()  # threads that begin at once would each read the attributes of all products anew
_MIX, _OTHER = 2_654_435_761, 40_503  # odd numbers that spread two buckets over the buckets


@dataclass(frozen=True)
class Tokens:
    """It holds buckets (t,) of tokens: those of pair i are `buckets[starts[i] : starts[i + 1]]`, `starts` (p + 1,)."""

    starts: Ints1d
    buckets: Ints1d

    @property
    def rows(self) -> Ints1d:
        """Return the pair (t,) of each."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def within(self, categories: Ints1d) -> "Tokens":
        """Return the same in the categories (p,) of the pairs, -1 = none, in the same order, of pairs that have one."""
        counts = np.where(categories >= 0, np.diff(self.starts), 0)
        starts = np.concatenate([[0], np.cumsum(counts)])
        if not starts[-1]:
            return Tokens(starts, np.zeros(0, dtype=np.int64))
        rows = self.rows
        there = np.flatnonzero(categories[rows] >= 0)
        return Tokens(starts, np.asarray(_mixed(self.buckets[there].astype(np.int64), categories[rows[there]])))


@dataclass(frozen=True)
class PairTokens:
    """It holds the tokens of each kind (KINDS) of pairs."""

    kinds: tuple[Tokens, ...]


@dataclass(frozen=True)
class TokenSource:
    """Tokens of pairs are read from it: it holds the words of prepared products' titles, their attributes, and the
    bucket of their evaluated category (m,), -1 = none."""

    rows: ProductRows
    words: Bags
    attributes: AttributeSignals
    categories: Ints1d

    @classmethod
    def of(cls, catalog: Catalog, text: TextSignals, attributes: AttributeSignals) -> "TokenSource":
        """Read the words, attributes and categories of the products that both families were prepared for."""
        return cls.of_rows(catalog.category().take(text.rows.products).to_pylist(), text, attributes)

    @classmethod
    def of_rows(cls, names: Sequence[str | None], text: TextSignals, attributes: AttributeSignals) -> "TokenSource":
        """Read the words and attributes of rows that both families hold, and these names of their categories."""
        buckets = {name: -1 if name is None else category_bucket(name) for name in set(names)}
        categories = np.array([buckets[name] for name in names], dtype=np.int64)
        return cls(text.rows, text.words, attributes, categories)

    def read_by(self, synonyms: Synonyms) -> "TokenSource":
        """Return the same source with keys and values of attributes that mean one read as one; it is kept for these synonyms."""
        if not len(synonyms):
            return self
        with _READING:
            if synonyms not in self._read:
                self._read[synonyms] = replace(self, attributes=self.attributes.read_by(synonyms))
            return self._read[synonyms]

    @cached_property
    def _read(self) -> dict[Synonyms, "TokenSource"]:
        return {}

    def tokens(self, left: Rows, right: Rows) -> PairTokens:
        """Return the tokens of pairs of rows (p,)."""
        return self.tokens_of(self.words.compare(left, right))

    def tokens_of(self, compared: Compared) -> PairTokens:
        """Return the tokens of pairs whose words were compared.

        A key is a token by itself, and one in the category of both products, where that is one; so are words that one title has or
        both have, as tokens of kinds of their own (`..._WITHIN`).
        """
        left, right, difference, shared = compared.left, compared.right, compared.difference, compared.shared
        one_sided = Tokens(difference.indptr, difference.indices)
        both = Tokens(shared.indptr, shared.indices)
        same = self.categories[left] == self.categories[right]
        categories = np.where(same, self.categories[left], -1)
        nothing = Tokens(np.zeros(len(left) + 1, dtype=np.int64), np.zeros(0, dtype=np.int64))
        keys = (nothing, nothing)
        if self.attributes.keys.has_tokens():
            agreeing, conflicting = self.attributes.agreeing_and_conflicting(left, right)
            keys = _keyed(agreeing, categories), _keyed(conflicting, categories)
        within = (one_sided.within(categories), both.within(categories))
        return PairTokens((one_sided, both, _opposed(one_sided, difference.data > 0), *keys, *within))


def category_bucket(name: str) -> int:
    """Return the bucket of a category."""
    return bucket_of(f"category {name}")


def opposed_bucket(word: str, other: str) -> int:
    """Return the bucket of two words that stand against each other, in either order."""
    low, high = sorted((bucket_of(word), bucket_of(other)))
    return int(_mixed(low, high))


def key_buckets(key: str, category: str | None, synonyms: Synonyms | None = None) -> Sequence[int]:
    """Return the buckets of an attribute's key, as it is read: by itself, and in the category of both products."""
    own = (synonyms or Synonyms()).keys.meaning(bucket_of(key))
    return [own] if category is None else [own, int(_mixed(own, category_bucket(category)))]


def bucket_within(word: str, category: str) -> int:
    """Return the bucket of a word in a category."""
    return int(_mixed(bucket_of(word), category_bucket(category)))


def _mixed(one: Ints1d | int, other: Ints1d | int) -> Ints1d | int:
    return (one * _MIX ^ other * _OTHER) & (BUCKETS - 1)


def _opposed(words: Tokens, on_left: Bools1d) -> Tokens:
    """Return every word that only the left title has, together with every one that only the right has."""
    pairs = len(words.starts) - 1
    row, buckets = np.repeat(np.arange(pairs), np.diff(words.starts)), words.buckets.astype(np.uint32)
    left, right, row_of_left = buckets[on_left], buckets[~on_left], row[on_left]
    of_left, of_right = np.bincount(row_of_left, minlength=pairs), np.bincount(row[~on_left], minlength=pairs)
    counts = of_left * of_right
    counts[counts > MOST_OPPOSED] = 0
    against = np.where(counts > 0, of_right, 0)[row_of_left]  # right words that each left one stands against
    ends, first_right = np.cumsum(against), (np.cumsum(of_right) - of_right)[row_of_left]
    one = np.repeat(left, against)
    other = right[np.arange(len(one)) + np.repeat(first_right - ends + against, against)]
    opposed = np.asarray(_mixed(np.minimum(one, other), np.maximum(one, other)))
    return Tokens(np.concatenate([[0], np.cumsum(counts)]), opposed)


def _keyed(keys: csr_array, categories: Ints1d) -> Tokens:
    """Return keys (p, BUCKETS) by themselves, then in the category (p,) of their pair where it has one."""
    row = Tokens(keys.indptr, keys.indices).rows
    own = keys.indices.astype(np.int64)
    within = np.flatnonzero(categories[row] >= 0)
    rows = np.concatenate([row, row[within]])
    buckets = np.concatenate([own, np.asarray(_mixed(own[within], categories[row[within]]))])
    order = np.argsort(rows, kind="stable")
    counts = np.bincount(rows, minlength=keys.shape[0])
    return Tokens(np.concatenate([[0], np.cumsum(counts)]), buckets[order])
