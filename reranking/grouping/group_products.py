"""Scored pairs become product groups: the likeliest matches are merged first, and brakes refuse a merging."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pyarrow as pa

from indexing.arrays import Bools1d, Ints1d
from indexing.errors import InputError
from reranking.grouping.scored_pairs import ScoredPairs
from reranking.pairs.product_groups import product_groups

NO_SOURCE = -1
BATCH_PAIRS = 200_000  # so many are merged at a time: what merging keeps takes some hundred bytes a pair


class Brake(IntEnum):
    """It says why a match was not merged."""

    NONE = 0
    AGREEMENT = 1
    SIZE = 2
    SOURCE = 3


@dataclass(frozen=True)
class GroupOptions:
    """These options bound a group. `max_size`: products that it may have, 0 for any number. `agreement`: what the
    probabilities of all scored pairs between two parts must be on average for the parts to be merged, 0 to merge on
    one match alone."""

    max_size: int = 0
    agreement: float = 0.5

    def __post_init__(self) -> None:
        if self.max_size < 0 or self.max_size == 1:
            raise InputError(f"--max-size {self.max_size}: give 2 or more, or 0 for groups of any size")
        if not 0 <= self.agreement <= 1:
            raise InputError(f"--agreement {self.agreement}: give a number from 0 to 1")


@dataclass(frozen=True)
class Grouping:
    """It holds the group (n,) of each product, numbered by first product, and the brake (p,) on each match, else
    NONE."""

    groups: Ints1d
    brakes: Ints1d


def group_products(pairs: ScoredPairs, options: GroupOptions, *, sources: Ints1d | None = None) -> Grouping:
    """Merge along matches by falling probability, then score. With `sources` (n,) a group has at most one product of
    each, NO_SOURCE aside. The order of the rows, and of left and right, changes nothing."""
    brakes = np.zeros(len(pairs), dtype=np.int64)
    roots = np.arange(len(pairs.ids))
    for rows in _batches(pairs):
        places, sides = np.unique(np.concatenate([pairs.left[rows], pairs.right[rows]]), return_inverse=True)
        left, right = np.split(sides.ravel(), 2)
        columns = pairs.scores[rows], pairs.probabilities[rows], pairs.called[rows]
        part = ScoredPairs(pairs.ids.take(pa.array(places)), left, right, *columns)
        brakes[rows], own = _merge(part, options, None if sources is None else sources[places])
        roots[places] = places[own]
    groups = product_groups(np.arange(len(roots)), roots, None, len(roots), by="pairs")
    return Grouping(groups, np.where(groups[pairs.left] == groups[pairs.right], Brake.NONE, brakes))


def _batches(pairs: ScoredPairs) -> Iterator[Ints1d]:
    """Yield the rows whose products matches tie together, however far, in batches that tear nothing apart: no other
    pair can end in one group. A batch is larger than BATCH_PAIRS only where one tied set of products is."""
    tied = product_groups(pairs.left, pairs.right, pairs.called.astype(np.float64), len(pairs.ids))
    rows = np.flatnonzero(tied[pairs.left] == tied[pairs.right])
    of_row = tied[pairs.left[rows]]
    rows, of_row = rows[np.argsort(of_row, kind="stable")], np.sort(of_row)
    starts = np.flatnonzero(np.diff(of_row, prepend=-1))
    batch = starts // BATCH_PAIRS
    for cut in np.split(rows, starts[np.flatnonzero(np.diff(batch, prepend=-1))]):
        if len(cut):
            yield cut


def _merge(pairs: ScoredPairs, options: GroupOptions, sources: Ints1d | None) -> tuple[Ints1d, Ints1d]:
    """Return the brake (p,) on each match, and for each product (n,) one of its group."""
    merging = _Merging(pairs, options, sources)
    brakes = np.zeros(len(pairs), dtype=np.int64)
    for row in _likeliest_first(pairs):
        one, other = merging.root(int(pairs.left[row])), merging.root(int(pairs.right[row]))
        if one != other:
            brakes[row] = merging.brake(one, other)
            if brakes[row] == Brake.NONE:
                merging.merge(one, other)
    return brakes, np.array([merging.root(place) for place in range(len(pairs.ids))], dtype=np.int64)


def _likeliest_first(pairs: ScoredPairs) -> Ints1d:
    """Return the rows of the matches in the order of merging."""
    low, high = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    order = np.lexsort([high, low, -pairs.scores, -pairs.probabilities])
    return np.asarray(order[pairs.called[order]], dtype=np.int64)


class _Merging:
    """It grows parts; each is known by one of its products, its root."""

    def __init__(self, pairs: ScoredPairs, options: GroupOptions, sources: Ints1d | None) -> None:
        count = len(pairs.ids)
        self.options = options
        self.parents = list(range(count))
        self.sizes = [1] * count
        self.sources: list[set[int]] = [set() for _ in range(count)]
        if sources is not None:
            self.sources = [set() if source == NO_SOURCE else {source} for source in sources.tolist()]
        self.between: list[dict[int, tuple[float, int]]] = [{} for _ in range(count)]  # sum and number of probabilities
        columns = pairs.left.tolist(), pairs.right.tolist(), pairs.probabilities.tolist()
        for one, other, probability in zip(*columns, strict=True):
            self.between[one][other] = self.between[other][one] = (probability, 1)

    def root(self, place: int) -> int:
        while self.parents[place] != place:
            self.parents[place] = self.parents[self.parents[place]]
            place = self.parents[place]
        return place

    def brake(self, one: int, other: int) -> Brake:
        """Return what speaks against merging two parts."""
        if self.options.max_size and self.sizes[one] + self.sizes[other] > self.options.max_size:
            return Brake.SIZE
        if self.sources[one] & self.sources[other]:
            return Brake.SOURCE
        total, count = self.between[one][other]
        return Brake.AGREEMENT if total / count < self.options.agreement else Brake.NONE

    def merge(self, one: int, other: int) -> None:
        if len(self.between[one]) < len(self.between[other]):
            one, other = other, one
        self.parents[other] = one
        self.sizes[one] += self.sizes[other]
        self.sources[one] |= self.sources[other]
        del self.between[one][other], self.between[other][one]
        for third, (total, count) in self.between[other].items():
            before, already = self.between[one].get(third, (0.0, 0))
            self.between[one][third] = self.between[third][one] = (before + total, already + count)
            del self.between[third][other]
        self.between[other] = {}


def inside(pairs: ScoredPairs, grouping: Grouping) -> Bools1d:
    """Return which pairs (p,) have both products in one group."""
    return np.asarray(grouping.groups[pairs.left] == grouping.groups[pairs.right], dtype=bool)
