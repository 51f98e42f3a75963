"""A listed side is one product of a pair with its list of neighbours; the features of ranks compare the two of a pair."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats1d, Floats2d, Ints1d, Ints2d
from indexing.search.neighbours import RESOLUTION, Neighbours, rank_in, shared_lists

SHARED_K = 20
BLOCK_PRODUCTS = 16_384
LEAST_SPREAD = 1e-6  # one neighbour, or all alike: no scale to measure by


@dataclass(frozen=True)
class ListedSide:
    """It holds the products of one side of pairs (p,), their lists of neighbours (p, k), what the lists' cosines are like,
    how many products `claim` each as their first neighbour and as one of the first ten, each one's source, and those of
    its neighbours (p, k), -1 for none; what stands where there is no neighbour is nobody's."""

    products: Ints1d
    lists: Neighbours
    statistics: "ListStatistics"
    claims: tuple[Floats1d, Floats1d]
    sources: Ints1d
    offered: Ints2d


def rank_columns(out: Floats2d, cosine: Floats1d, left: ListedSide, right: ListedSide, *, across: bool) -> None:
    """Fill in the features (p, f) of pairs with these cosines (p,) in a view, in the order of their declarations; with
    `across`, lists hold products of other sources only."""
    ranks = np.stack([_ranks(left, right, cosine, across), _ranks(right, left, cosine, across)])
    ours, theirs = left.statistics, right.statistics
    gaps = ours.best - cosine, theirs.best - cosine
    standings = (cosine - ours.mean) / ours.deviation, (cosine - theirs.mean) / theirs.deviation
    better = [_better_offers(left, right, cosine), _better_offers(right, left, cosine)]
    claimed = [(own, other) for own, other in zip(left.claims, right.claims, strict=True)]
    columns = (
        cosine,
        np.fmin(*ranks),
        np.maximum(*ranks),
        (~np.isnan(ranks)).sum(axis=0),
        np.nan_to_num(1 / ranks).sum(axis=0),
        np.fmin(*gaps),
        np.fmax(*gaps),
        np.fmin(*standings),
        np.fmax(*standings),
        np.fmin(ours.step, theirs.step),
        np.fmax(ours.step, theirs.step),
        np.fmin(*better),
        np.fmax(*better),
        *(fewer_or_more(*sides) for sides in claimed for fewer_or_more in (np.minimum, np.maximum)),
        _shared(left, right),
    )
    for number, column in enumerate(columns):
        out[:, number] = column


def _ranks(side: ListedSide, other: ListedSide, cosine: Floats1d, across: bool) -> Floats1d:
    """Return the ranks (p,) of the others among the neighbours of a side, NaN where not among them.

    One has a rank also where it ties with the last of them and was left out by the order of the catalogue.
    """
    ranks = rank_in(side.lists, other.products)
    missing = np.flatnonzero(np.isnan(ranks))
    last = side.lists.cosines[missing, -1]  # NaN where the list has room: then nothing was left out
    tied = missing[np.abs(cosine[missing] - last) <= RESOLUTION]
    if across:
        tied = tied[(side.sources[tied] != other.sources[tied]) | (side.sources[tied] < 0)]
    lists = side.lists.cosines[tied]
    ranks[tied] = 1 + (lists > lists[:, -1:]).sum(axis=1)
    return ranks


def _better_offers(side: ListedSide, other: ListedSide, cosine: Floats1d) -> Floats1d:
    """Count the neighbours of a side (p,), offered by the source of the other, nearer than the pair's cosine.

    Those that tie with the last of a full list do not count for a pair beyond it: others may have been left out.
    """
    offered = side.offered == other.sources[:, None]
    least = np.fmax(cosine + RESOLUTION, side.lists.cosines[:, -1])
    nearer = side.lists.cosines > least[:, None]  # False for NaN: no neighbour
    counts = np.asarray((offered & nearer).sum(axis=1, dtype=np.int32), dtype=np.float32)
    counts[(other.sources < 0) | np.isnan(cosine)] = np.nan
    return counts


def _shared(left: ListedSide, right: ListedSide) -> Floats1d:
    """Count the neighbours that both sides have in common among their first ones."""
    return shared_lists(left.lists, right.lists, max(1, min(SHARED_K, left.lists.k - 1)))


_FIELDS = ("positions", "cosines")


def claims_within(first: int, k: int) -> int:
    """Return among how many of a list's first neighbours somebody is claimed: one less than the list of k holds at most, as
    its last neighbour may tie with others that were left out."""
    return max(1, min(first, k - 1))


def claims(neighbours: Neighbours, k: int) -> Floats1d:
    """Return for each product (n,) float32 how many have it among their first k neighbours, with ties at the k-th."""
    counts = np.zeros(len(neighbours), dtype=np.int64)
    for start in range(0, len(neighbours), BLOCK_PRODUCTS):
        part = slice(start, start + BLOCK_PRODUCTS)
        positions, cosines = (np.asarray(getattr(neighbours, name)[part]) for name in _FIELDS)
        claimed = positions[claimed_places(Neighbours(positions, cosines), k)]
        counts += np.bincount(claimed, minlength=len(neighbours))
    return counts.astype(np.float32)


def claimed_places(lists: Neighbours, k: int) -> npt.NDArray[np.bool_]:
    """Return which places of lists (q, l) hold one of the first k neighbours, or one that ties with the k-th."""
    last = min(k, lists.k) - 1
    # a list that is shorter than k ends in NaN: then all of it counts
    enough = np.nan_to_num(lists.cosines[:, last], nan=-np.inf)
    claiming = np.asarray((lists.cosines >= enough[:, None]) & (lists.positions >= 0), dtype=bool)
    if last < lists.k - 1:  # a tie up to the end of the list goes on beyond it: nobody is claimed
        claiming[enough == lists.cosines[:, -1]] = False
    return claiming


@dataclass(frozen=True)
class ListStatistics:
    """It measures each product's neighbour list (n,), float32, NaN for products that were not asked for.

    `best` is the best cosine, `step` its lead over the second, `mean` and `deviation` are those of all; NaN where the
    list is too short for it.
    """

    best: Floats1d
    step: Floats1d
    mean: Floats1d
    deviation: Floats1d

    @classmethod
    def of(cls, neighbours: Neighbours, products: Ints1d) -> "ListStatistics":
        """Measure the lists of these products; the others' (n,) stay unknown."""
        every = cls(*(np.full(len(neighbours), np.nan, dtype=np.float32) for _ in range(4)))
        for start in range(0, len(products), BLOCK_PRODUCTS):
            rows = products[start : start + BLOCK_PRODUCTS]
            part = cls.of_lists(np.asarray(neighbours.cosines[rows]))
            for name in ("best", "step", "mean", "deviation"):
                getattr(every, name)[rows] = getattr(part, name)
        return every

    @classmethod
    def of_lists(cls, cosines: Floats2d) -> "ListStatistics":
        """Measure lists (q, k) of cosines, NaN behind the last."""
        there = ~np.isnan(cosines)
        counts = there.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.asarray(np.where(there, cosines, 0).sum(axis=1) / counts, dtype=np.float32)
            squares = np.where(there, cosines - mean[:, None], 0) ** 2
            spread = np.asarray(np.sqrt(squares.sum(axis=1) / counts), dtype=np.float32)
        deviation = np.where(spread > LEAST_SPREAD, spread, np.float32(np.nan))
        step = cosines[:, 0] - cosines[:, 1] if cosines.shape[1] > 1 else np.full(len(cosines), np.nan)
        return cls(cosines[:, 0], step.astype(np.float32), mean, deviation)

    def take(self, rows: Ints1d) -> "ListStatistics":
        """Return those of some of the lists."""
        return ListStatistics(self.best[rows], self.step[rows], self.mean[rows], self.deviation[rows])
