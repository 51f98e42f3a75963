"""What the features of a few products need of the whole catalogue is read once, however many questions come."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.search.neighbours import Neighbours
from reranking.identifiers.identifiers import Identifiers
from reranking.signals.families.attributes import AttributeSignals
from reranking.signals.families.numbers import NumberSignals
from reranking.signals.families.ranks import RankSignals
from reranking.signals.families.titles import TextSignals
from reranking.signals.families.views import ViewSignals
from reranking.signals.product_rows import has_titles_only
from reranking.signals.texts.counting import TokenCounts


@dataclass(frozen=True)
class WholeCatalogue:
    """It holds what was counted of the tokens of an index's products, whether nobody has more than a title, the neighbours of
    everybody in each view that a model looks at, `ranks` as the model does and `kept` all of them, all vectors, and the
    identifiers of everybody.
    """

    index: ProductIndex
    counts: TokenCounts
    titles_only: bool
    ranks: tuple[RankSignals, ...]
    kept: tuple[Neighbours, ...]
    vectors: ViewSignals
    identifiers: Identifiers

    @classmethod
    def read(cls, index: ProductIndex, views: Sequence[str], k: int, progress: Progress = silent) -> "WholeCatalogue":
        """Count all tokens, and go through all lists of these views, the first `k` neighbours of each product."""
        counts, nobody = TokenCounts(titles_only=False), np.zeros(0, dtype=np.int64)
        steps, everybody = len(views) + 3, np.arange(len(index.catalog))
        for number, count in enumerate(
            (TextSignals.from_catalog, NumberSignals.from_catalog, AttributeSignals.from_catalog)
        ):
            progress("prepare", number, steps)
            count(index.catalog, nobody, counts)
        ranks = []
        for number, view in enumerate(views):
            progress("prepare", 3 + number, steps)
            ranks.append(RankSignals.of(index, view, k, everybody))
        kept = tuple(index.kept_neighbours(view) for view in views)
        progress("prepare", steps, steps)
        vectors, identifiers = ViewSignals.of(index), Identifiers.of(index.catalog)
        return cls(index, counts, has_titles_only(index.catalog), tuple(ranks), kept, vectors, identifiers)
