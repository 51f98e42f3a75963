"""All features of a pair: the families put side by side, for the products that the pairs mention."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats2d, Ints1d
from indexing.errors import InputError
from indexing.product_index import DENSE_VIEWS, ProductIndex
from indexing.progress import Progress, silent
from reranking import attribute_features, number_features, product_features, text_features
from reranking.attribute_features import AttributeSignals
from reranking.features import Feature, FeatureFamily
from reranking.number_features import NumberSignals
from reranking.product_features import ProductSignals
from reranking.rank_features import ENCODED_VIEWS, RankSignals, ViewSignals, rank_features, view_features
from reranking.text_features import TextSignals

BLOCK_PAIRS = 65_536
THREAD_PAIRS = 8_192  # pairs that one thread takes at a time


@dataclass(frozen=True)
class Signals:
    """The families of features, ready to compute pairs of the products that they were prepared for."""

    families: tuple[FeatureFamily, ...]

    @property
    def features(self) -> tuple[Feature, ...]:
        """All declarations, in the order of the columns."""
        return tuple(feature for family in self.families for feature in family.features)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """The features of pairs of positions (p,), as (p, f) float32, NaN = unknown; the pairs shared by all cores."""
        out = np.empty((len(left), len(self.features)), dtype=np.float32)
        starts = range(0, len(left), THREAD_PAIRS)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for _ in pool.map(lambda start: self._fill(out, left, right, start), starts):
                pass
        return out

    def _fill(self, out: Floats2d, left: Ints1d, right: Ints1d, start: int) -> None:
        part, column = slice(start, start + THREAD_PAIRS), 0
        for family in self.families:
            computed = family.compute(left[part], right[part])
            out[part, column : column + computed.shape[1]] = computed
            column += computed.shape[1]

    def compute_all(self, left: Ints1d, right: Ints1d, *, stage: str, progress: Progress = silent) -> Floats2d:
        """The same, a block of pairs at a time, so that only the result is large."""
        out = np.empty((len(left), len(self.features)), dtype=np.float32)
        progress(stage, 0, len(left))
        for start in range(0, len(left), BLOCK_PAIRS):
            part = slice(start, start + BLOCK_PAIRS)
            out[part] = self.compute(left[part], right[part])
            progress(stage, min(start + BLOCK_PAIRS, len(left)), len(left))
        return out


def declared_features() -> tuple[Feature, ...]:
    """Every feature that any index can have, in the order of families: what docs/features.md lists."""
    ranks = [feature for view in (*DENSE_VIEWS, "lexical") for feature in rank_features(view)]
    families = text_features, number_features, attribute_features, product_features
    of_catalog = [feature for family in families for feature in family.FEATURES]
    return (*ranks, *view_features(ENCODED_VIEWS), *of_catalog, product_features.SAME_SOURCE)


def prepare_signals(
    index: ProductIndex,
    products: Ints1d,
    *,
    k: int | None = None,
    views: Sequence[str] | None = None,
    same_source: bool = False,
) -> Signals:
    """The families for an index, prepared for `products` (sorted positions).

    `k` and `views` are the model's, by default the index's own. Raises InputError when the index keeps fewer
    neighbours or lacks a view.
    """
    k = index.k if k is None else k
    if index.k < k:
        raise InputError(
            f"{index.folder}: keeps {index.k} neighbours, the model was trained with {k}: build with -k {k}"
        )
    ranks = [RankSignals.of(index, view, k, products) for view in (index.views if views is None else views)]
    catalog = index.catalog
    return Signals(
        (
            *ranks,
            ViewSignals(index),
            TextSignals.from_catalog(catalog, products),
            NumberSignals.from_catalog(catalog, products),
            AttributeSignals.from_catalog(catalog, products),
            ProductSignals.from_catalog(catalog, products, same_source=same_source),
        )
    )
