"""Values of attributes are synonyms where the two offers of matches state the one and the other under one key, far more often than
chance; under two keys they tell that these may be one, as where offers are in two languages."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from indexing.arrays import Bools1d, Floats1d, Ints1d
from reranking.signals.families.attributes import AttributeSignals
from reranking.signals.learned.synonyms.keys import (
    BLOCK_PAIRS,
    LEAST_AGREEING,
    MOST_IN_ONE,
    DrawnMatches,
    StatedEntries,
    beyond_chance,
    learn_keys,
    merged,
)
from reranking.signals.texts.bags import BUCKET_BITS, BUCKETS, Rows
from reranking.signals.texts.synonyms import Names, Synonyms

MOST_BESIDE = 20_000  # products beside others', for chance
LEAST_GROUPS = 3  # of offers of one product, in whose matches the two values stand: fewer are these products' own


def learn_synonyms(
    attributes: AttributeSignals, left: Rows, right: Rows, categories: Ints1d, products: Rows
) -> Synonyms:
    """Learn from matches, which are rows `left`, `right` (p,), the left ones of these categories (p,); which keys and values stand
    together, and how often, is counted in the rows `products` (m,), whatever else is prepared beside them.

    Keys are learned by equal values, then values under keys that may be one, then keys by values that may be one; what values are
    read as is learned last, under one key alone.
    """
    if not len(left) or not attributes.keys.has_tokens():
        return Synonyms()
    matches = DrawnMatches.drawn(left, right, categories)
    keys = learn_keys(attributes, matches, products)
    between = _learn_values(attributes.read_by(Synonyms(keys)), matches, products, one_key=False)
    if len(between):
        keys = learn_keys(attributes.read_by(Synonyms(values=between)), matches, products)
    return Synonyms(keys, _learn_values(attributes.read_by(Synonyms(keys)), matches, products, one_key=True))


def _learn_values(attributes: AttributeSignals, matches: DrawnMatches, products: Rows, *, one_key: bool) -> Names:
    """Learn which values mean one, from what they stand against under one key, or else under any two that may be one."""
    entries = StatedEntries.of(attributes, products)
    often = _OftenStated.of(entries, matches, None if one_key else _apart(entries))
    found = often.against(matches.left, matches.right)
    cells = found.of_several(_groups(matches, len(entries.starts) - 1))
    if not len(cells):
        return Names()
    one, other = matches.chance
    chance = often.against(one[:MOST_BESIDE], other[:MOST_BESIDE], cells)
    beyond = [
        beyond_chance(found.count(cells), found.tried(trials), chance.count(cells), chance.tried(trials))
        for trials in often.trials(cells)
    ]
    return often.merged(cells, np.minimum(*beyond), products)


def _apart(entries: StatedEntries) -> Ints1d:
    """Return the pairs of keys, each in one number, sorted, that are two facts: they stand in one product too often to be one."""
    both, common = entries.in_one.tocoo(), entries.in_one.diagonal()
    far = (both.row != both.col) & (both.data > MOST_IN_ONE * np.minimum(common[both.row], common[both.col]))
    return np.sort(both.row[far].astype(np.int64) * len(common) + both.col[far])


def _groups(matches: DrawnMatches, rows: int) -> Ints1d:
    """Return the group of offers of one product that each match is of (p,)."""
    linked = coo_array((np.ones(len(matches.left)), (matches.left, matches.right)), shape=(rows, rows))
    groups: Ints1d = connected_components(linked, directed=False)[1].astype(np.int64)
    return groups[matches.left]


@dataclass(frozen=True)
class _Against:
    """It holds what stands against each other in pairs of products, of which no value is equal under these two keys: two entries in
    one number, a cell (s,), in which pair (s,); and an entry and a key of the other product, in one number (t,), sorted."""

    cells: Ints1d
    pairs: Ints1d
    trials: Ints1d

    def of_several(self, groups: Ints1d) -> Ints1d:
        """Return the cells of pairs enough, which are of enough of the `groups` (p,)."""
        size = int(groups.max()) + 1
        cells, counts = np.unique(self.cells, return_counts=True)
        in_groups = np.unique(self.cells * size + groups[self.pairs]) // size
        several = np.unique(in_groups, return_counts=True)[1] >= LEAST_GROUPS
        return cells[several & (counts >= LEAST_AGREEING)]

    def count(self, cells: Ints1d) -> Floats1d:
        """Return how many pairs each of these cells stands in."""
        return _counted(np.sort(self.cells), cells)

    def tried(self, trials: Ints1d) -> Floats1d:
        """Return in how many pairs an entry stands against a key."""
        return _counted(self.trials, trials)


def _counted(among: Ints1d, wanted: Ints1d) -> Floats1d:
    """Return how often each stands among others, which are sorted."""
    first, last = (np.searchsorted(among, wanted, side=side) for side in ("left", "right"))
    return (last - first).astype(np.float64)


@dataclass(frozen=True)
class _OftenStated:
    """It holds entries, of a key and a value, that matches state often enough to be learned: of `kinds` (c,) their `keys`, as numbers
    among the entries' keys, and their values' buckets `values`; where those of each product begin in `kind` (f,). Keys that are
    `apart`, in one number, are no one key; without, only equal ones are."""

    entries: StatedEntries
    starts: Ints1d
    kind: Ints1d
    keys: Ints1d
    values: Ints1d
    apart: Ints1d | None

    @classmethod
    def of(cls, entries: StatedEntries, matches: DrawnMatches, apart: Ints1d | None) -> "_OftenStated":
        kinds, kind = np.unique(entries.numbers << BUCKET_BITS | entries.values, return_inverse=True)
        _, places = entries.places(np.concatenate([matches.left, matches.right]))
        often = np.bincount(kind[places], minlength=len(kinds)) >= LEAST_AGREEING
        kept = often[kind]
        starts = np.concatenate([[0], np.cumsum(kept)])[entries.starts]
        kinds, number = kinds[often], np.cumsum(often) - 1
        return cls(entries, starts, number[kind[kept]], kinds >> BUCKET_BITS, kinds & (BUCKETS - 1), apart)

    def against(self, left: Rows, right: Rows, only: Ints1d | None = None) -> _Against:
        """Look at pairs of products, a block at a time, for all cells, or `only` for some (sorted)."""
        size = max(len(self.keys) ** 2, 1)
        tried = None if only is None else np.unique(np.concatenate(self.trials(only)))
        cells, pairs, trials = [], [], []
        for at in range(0, max(len(left), 1), BLOCK_PAIRS):
            of_pairs, tries = self._block(left[at : at + BLOCK_PAIRS], right[at : at + BLOCK_PAIRS])
            if only is not None and tried is not None:
                of_pairs, tries = of_pairs[_among(only, of_pairs % size)], tries[_among(tried, tries)]
            cells.append(of_pairs % size)
            pairs.append(at + of_pairs // size)
            trials.append(tries)
        return _Against(np.concatenate(cells), np.concatenate(pairs), np.sort(np.concatenate(trials)))

    def trials(self, cells: Ints1d) -> tuple[Ints1d, Ints1d]:
        """Return of cells the first entry and the second's key, and the other way round."""
        one, other = self._entries(cells)
        size = len(self.entries.keys)
        return one * size + self.keys[other], other * size + self.keys[one]

    def merged(self, cells: Ints1d, beyond: Floats1d, products: Rows) -> Names:
        """Join values whose entries stand against each other far `beyond` chance (s,), under any keys."""
        buckets, value = np.unique(self.values, return_inverse=True)
        size = len(buckets)
        sides = np.stack([value[side] for side in self._entries(cells)])
        pairs, of_cell = np.unique(sides.min(axis=0) * size + sides.max(axis=0), return_inverse=True)
        most = np.full(len(pairs), -np.inf)
        np.maximum.at(most, of_cell, beyond)
        has = csr_array((np.ones(len(self.kind)), value[self.kind], self.starts), shape=(len(self.starts) - 1, size))
        has = has[products].sign()
        return merged((has.T @ has).tocsr(), buckets.astype(np.int32), np.stack([pairs // size, pairs % size]), most)

    def _entries(self, cells: Ints1d) -> tuple[Ints1d, Ints1d]:
        return cells // len(self.keys), cells % len(self.keys)

    def _block(self, left: Rows, right: Rows) -> tuple[Ints1d, Ints1d]:
        """Return pairs with cells, and trials."""
        agreed, size = self._agreed(left, right), len(self.entries.keys)
        (pair, ours), (other_pair, theirs) = self._of(left), self._of(right)
        (key_pair, keys), (other_key_pair, other_keys) = self._keys_of(left), self._keys_of(right)
        one, other = _joined(pair, other_pair, len(left))
        free = self._free(agreed, pair[one], self.keys[ours[one]], self.keys[theirs[other]])
        one, other = one[free], other[free]
        low, high = np.minimum(ours[one], theirs[other]), np.maximum(ours[one], theirs[other])
        cells = np.unique((pair[one] * len(self.keys) + low) * len(self.keys) + high)
        one, other = _joined(pair, other_key_pair, len(left))
        free = self._free(agreed, pair[one], self.keys[ours[one]], other_keys[other])
        of_left = ours[one[free]] * size + other_keys[other[free]]
        one, other = _joined(other_pair, key_pair, len(left))
        free = self._free(agreed, other_pair[one], keys[other], self.keys[theirs[one]])
        return cells, np.concatenate([of_left, theirs[one[free]] * size + keys[other[free]]])

    def _agreed(self, left: Rows, right: Rows) -> Ints1d:
        """Return pairs with a key of each product, in one number, under which they state one value; sorted."""
        size = len(self.entries.keys)
        found = [(pair * size + ours) * size + theirs for pair, ours, theirs in self.entries.agreeing(left, right)]
        return np.unique(np.concatenate(found))

    def _free(self, agreed: Ints1d, pair: Ints1d, ours: Ints1d, theirs: Ints1d) -> Ints1d:
        """Return the places where keys may be one, and no value of theirs is equal in the pair."""
        size = len(self.entries.keys)
        may = np.flatnonzero(ours == theirs if self.apart is None else ~_among(self.apart, ours * size + theirs))
        return may[~_among(agreed, (pair[may] * size + ours[may]) * size + theirs[may])]

    def _of(self, rows: Rows) -> tuple[Ints1d, Ints1d]:
        """Return of the entries of products which pair each is of, and its kind."""
        counts = np.diff(self.starts)[rows]
        places = np.repeat(self.starts[rows] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        return np.repeat(np.arange(len(rows)), counts), self.kind[places]

    def _keys_of(self, rows: Rows) -> tuple[Ints1d, Ints1d]:
        has = self.entries.has[rows]
        return np.repeat(np.arange(len(rows)), np.diff(has.indptr)), has.indices.astype(np.int64)


def _joined(pair: Ints1d, other_pair: Ints1d, pairs: int) -> tuple[Ints1d, Ints1d]:
    """Return places of all that stand in one pair, of one side and the other, both sorted by their pair."""
    of_other = np.bincount(other_pair, minlength=pairs)
    counts = of_other[pair]
    one = np.repeat(np.arange(len(pair)), counts)
    first = (np.cumsum(of_other) - of_other)[pair]
    return one, np.arange(len(one)) + np.repeat(first - np.cumsum(counts) + counts, counts)


def _among(known: Ints1d, asked: Ints1d) -> Bools1d:
    """Return whether each is known; those are sorted."""
    if not len(known):
        return np.zeros(len(asked), dtype=np.bool_)
    return np.asarray(known[np.minimum(np.searchsorted(known, asked), len(known) - 1)] == asked)
