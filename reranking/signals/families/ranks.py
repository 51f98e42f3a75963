"""Ranks and cosines are what each view's neighbours say of a pair, from both sides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.product_index import ProductIndex
from indexing.search.neighbours import RESOLUTION, Neighbours, rank_of, shared_neighbours
from indexing.vectors.vectors import unit_rows
from reranking.signals.feature import Feature

SHARED_K = 20
ENCODED_VIEWS = ("text", "image", "image_extra")
BLOCK_PAIRS = 16_384
LEAST_SPREAD = 1e-6  # one neighbour, or all alike: no scale to measure by

_MEANINGS = {
    "cosine": "cosine of the two products in the {view} view",
    "rank_smaller": "the better of the two ranks: right among left's {view} neighbours, left among right's",
    "rank_larger": "the worse of the two ranks; unknown unless each is among the other's {view} neighbours",
    "rank_mutual": "how many of the two are among the other's {view} neighbours (0, 1, 2)",
    "rank_reciprocal": "sum of 1 / rank over both directions, 0 where not among the {view} neighbours",
    "gap_best_smaller": "how far the pair's {view} cosine falls short of the side's best neighbour, the smaller gap",
    "gap_best_larger": "the same, the larger gap",
    "z_smaller": "the pair's {view} cosine in standard deviations above the mean of a side's neighbours, smaller",
    "z_larger": "the same, the larger",
    "gap_next_smaller": "{view} cosine of a side's first neighbour less that of its second, the smaller",
    "gap_next_larger": "the same, the larger",
    "better_offers_smaller": "offers of the other's source nearer to a side than the other is, of its {view} neighbours",
    "better_offers_larger": "the same, on the side with more of them",
    "claims_first_smaller": "products whose first {view} neighbour it is, the side with fewer",
    "claims_first_larger": "the same, the side with more",
    "claims_ten_smaller": "products that have it among their first ten {view} neighbours, the side with fewer",
    "claims_ten_larger": "the same, the side with more",
    "shared": f"neighbours in common among the first {SHARED_K} of each side in the {{view}} view",
}
_RISING = ("cosine", "rank_reciprocal", "rank_mutual", "z_smaller", "z_larger")
_FALLING = (
    "rank_smaller",
    "rank_larger",
    "gap_best_smaller",
    "gap_best_larger",
    "better_offers_smaller",
    "better_offers_larger",
)


def rank_features(view: str) -> tuple[Feature, ...]:
    """Declare the features of one view."""
    return tuple(
        Feature(
            f"{view}_{name}",
            "cosines" if name == "cosine" else f"{view} ranks",
            text.format(view=view),
            direction=(name in _RISING) - (name in _FALLING),
        )
        for name, text in _MEANINGS.items()
    )


@dataclass(frozen=True)
class RankSignals:
    """It holds one view of an index: the neighbours of every product, cut to the model's k, and what is told of them.

    `lists` say what their cosines are like, `claims_first` and `claims_ten` (n,) who is claimed how often, and
    `sources` (n,) are each product's source as a code, -1 for none.
    """

    index: ProductIndex
    view: str
    neighbours: Neighbours
    lists: "ListStatistics"
    claims_first: Floats1d
    claims_ten: Floats1d
    sources: Ints1d

    @classmethod
    def of(cls, index: ProductIndex, view: str, k: int, products: Ints1d) -> "RankSignals":
        """Prepare one view for `products` (sorted positions). Raises InputError when the index has no such view."""
        neighbours = index.neighbours(view).first(k)
        lists, sources = ListStatistics.of(neighbours, products), index.catalog.sources()
        # one less than the list holds: its last neighbour may tie with others that were left out
        first, ten = (claims(neighbours, max(1, min(claimed, neighbours.k - 1))) for claimed in (1, 10))
        return cls(index, view, neighbours, lists, first, ten, sources)

    @property
    def features(self) -> tuple[Feature, ...]:
        return rank_features(self.view)

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        out = np.empty((len(left), len(_MEANINGS)), dtype=np.float32)
        for start in range(0, len(left), BLOCK_PAIRS):
            part = slice(start, start + BLOCK_PAIRS)
            self._block(left[part], right[part], out[part])
        return out

    def _block(self, left: Ints1d, right: Ints1d, out: Floats2d) -> None:
        cosine = self.index.cosines(self.view, left, right)
        ranks = np.stack([self._ranks(left, right, cosine), self._ranks(right, left, cosine)])
        best, mean = self.lists.best, self.lists.mean
        deviation, step = self.lists.deviation, self.lists.step
        gaps = best[left] - cosine, best[right] - cosine
        standings = (cosine - mean[left]) / deviation[left], (cosine - mean[right]) / deviation[right]
        found = ~np.isnan(ranks)
        better = [self._better_offers(side, other, cosine) for side, other in ((left, right), (right, left))]
        columns = (
            cosine,
            np.fmin(*ranks),
            np.maximum(*ranks),
            found.sum(axis=0),
            np.nan_to_num(1 / ranks).sum(axis=0),
            np.fmin(*gaps),
            np.fmax(*gaps),
            np.fmin(*standings),
            np.fmax(*standings),
            np.fmin(step[left], step[right]),
            np.fmax(step[left], step[right]),
            np.fmin(*better),
            np.fmax(*better),
            np.minimum(self.claims_first[left], self.claims_first[right]),
            np.maximum(self.claims_first[left], self.claims_first[right]),
            np.minimum(self.claims_ten[left], self.claims_ten[right]),
            np.maximum(self.claims_ten[left], self.claims_ten[right]),
            shared_neighbours(self.neighbours, left, right, max(1, min(SHARED_K, self.neighbours.k - 1))),
        )
        for number, column in enumerate(columns):
            out[:, number] = column

    def _ranks(self, side: Ints1d, other: Ints1d, cosine: Floats1d) -> Floats1d:
        """Return the ranks (p,) of `other` among the neighbours of `side`, NaN where it is not among them.

        It has a rank also where it ties with the last of them and was left out by the order of the catalogue.

        It has one also where it ties with the last of them and was left out by the order of the catalogue.
        """
        ranks = rank_of(self.neighbours, side, other)
        missing = np.flatnonzero(np.isnan(ranks))
        last = self.neighbours.cosines[side[missing], -1]  # NaN where the list has room: then nothing was left out
        tied = missing[np.abs(cosine[missing] - last) <= RESOLUTION]
        if self.index.made.match_across_sources:
            tied = tied[(self.sources[side[tied]] != self.sources[other[tied]]) | (self.sources[side[tied]] < 0)]
        lists = self.neighbours.cosines[side[tied]]
        ranks[tied] = 1 + (lists > lists[:, -1:]).sum(axis=1)
        return ranks

    def _better_offers(self, side: Ints1d, other: Ints1d, cosine: Floats1d) -> Floats1d:
        """Count the neighbours of `side` (p,), offered by the source of `other`, nearer than the pair's cosine.

        Those that tie with the last of a full list do not count for a pair beyond it: others may have been left out.
        """
        positions = self.neighbours.positions[side]
        theirs = self.sources[other]
        offered = self.sources[np.maximum(positions, 0)] == theirs[:, None]
        lists = self.neighbours.cosines[side]
        least = np.fmax(cosine + RESOLUTION, lists[:, -1])
        nearer = lists > least[:, None]  # False for NaN: no neighbour
        counts = np.asarray((offered & nearer).sum(axis=1), dtype=np.float32)
        counts[(theirs < 0) | np.isnan(cosine)] = np.nan
        return counts


def claims(neighbours: Neighbours, k: int) -> Floats1d:
    """Return for each product (n,) float32 how many have it among their first k neighbours, with ties at the k-th."""
    counts = np.zeros(len(neighbours), dtype=np.int64)
    last = min(k, neighbours.k) - 1
    for start in range(0, len(neighbours), BLOCK_PAIRS):
        cosines = neighbours.cosines[start : start + BLOCK_PAIRS]
        # a list that is shorter than k ends in NaN: then all of it counts
        enough = np.nan_to_num(cosines[:, last], nan=-np.inf)
        positions = neighbours.positions[start : start + BLOCK_PAIRS]
        claiming = (cosines >= enough[:, None]) & (positions >= 0)
        if last < neighbours.k - 1:  # a tie up to the end of the list goes on beyond it: nobody is claimed
            claiming[enough == cosines[:, -1]] = False
        claimed = positions[claiming]
        counts += np.bincount(claimed, minlength=len(neighbours))
    return counts.astype(np.float32)


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
        best, step, mean, deviation = (np.full(len(neighbours), np.nan, dtype=np.float32) for _ in range(4))
        for start in range(0, len(products), BLOCK_PAIRS):
            rows = products[start : start + BLOCK_PAIRS]
            cosines = np.asarray(neighbours.cosines[rows])
            there = ~np.isnan(cosines)
            counts = there.sum(axis=1)
            with np.errstate(invalid="ignore", divide="ignore"):
                mean[rows] = np.where(there, cosines, 0).sum(axis=1) / counts
                squares = np.where(there, cosines - mean[rows, None], 0) ** 2
                spread = np.sqrt(squares.sum(axis=1) / counts)
            deviation[rows] = np.where(spread > LEAST_SPREAD, spread, np.nan)
            best[rows] = cosines[:, 0]
            if cosines.shape[1] > 1:
                step[rows] = cosines[:, 0] - cosines[:, 1]
        return cls(best, step, mean, deviation)


def view_features(encoded: Sequence[str]) -> tuple[Feature, ...]:
    """Declare the features of an index that has encoded these views."""
    found = [
        Feature(
            f"{view}_vector_missing", "missing views", f"how many of the two products have no {view} vector (0, 1, 2)"
        )
        for view in encoded
    ]
    if "image_extra" in encoded:
        found += [
            Feature(
                "image_extra_cosine", "cosines", "cosine of the means of both products' extra pictures", direction=1
            ),
            Feature(
                "image_cross_cosine",
                "cosines",
                "best cosine of one's main picture and the mean of the other's extra",
                direction=1,
            ),
            Feature(
                "image_all_cosine",
                "cosines",
                "cosine of all pictures of both products: the mean of the main one and the mean of the extra, where any",
                direction=1,
            ),
        ]
    return tuple(found)


@dataclass(frozen=True)
class ViewSignals:
    """It tells which sides lack a view, and the cosines with the mean of a product's extra pictures."""

    index: ProductIndex

    @property
    def features(self) -> tuple[Feature, ...]:
        return view_features(self._encoded)

    @property
    def _encoded(self) -> list[str]:
        return [view for view in ENCODED_VIEWS if self.index.vectors(view) is not None]

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        missing = [~self.index.seen[view] for view in self._encoded]
        columns = [absent[left].astype(np.float32) + absent[right] for absent in missing]
        if "image_extra" in self._encoded:
            columns.append(self.index.cosines("image_extra", left, right))
            cross = [self._cross(left, right), self._cross(right, left)]
            columns.append(np.fmax(*cross))
            columns.append(self._all_pictures(left, right))
        return np.stack(columns, axis=1).astype(np.float32) if columns else np.empty((len(left), 0), np.float32)

    def _all_pictures(self, left: Ints1d, right: Ints1d) -> Floats1d:
        mains, extras = self.index.vectors("image"), self.index.vectors("image_extra")
        if mains is None or extras is None or mains.dim != extras.dim:
            return np.full(len(left), np.nan, dtype=np.float32)
        sides = [unit_rows(mains.take(side) + extras.take(side)) for side in (left, right)]
        cosines = np.einsum("ij,ij->i", *sides)
        cosines[~(np.any(sides[0], axis=1) & np.any(sides[1], axis=1))] = np.nan
        return np.asarray(cosines, dtype=np.float32)

    def _cross(self, main: Ints1d, extra: Ints1d) -> Floats1d:
        mains, extras = self.index.vectors("image"), self.index.vectors("image_extra")
        if mains is None or extras is None or mains.dim != extras.dim:
            return np.full(len(main), np.nan, dtype=np.float32)
        cosines = np.einsum("ij,ij->i", mains.take(main), extras.take(extra))
        cosines[~(self.index.seen["image"][main] & self.index.seen["image_extra"][extra])] = np.nan
        return np.asarray(cosines, dtype=np.float32)
