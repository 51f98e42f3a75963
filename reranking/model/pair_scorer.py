"""A pair scorer puts a model on an index: it gives scores and thresholds of pairs of products, without files."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.model.reranker import XgboostReranker
from reranking.pairs.evaluation_category import SideCategories, evaluated_names, side_categories
from reranking.signals.counted_catalogue import CountedCatalogue
from reranking.signals.feature import columns_of
from reranking.signals.signals import Signals, prepare_signals
from reranking.signals.whole_catalogue import WholeCatalogue


@dataclass(frozen=True)
class PairScorer:
    """It scores pairs of the products that it was prepared for; `columns` (f,) are the model's among all features."""

    index: ProductIndex
    model: XgboostReranker
    signals: Signals
    columns: Ints1d

    @classmethod
    def prepare(
        cls,
        index: ProductIndex,
        model: XgboostReranker,
        products: Ints1d,
        whole: WholeCatalogue | None = None,
        *,
        counted: CountedCatalogue | None = None,
        many: bool = False,
        progress: Progress = silent,
    ) -> "PairScorer":
        """Prepare for pairs of `products` (sorted positions), by the `whole` catalogue where it was read for the model, or by what was
        `counted` of it; for `many` pairs of them, what is computed of their rivals is kept. Raises InputError when the index does not fit."""
        model.needs.refuse(index)
        needs = model.needs
        signals = prepare_signals(
            index,
            products,
            k=needs.k,
            views=needs.views,
            same_source=model.same_source,
            learned=model.learned,
            whole=whole,
            counted=counted,
            keep=many,
            progress=progress,
        )
        return cls(index, model, signals, np.array(columns_of(signals.names, model.feature_names), dtype=np.int64))

    def features(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the model's features (p, f) of pairs of positions."""
        return np.take(self.signals.compute(left, right), self.columns, axis=1)

    def score(self, left: Ints1d, right: Ints1d) -> Floats1d:
        """Return the scores (p,) of pairs of positions, from 0 to 1."""
        return self.model.score(self.features(left, right), self.side_categories(left, right))

    def probabilities(self, left: Ints1d, right: Ints1d) -> Floats1d:
        """Return the calibrated probabilities (p,) of pairs of positions."""
        return self.model.probabilities(self.score(left, right), pa.array(self.categories(left), pa.large_string()))

    def categories(self, left: Ints1d) -> list[str]:
        """Return the evaluation category of each pair, by its left product."""
        return list(self.evaluation_categories(left).to_pylist())

    def evaluation_categories(self, left: Ints1d) -> pa.Array:
        """Return what `categories` does, in a column (p,)."""
        return self.model.mapping.of(evaluated_names(self.index.catalog, left))

    def side_categories(self, left: Ints1d, right: Ints1d) -> SideCategories:
        """Return the evaluation categories of both products of pairs of positions."""
        return side_categories(self.index.catalog, left, right, self.model.mapping)

    def thresholds(self, left: Ints1d) -> Floats1d:
        """Return the threshold (p,) of each pair's evaluation category; infinity where nothing is called a match."""
        return self.model.decisions.of(self.evaluation_categories(left))
