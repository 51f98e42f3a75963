"""Ranks and cosines: what each view's neighbours say of a pair, from both sides."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.neighbours import Neighbours, rank_of, shared_neighbours
from indexing.product_index import ProductIndex
from reranking.features import Feature

SHARED_K = 20
BLOCK_PAIRS = 16_384

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
    "shared": f"neighbours in common among the first {SHARED_K} of each side in the {{view}} view",
}


@dataclass(frozen=True)
class RankSignals:
    """One view: its name, the neighbours of every product (cut to the model's k), and the index for cosines."""

    index: ProductIndex
    view: str
    neighbours: Neighbours

    @classmethod
    def of(cls, index: ProductIndex, view: str, k: int) -> "RankSignals":
        """Raises InputError when the index has no such view."""
        return cls(index, view, index.neighbours(view).first(k))

    @property
    def features(self) -> tuple[Feature, ...]:
        return tuple(
            Feature(
                f"{self.view}_{name}",
                f"{self.view} ranks" if name != "cosine" else "cosines",
                text.format(view=self.view),
            )
            for name, text in _MEANINGS.items()
        )

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """The features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        out = np.empty((len(left), len(_MEANINGS)), dtype=np.float32)
        for start in range(0, len(left), BLOCK_PAIRS):
            part = slice(start, start + BLOCK_PAIRS)
            out[part] = self._block(left[part], right[part])
        return out

    def _block(self, left: Ints1d, right: Ints1d) -> Floats2d:
        cosine = self.index.cosines(self.view, left, right)
        ranks = np.stack([rank_of(self.neighbours, left, right), rank_of(self.neighbours, right, left)])
        lists = [_ListStatistics.of(self.neighbours.cosines[side]) for side in (left, right)]
        gaps = np.stack([side.best - cosine for side in lists])
        standings = np.stack([(cosine - side.mean) / side.deviation for side in lists])
        steps = np.stack([side.best - side.second for side in lists])
        found = ~np.isnan(ranks)
        reciprocal = np.where(found, 1.0 / np.where(found, ranks, 1), 0.0).sum(axis=0)
        columns = [
            cosine,
            np.fmin(*ranks),
            np.maximum(*ranks),
            found.sum(axis=0),
            reciprocal,
            np.fmin(*gaps),
            np.fmax(*gaps),
            np.fmin(*standings),
            np.fmax(*standings),
            np.fmin(*steps),
            np.fmax(*steps),
            shared_neighbours(self.neighbours, left, right, SHARED_K),
        ]
        return np.stack(columns, axis=1).astype(np.float32)


@dataclass(frozen=True)
class _ListStatistics:
    """Of each product's neighbour list: best and second cosine, mean and standard deviation (p,); NaN if none."""

    best: Floats1d
    second: Floats1d
    mean: Floats1d
    deviation: Floats1d

    @classmethod
    def of(cls, cosines: Floats2d) -> "_ListStatistics":
        there = ~np.isnan(cosines)
        counts = there.sum(axis=1)
        filled = np.where(there, cosines, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = filled.sum(axis=1) / counts
            spread = np.sqrt((np.where(there, cosines - mean[:, None], 0) ** 2).sum(axis=1) / counts)
        spread = np.where(spread > 1e-6, spread, np.nan)  # one neighbour, or all alike: no scale to measure by
        second = cosines[:, 1] if cosines.shape[1] > 1 else np.full(len(cosines), np.nan)
        return cls(cosines[:, 0], second, mean, spread)


@dataclass(frozen=True)
class ViewSignals:
    """Which sides lack a view, and the cosines with the mean of a product's extra pictures."""

    index: ProductIndex

    @property
    def features(self) -> tuple[Feature, ...]:
        found = [
            Feature(f"{view}_missing", "missing", f"how many of the two products have no {view} vector (0, 1, 2)")
            for view in self._encoded
        ]
        if "image_extra" in self._encoded:
            found += [
                Feature("image_extra_cosine", "cosines", "cosine of the means of both products' extra pictures"),
                Feature(
                    "image_cross_cosine", "cosines", "best cosine of one's main picture and the other's extra ones"
                ),
            ]
        return tuple(found)

    @property
    def _encoded(self) -> list[str]:
        return [view for view in ("text", "image", "image_extra") if self.index.vectors(view) is not None]

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """The features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        missing = [~self.index.seen[view] for view in self._encoded]
        columns = [absent[left].astype(np.float32) + absent[right] for absent in missing]
        if "image_extra" in self._encoded:
            columns.append(self.index.cosines("image_extra", left, right))
            cross = [self._cross(left, right), self._cross(right, left)]
            columns.append(np.fmax(*cross))
        return np.stack(columns, axis=1).astype(np.float32) if columns else np.empty((len(left), 0), np.float32)

    def _cross(self, main: Ints1d, extra: Ints1d) -> Floats1d:
        mains, extras = self.index.vectors("image"), self.index.vectors("image_extra")
        if mains is None or extras is None or mains.dim != extras.dim:
            return np.full(len(main), np.nan, dtype=np.float32)
        cosines = np.einsum("ij,ij->i", mains.take(main), extras.take(extra))
        cosines[~(self.index.seen["image"][main] & self.index.seen["image_extra"][extra])] = np.nan
        return np.asarray(cosines, dtype=np.float32)
