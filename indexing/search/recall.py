"""Recall is the share of the true nearest neighbours of a sample that was found, overall and by category."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats1d, Floats2d, Ints1d, Ints2d
from indexing.search.best_lists import SLACK, BestLists, entries_of, neighbours_of
from indexing.search.index import Index
from indexing.search.near_lists import Lists
from indexing.search.neighbours import RESOLUTION, Neighbours, without_self
from indexing.vectors.rows import Rows

BLOCK_ROWS = 8192
SURE = 2.0  # a recall that is so many standard errors above the asked one is surely as asked
Bools2d = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """It holds the true neighbours of the products `sample` (s,) by exact search, in order; of another source where
    asked."""

    sample: Ints1d
    neighbours: Neighbours

    @property
    def k(self) -> int:
        return self.neighbours.k

    def part(self, start: int, stop: int) -> "Truth":
        """Return the truth of the products from `start` to `stop` of the sample."""
        part = Neighbours(self.neighbours.positions[start:stop], self.neighbours.cosines[start:stop])
        return Truth(self.sample[start:stop], part)

    def tied(self) -> float:
        """Return the share of the true neighbours that tie with the last one of their list, and others: which of them are
        taken is chance."""
        cosines = self.neighbours.cosines
        true = np.isfinite(cosines)
        least = np.where(true, cosines, np.inf).min(axis=1, initial=np.inf)
        tie = true & (cosines <= least[:, None] + 1.5 * RESOLUTION)
        return float(tie[tie.sum(axis=1) > 1].sum() / max(true.sum(), 1))

    def recalls(self, found: Neighbours) -> Floats1d:
        """Return for each product of the sample the share of its true neighbours that are found (s,), NaN where it has
        none.

        One that ties with the last true one counts as well: which of them is taken is chance.
        """
        true = np.isfinite(self.neighbours.cosines)
        many = true.sum(axis=1)
        least = np.where(true, self.neighbours.cosines, np.inf).min(axis=1)
        reached = (found.positions >= 0) & (found.cosines >= least[:, None] - 1.5 * RESOLUTION)
        with np.errstate(invalid="ignore"):
            return np.where(many > 0, np.minimum(reached.sum(axis=1), many) / many, np.nan)


@dataclass(frozen=True)
class Recall:
    """It is a mean over `queries` products, with its standard error; both are NaN when nobody has neighbours."""

    mean: float
    error: float
    queries: int

    def reaches(self, asked: float) -> bool:
        """Return whether it is surely as asked: two standard errors below the mean are, or nothing is missing."""
        return self.queries > 0 and self.mean - SURE * self.error >= asked


def true_neighbours(rows: Rows, sample: Ints1d, k: int, *, sources: Ints1d | None = None) -> Truth:
    """Compare each product of the sample with all others, a block at a time."""

    def blocks() -> Iterator[tuple[int, Floats2d]]:
        for start, block in rows.blocks():
            for first in range(0, len(block), BLOCK_ROWS):
                yield start + first, block[first : first + BLOCK_ROWS]
            rows.forget()

    return Truth(sample, neighbours_of(best_among(blocks(), rows.take(sample), sample, k, sources)))


def best_among(
    blocks: Iterable[tuple[int, Floats2d]], queries: Floats2d, sample: Ints1d, k: int, sources: Ints1d | None
) -> Ints2d:
    """Return the k best entries, in order, of each product of a sample, whose rows are the `queries`, among the rows in blocks, each
    with the position of its first."""
    queries = np.ascontiguousarray(queries, dtype=np.float32)
    floor = np.where(np.any(queries, axis=1), -np.inf, np.inf).astype(np.float32)
    lists = BestLists(0, len(sample), k, floor)
    for start, block in blocks:
        _take_in(lists, queries, np.ascontiguousarray(block, dtype=np.float32), start, sample, sources)
    return lists.final(0, len(sample))


def recall(recalls: Floats1d) -> Recall:
    """Return the mean of what `Truth.recalls` gives."""
    known = recalls[np.isfinite(recalls)]
    if not len(known):
        return Recall(float("nan"), float("nan"), 0)
    return Recall(float(known.mean()), float(known.std() / len(known) ** 0.5), len(known))


@dataclass(frozen=True)
class CategoryRecall:
    """It keeps the mean recall of so many queries of one category."""

    recall: float
    queries: int


def recall_by(recalls: Floats1d, groups: Ints1d, names: list[str]) -> dict[str, CategoryRecall]:
    """Return the recall of each group that has queries: `groups` (s,) index `names`, -1 = none."""
    found = {}
    for group in np.unique(groups[groups >= 0]).tolist():
        measured = recall(recalls[groups == group])
        if measured.queries:
            found[names[group]] = CategoryRecall(round(measured.mean, 4), measured.queries)
    return found


def draw_sample(products: int, most: int, *, seed: int = 0) -> Ints1d:
    """Draw the positions of at most so many products, in random order."""
    return np.random.default_rng(seed).permutation(products)[:most].astype(np.int64)


def search_recalls(index: Index[Floats2d], rows: Rows, truth: Truth) -> Floats1d:
    """Return what share of the truth (s,) an index finds for the products of the sample; it must be the truth
    anywhere."""
    found = index.search(rows.take(truth.sample), truth.k + 1)
    return truth.recalls(without_self(found, truth.sample, truth.k))


def least_lists(truth: Truth, lists: Lists, asked: float, *, alike: Bools2d | None = None) -> int | None:
    """Return how many nearest lists must be compared with each for a recall surely as asked; None when all do not
    suffice.

    Nothing need be searched: two products are compared when the list of either is among the nearest of the other's, or
    where they are `alike` (s, k).
    """
    ranks = np.argsort(lists.near(len(lists.centres)), axis=1)
    own = lists.codes[truth.sample][:, None]
    true = truth.neighbours.positions
    theirs = lists.codes[np.maximum(true, 0)]
    needed = np.minimum(ranks[own, theirs], ranks[theirs, own]) + 1
    if alike is not None:
        needed = np.where(alike, 1, needed)
    return next((p for p in _growing(len(lists.centres)) if _sure(needed, true >= 0, p, asked)), None)


def least_probes(truth: Truth, rows: Rows, centres: Floats2d, asked: float) -> int | None:
    """Return how many lists each row must look at for a recall surely as asked; None when all do not suffice.

    Two products are compared when the list of either, that of the nearest of the `centres` (lists, d), is among those
    that the other looks at. Nothing need be searched.
    """
    needed = np.minimum(*_ranks(truth, rows, centres))
    true = truth.neighbours.positions >= 0
    return next((p for p in _growing(len(centres)) if _sure(needed, true, p, asked)), None)


def least_alone(
    truth: Truth, rows: Rows, centres: Floats2d, asked: float, *, alike: Bools2d | None = None
) -> int | None:
    """Return how many lists a row must look at when its neighbours do not look for it, as after an update; None when
    all do not suffice. Where they are `alike` (s, k) they are found anyway."""
    needed = _ranks(truth, rows, centres)[0]
    if alike is not None:
        needed = np.where(alike, 1, needed)
    true = truth.neighbours.positions >= 0
    return next((p for p in _growing(len(centres)) if _sure(needed, true, p, asked)), None)


def _ranks(truth: Truth, rows: Rows, centres: Floats2d) -> tuple[Ints2d, Ints2d]:
    """Return the rank (s, k) of each true neighbour's list among the centres near the row, and of the row's among those
    near the neighbour."""
    cosines = rows.take(truth.sample) @ centres.T
    own = np.argmax(cosines, axis=1)
    of_row, of_neighbour = (np.empty(truth.neighbours.positions.shape, dtype=np.int64) for _ in range(2))
    for place in range(truth.k):
        theirs = rows.take(np.maximum(truth.neighbours.positions[:, place], 0)) @ centres.T
        of_row[:, place] = _rank(cosines, np.argmax(theirs, axis=1))
        of_neighbour[:, place] = _rank(theirs, own)
        rows.forget()
    return of_row, of_neighbour


def _rank(cosines: Floats2d, places: Ints1d) -> Ints1d:
    """Return the rank (s,) of one column of each row."""
    there = np.take_along_axis(cosines, places[:, None], axis=1)
    return np.asarray((cosines > there).sum(axis=1) + 1, dtype=np.int64)


def _sure(needed: Ints2d, true: Bools2d, lists: int, asked: float) -> bool:
    many = true.sum(axis=1)
    found = (true & (needed <= lists)).sum(axis=1)[many > 0] / many[many > 0]
    return recall(found).reaches(asked)


def _growing(most: int) -> list[int]:
    """Return numbers up to `most` in steps of about a tenth."""
    numbers = [1]
    while numbers[-1] < most:
        numbers.append(min(max(numbers[-1] + 1, int(numbers[-1] * 1.1)), most))
    return numbers


def _take_in(
    lists: BestLists, queries: Floats2d, block: Floats2d, start: int, sample: Ints1d, sources: Ints1d | None
) -> None:
    cosines = queries @ block.T
    cosines[:, ~np.any(block, axis=1)] = -np.inf
    inside = np.flatnonzero((sample >= start) & (sample < start + len(block)))
    cosines[inside, sample[inside] - start] = -np.inf  # nobody is its own neighbour
    if sources is not None:
        own, theirs = sources[sample][:, None], sources[start : start + len(block)][None, :]
        cosines[(own == theirs) & (own >= 0)] = -np.inf
    if cosines.shape[1] >= lists.keep and np.isneginf(lists.floor).any():  # later ones rise as lists fill
        best = np.partition(cosines, cosines.shape[1] - lists.keep, axis=1)[:, cosines.shape[1] - lists.keep]
        np.maximum(lists.floor, best - SLACK * RESOLUTION, out=lists.floor)
    places = np.flatnonzero((cosines >= lists.floor[:, None]) & (cosines > -np.inf))
    row, column = np.divmod(places, cosines.shape[1])
    lists.add(row, entries_of(cosines[row, column], column + start))
