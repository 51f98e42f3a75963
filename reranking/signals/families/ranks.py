"""Ranks and cosines are what each view's neighbours say of a pair, from both sides."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.product_index import ProductIndex
from indexing.search.neighbours import Neighbours
from reranking.signals.families.listed_sides import (
    SHARED_K,
    ListedSide,
    ListStatistics,
    claims,
    claims_within,
    rank_columns,
)
from reranking.signals.feature import Feature

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
    lists: ListStatistics
    claims_first: Floats1d
    claims_ten: Floats1d
    sources: Ints1d

    @classmethod
    def of(cls, index: ProductIndex, view: str, k: int, products: Ints1d) -> "RankSignals":
        """Prepare one view for `products` (sorted positions). Raises InputError when the index has no such view."""
        neighbours = index.neighbours(view).first(k)
        lists, sources = ListStatistics.of(neighbours, products), index.catalog.sources()
        first, ten = (claims(neighbours, claims_within(claimed, neighbours.k)) for claimed in (1, 10))
        return cls(index, view, neighbours, lists, first, ten, sources)

    @property
    def features(self) -> tuple[Feature, ...]:
        return rank_features(self.view)

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        out = np.empty((len(left), len(_MEANINGS)), dtype=np.float32)
        for start in range(0, len(left), BLOCK_PAIRS):
            part = slice(start, start + BLOCK_PAIRS)
            cosine = self.index.cosines(self.view, left[part], right[part])
            sides = self._side(left[part]), self._side(right[part])
            rank_columns(out[part], cosine, *sides, across=self.index.made.match_across_sources)
        return out

    def _side(self, products: Ints1d) -> ListedSide:
        lists = self.neighbours.take(products)
        return ListedSide(
            products,
            lists,
            self.lists.take(products),
            (self.claims_first[products], self.claims_ten[products]),
            self.sources[products],
            self.sources[lists.positions],  # at -1 the last one's, which nobody reads,
        )
