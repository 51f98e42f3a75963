"""Keys of attributes are synonyms where the two offers of a match state one value under them, far more often than chance."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from indexing.arrays import Floats1d, Ints1d, Ints2d
from reranking.signals.families.attributes import AttributeSignals
from reranking.signals.texts.bags import BUCKET_BITS, BUCKETS, Rows
from reranking.signals.texts.synonyms import Names

MOST_MATCHES = 20_000  # that are learned from
OTHERS = 4  # matches beside whose right products each left one stands, for chance
LEAST_AGREEING = 5  # matches in which the two keys agree: fewer are chance, or one product's
LEAST_BEYOND_CHANCE = 0.3  # the share of what chance leaves over in which they must agree, at least
MOST_IN_ONE = 0.05  # of the products with the rarer key, that may have both: two facts, not two names
BLOCK_PAIRS = 256  # whose equal values are looked at together
DEVIATIONS = 2.0  # of the bounds between which a share is believed to be


@dataclass(frozen=True)
class DrawnMatches:
    """They are what is learned from: rows `left`, `right` (p,), sorted by category, and places (q,) of matches `beside` the places
    of `others` of their category, OTHERS of each or all."""

    left: Rows
    right: Rows
    beside: Ints1d
    others: Ints1d

    @classmethod
    def drawn(cls, left: Rows, right: Rows, categories: Ints1d) -> "DrawnMatches":
        """Draw at most MOST_MATCHES of these, the left ones of these categories (p,)."""
        drawn = np.random.default_rng(0).permutation(len(left))[:MOST_MATCHES]
        order = drawn[np.argsort(categories[drawn], kind="stable")]
        return cls(left[order], right[order], *_beside(categories[order]))

    @property
    def chance(self) -> tuple[Rows, Rows]:
        """Return rows of left products and, beside each, of a right one of another match."""
        return self.left[self.beside], self.right[self.others]


def learn_keys(attributes: AttributeSignals, matches: DrawnMatches, products: Rows) -> Names:
    """Learn from matches which keys mean one; which keys stand together, and how often, is counted in the rows `products` (m,),
    whatever else is prepared beside them.

    Chance is what the keys say where each left product stands beside the right ones of other matches of its category.
    """
    entries = StatedEntries.of(attributes, products)
    found, chance = entries.stated(matches.left, matches.right), entries.stated(*matches.chance)
    one, other = _pairs_of_keys(found)
    trials = _at(found.both, one, other), _at(chance.both, one, other)
    beyond = beyond_chance(_at(found.agreeing, one, other), trials[0], _at(chance.agreeing, one, other), trials[1])
    return merged(entries.in_one, entries.keys, np.stack([one, other]), beyond)


def _beside(categories: Ints1d) -> tuple[Ints1d, Ints1d]:
    """Return places of matches, sorted by category (p,), beside places of others of their category, OTHERS of each or all."""
    _, starts, of_match, sizes = np.unique(categories, return_index=True, return_inverse=True, return_counts=True)
    start, size, own = starts[of_match], sizes[of_match], np.arange(len(categories))
    others = [np.where(step < size, start + (own - start + step) % size, own) for step in range(1, OTHERS + 1)]
    one, other = np.tile(own, OTHERS), np.concatenate(others)
    return one[one != other], other[one != other]


@dataclass(frozen=True)
class _Stated:
    """It counts pairs of products: in how many they state two keys (t, t), and in how many of these one value under both."""

    both: csr_array
    agreeing: csr_array


@dataclass(frozen=True)
class StatedEntries:
    """It holds what each prepared product states: the distinct buckets `keys` (t,), which product has which of them (n, t), and
    where its entries of key and value, whatever that stands under, begin in the `numbers` (e,) of keys and the `values` (e,).
    `products` (m,) are the rows in which keys are counted."""

    keys: npt.NDArray[np.int32]
    has: csr_array
    starts: Ints1d
    numbers: Ints1d
    values: Ints1d
    products: Rows

    @classmethod
    def of(cls, attributes: AttributeSignals, products: Rows) -> "StatedEntries":
        matrix = attributes.keys.matrix
        keys, column = np.unique(matrix.indices, return_inverse=True)
        has = csr_array((np.ones(len(column)), column, matrix.indptr), shape=(matrix.shape[0], len(keys)))
        entries = attributes.apart.matrix
        numbers = np.searchsorted(keys, entries.indices >> BUCKET_BITS)
        return cls(keys.astype(np.int32), has, entries.indptr, numbers, entries.indices & (BUCKETS - 1), products)

    @cached_property
    def in_one(self) -> csr_array:
        """Return how many products have both of two keys (t, t)."""
        has = self.has[self.products]
        return (has.T @ has).tocsr()

    def stated(self, left: Rows, right: Rows) -> _Stated:
        """Count what pairs of products state, either way round."""
        both = self.has[left].T @ self.has[right]
        agreeing = self._agreeing(left, right)
        return _Stated((both + both.T).tocsr(), (agreeing + agreeing.T).tocsr())

    def _agreeing(self, left: Rows, right: Rows) -> csr_array:
        """Count the pairs with one value under two keys, the left one's first: a block at a time, for a yes or no stands under many keys
        of both sides."""
        size, starts = len(self.keys), range(0, max(len(left), 1), BLOCK_PAIRS)
        blocks = [self._keys_agreeing(left[at : at + BLOCK_PAIRS], right[at : at + BLOCK_PAIRS]) for at in starts]
        keys, counts = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        return coo_array((counts, (keys // size, keys % size)), shape=(size, size), dtype=np.float64).tocsr()

    def _keys_agreeing(self, left: Rows, right: Rows) -> tuple[Ints1d, Ints1d]:
        """Return two keys in one number, and in how many pairs they have one value."""
        pairs, ours, theirs = (np.concatenate(parts) for parts in zip(*self.agreeing(left, right), strict=True))
        size = len(self.keys)
        distinct = np.unique((pairs * size + ours) * size + theirs) % (size * size)
        return np.unique(distinct, return_counts=True)

    def agreeing(self, left: Rows, right: Rows) -> Iterator[tuple[Ints1d, Ints1d, Ints1d]]:
        """Yield pairs, and a left and a right key under which they state one value."""
        pair, at = self.places(left)
        other_pair, other = self.places(right)
        ours, theirs = pair << BUCKET_BITS | self.values[at], other_pair << BUCKET_BITS | self.values[other]
        order = np.argsort(theirs, kind="stable")
        first, last = (np.searchsorted(theirs[order], ours, side=side) for side in ("left", "right"))
        for nth in range(int((last - first).max(initial=0)) or 1):
            more = np.flatnonzero(first + nth < last)
            yield pair[more], self.numbers[at[more]], self.numbers[other[order[first[more] + nth]]]

    def places(self, rows: Rows) -> tuple[Ints1d, Ints1d]:
        """Return of each entry of these products which pair it is of, and where it stands."""
        starts, counts = self.starts[rows].astype(np.int64), np.diff(self.starts)[rows].astype(np.int64)
        places = np.repeat(starts - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        return np.repeat(np.arange(len(rows)), counts), places


def _pairs_of_keys(found: _Stated) -> tuple[Ints1d, Ints1d]:
    """Return the pairs of different keys, the lesser number first, that agree in enough matches."""
    one, other = found.agreeing.nonzero()
    enough = (one < other) & (_at(found.agreeing, one, other) >= LEAST_AGREEING)
    return one[enough], other[enough]


def _at(counts: csr_array, one: Ints1d, other: Ints1d) -> Floats1d:
    return np.asarray(counts[one, other], dtype=np.float64).ravel() if len(one) else np.zeros(0)


def beyond_chance(found: Floats1d, trials: Floats1d, by_chance: Floats1d, chances: Floats1d) -> Floats1d:
    """Return how far what was found (q,) in so many trials is beyond chance at least, as a share of what chance leaves over."""
    least, most = _bound(found, trials, -DEVIATIONS), _bound(by_chance, chances, DEVIATIONS)
    return np.asarray((least - most) / np.maximum(1 - most, 1e-9))


def _bound(successes: Floats1d, trials: Floats1d, deviations: float) -> Floats1d:
    """Return Wilson's bound of a share (JASA 22, 1927), so many deviations above or below; 0 or 1 where nothing was tried."""
    square = deviations**2
    middle = successes + square / 2
    spread = deviations * np.sqrt(successes * (trials - successes) / np.maximum(trials, 1) + square / 4)
    return np.asarray((middle + spread) / (trials + square))


def merged(in_one: csr_array, buckets: npt.NDArray[np.int32], pairs: Ints2d, beyond: Floats1d) -> Names:
    """Join pairs (2, q) of numbers into groups, the surest first, unless two of a group stand in one product too often, `in_one`
    (t, t); each group is read as its commonest, by their `buckets` (t,)."""
    common = in_one.diagonal()
    groups = {number: [number] for number in np.unique(pairs).tolist()}
    sure = np.flatnonzero(beyond >= LEAST_BEYOND_CHANCE)
    for one, other in pairs[:, sure[np.argsort(-beyond[sure], kind="stable")]].T.tolist():
        ours, theirs = groups[one], groups[other]
        if ours is not theirs and not _apart(in_one, common, ours, theirs):
            joined = [*ours, *theirs]
            groups |= dict.fromkeys(joined, joined)
    meant = {number: max(group, key=lambda key: (common[key], -key)) for number, group in groups.items()}
    other_named = sorted(number for number, name in meant.items() if name != number)
    return Names(buckets[other_named], buckets[[meant[number] for number in other_named]])


def _apart(in_one: csr_array, common: Floats1d, ours: list[int], theirs: list[int]) -> bool:
    """Return whether any two of two groups stand in one product too often to be one."""
    both = in_one[ours][:, theirs].toarray()
    rarer = np.minimum.outer(common[ours], common[theirs])
    return bool(np.any(both > MOST_IN_ONE * rarer))
