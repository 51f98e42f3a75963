"""What the features of a few products need of the whole catalogue is read once, however many questions come."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.search.neighbours import Neighbours
from reranking.signals.counted_catalogue import CountedCatalogue, counted_tokens
from reranking.signals.families.ranks import RankSignals
from reranking.signals.families.views import ViewSignals
from reranking.signals.kept_counts import LEAST_PRODUCTS, keep_counts, known_counts
from reranking.signals.product_rows import has_titles_only


@dataclass(frozen=True)
class WholeCatalogue:
    """It holds an index's catalogue as it was `counted`, texts beyond titles too, the neighbours of everybody in each view that a
    model looks at, `ranks` as the model does and `kept` all of them, and all vectors."""

    index: ProductIndex
    counted: CountedCatalogue
    ranks: tuple[RankSignals, ...]
    kept: tuple[Neighbours, ...]
    vectors: ViewSignals

    @classmethod
    def read(cls, index: ProductIndex, views: Sequence[str], k: int, progress: Progress = silent) -> "WholeCatalogue":
        """Count all tokens, unless a command before did, and go through all lists of these views, the first `k` neighbours of each product."""
        known, everybody = known_counts(index, titles_only=False), np.arange(len(index.catalog))
        if known is None:
            large = len(index.catalog) >= LEAST_PRODUCTS
            counts = counted_tokens(index.catalog, titles_only=False, progress=progress if large else silent)
            keep_counts(index, counts)
        else:
            counts = known.tokens
        ranks = []
        for number, view in enumerate(views):
            progress("prepare", number, len(views))
            ranks.append(RankSignals.of(index, view, k, everybody))
        kept = tuple(index.kept_neighbours(view) for view in views)
        progress("prepare", len(views), len(views))
        counted = CountedCatalogue(index.catalog, counts, has_titles_only(index.catalog))
        _ = counted.identifiers  # read now, not when somebody asks
        return cls(index, counted, tuple(ranks), kept, ViewSignals.of(index))
