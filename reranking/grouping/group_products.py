"""Scored pairs become product groups: the likeliest matches are merged first, and brakes refuse a merging."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from reranking.grouping.bounds import PlacedBounds
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
    DECISION = 4


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


def group_products(
    pairs: ScoredPairs,
    options: GroupOptions,
    *,
    sources: Ints1d | None = None,
    bounds: PlacedBounds | None = None,
    progress: Progress = silent,
) -> Grouping:
    """Merge along matches by falling probability, then score. With `sources` (n,) a group has at most one product of
    each, NO_SOURCE aside. The order of the rows, and of left and right, changes nothing.

    `bounds` come before everything else: what they keep together is one part from the start, however large it is and
    whatever sources it has, and no merging brings together what they keep apart.
    """
    bounds = PlacedBounds.none(len(pairs.ids)) if bounds is None else bounds
    parts = _Parts.of(bounds, sources)
    left, right = bounds.together[pairs.left], bounds.together[pairs.right]
    brakes = np.zeros(len(pairs), dtype=np.int64)
    roots = bounds.together.copy()
    done = 0
    progress("group", done, max(len(pairs), 1))
    for rows in _batches(left, right, pairs.called):
        places, sides = np.unique(np.concatenate([left[rows], right[rows]]), return_inverse=True)
        own_left, own_right = np.split(sides.ravel(), 2)
        links = _Links(own_left, own_right, pairs.scores[rows], pairs.probabilities[rows], pairs.called[rows])
        brakes[rows], own = _Merging(links, options, parts, places).run()
        roots[places] = places[own]
        done += len(rows)
        progress("group", done, max(len(pairs), done + 1))
    groups = product_groups(np.arange(len(roots)), roots[bounds.together], None, len(roots), by="pairs")
    progress("group", len(pairs), len(pairs))
    return Grouping(groups, np.where(groups[pairs.left] == groups[pairs.right], Brake.NONE, brakes))


def count_overruled(bounds: PlacedBounds, options: GroupOptions, sources: Ints1d | None) -> int:
    """Return how many sets are kept together that a brake on size or sources would have kept apart."""
    parts = _Parts.of(bounds, sources)
    over = parts.sizes > (options.max_size or len(parts.sizes))
    if sources is not None:
        named = np.bincount(bounds.together[sources != NO_SOURCE], minlength=len(over))
        over |= named > np.bincount(parts.sources[0], minlength=len(over))
    return int(over.sum())


def _batches(left: Ints1d, right: Ints1d, called: Bools1d) -> Iterator[Ints1d]:
    """Yield the rows whose products matches tie together, however far, in batches that tear nothing apart: no other
    pair can end in one group. A batch is larger than BATCH_PAIRS only where one tied set of products is."""
    tied = product_groups(
        left, right, called.astype(np.float64), int(max(left.max(initial=-1), right.max(initial=-1))) + 1
    )
    rows = np.flatnonzero((tied[left] == tied[right]) & (left != right))
    of_row = tied[left[rows]]
    rows, of_row = rows[np.argsort(of_row, kind="stable")], np.sort(of_row)
    starts = np.flatnonzero(np.diff(of_row, prepend=-1))
    batch = starts // BATCH_PAIRS
    for cut in np.split(rows, starts[np.flatnonzero(np.diff(batch, prepend=-1))]):
        if len(cut):
            yield cut


@dataclass(frozen=True)
class _Links:
    """They are scored pairs (p,) of parts, of which two may have several."""

    left: Ints1d
    right: Ints1d
    scores: Floats1d
    probabilities: Floats1d
    called: Bools1d


@dataclass(frozen=True)
class _Parts:
    """They are what merging begins with: how many products each part has, `sizes` (n,), and as parts and numbers (2, r), by
    rising part, of which sources they are and with which numbers of PlacedBounds."""

    sizes: Ints1d
    sources: Ints1d
    apart: Ints1d

    @classmethod
    def of(cls, bounds: PlacedBounds, sources: Ints1d | None) -> "_Parts":
        named = np.zeros((2, 0), dtype=np.int64)
        if sources is not None:
            width = int(sources.max(initial=0)) + 1
            keys = np.unique((bounds.together * width + sources)[sources != NO_SOURCE])
            named = np.stack(np.divmod(keys, width))
        sizes = np.bincount(bounds.together, minlength=len(bounds.together))
        return cls(sizes, named, np.ascontiguousarray(bounds.apart.T))


def _sets(named: Ints1d, parts: Ints1d) -> list[set[int]]:
    """Return the numbers that parts and numbers (2, r), by rising part, give each of these parts."""
    starts, counts = (np.searchsorted(named[0], parts, side) for side in ("left", "right"))
    counts -= starts
    ends = np.cumsum(counts)
    numbers = named[1][np.repeat(starts - ends + counts, counts) + np.arange(counts.sum())].tolist()
    return [set(numbers[end - count : end]) for end, count in zip(ends.tolist(), counts.tolist(), strict=True)]


def _likeliest_first(pairs: _Links) -> Ints1d:
    """Return the rows of the matches in the order of merging."""
    low, high = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    order = np.lexsort([high, low, -pairs.scores, -pairs.probabilities])
    return np.asarray(order[pairs.called[order]], dtype=np.int64)


class _Merging:
    """It grows parts, those at these places; each is known by one of them, its root."""

    def __init__(self, pairs: _Links, options: GroupOptions, parts: _Parts, places: Ints1d) -> None:
        count = len(places)
        self.pairs, self.options = pairs, options
        self.parents = list(range(count))
        self.sizes: list[int] = parts.sizes[places].tolist()
        self.sources, self.apart = _sets(parts.sources, places), _sets(parts.apart, places)
        self.between: list[dict[int, tuple[float, int]]] = [{} for _ in range(count)]  # sum and number of probabilities
        columns = pairs.left.tolist(), pairs.right.tolist(), pairs.probabilities.tolist()
        for one, other, probability in zip(*columns, strict=True):
            total, already = self.between[one].get(other, (0.0, 0))
            self.between[one][other] = self.between[other][one] = (total + probability, already + 1)

    def run(self) -> tuple[Ints1d, Ints1d]:
        """Return the brake (p,) on each match, and for each part (n,) one of its group."""
        brakes = np.zeros(len(self.pairs.left), dtype=np.int64)
        for row in _likeliest_first(self.pairs):
            one, other = self.root(int(self.pairs.left[row])), self.root(int(self.pairs.right[row]))
            if one != other:
                brakes[row] = self.brake(one, other)
                if brakes[row] == Brake.NONE:
                    self.merge(one, other)
        return brakes, np.array([self.root(place) for place in range(len(self.parents))], dtype=np.int64)

    def root(self, place: int) -> int:
        while self.parents[place] != place:
            self.parents[place] = self.parents[self.parents[place]]
            place = self.parents[place]
        return place

    def brake(self, one: int, other: int) -> Brake:
        """Return what speaks against merging two parts."""
        if any(number ^ 1 in self.apart[other] for number in self.apart[one]):
            return Brake.DECISION
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
        self.apart[one] |= self.apart[other]
        del self.between[one][other], self.between[other][one]
        for third, (total, count) in self.between[other].items():
            before, already = self.between[one].get(third, (0.0, 0))
            self.between[one][third] = self.between[third][one] = (before + total, already + count)
            del self.between[third][other]
        self.between[other] = {}


def inside(pairs: ScoredPairs, grouping: Grouping) -> Bools1d:
    """Return which pairs (p,) have both products in one group."""
    return np.asarray(grouping.groups[pairs.left] == grouping.groups[pairs.right], dtype=bool)
