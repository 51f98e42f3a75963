"""An index and a model add a context to an evaluation that has only scores and truth."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from indexing.catalog.catalog import Catalog

if TYPE_CHECKING:
    from eval.inputs.scores import Scores
    from indexing.product_index import ProductIndex
    from reranking.model.reranker import XgboostReranker

REST = "rest"


@dataclass(frozen=True)
class Context:
    """All is optional: the products, the categories that the model keeps apart, its threshold per category.

    `default_threshold` decides in categories that `thresholds` do not name.
    `kept` None means that every category of the evaluated level stands for itself, unless the scores name some (`following`); a
    product without one is `rest` always. `index` tells what retrieval proposes; with `model`, the one that made the
    scores, it tells why a pair got its score.
    """

    catalog: Catalog | None = None
    kept: frozenset[str] | None = None
    thresholds: Mapping[str, float] | None = None
    default_threshold: float | None = None
    index: "ProductIndex | None" = None
    model: "XgboostReranker | None" = None

    def following(self, scores: "Scores") -> "Context":
        """Keep the categories that the scores name, in their thresholds or of a pair, where no model says which are kept.

        A category that they do not name is `rest`, as it is to the model that made the scores.
        """
        named = set() if scores.provenance is None else set(scores.provenance.thresholds)
        if scores.categories is not None:
            named |= set(pc.unique(scores.categories).to_pylist())
        return self if self.kept is not None or not named else replace(self, kept=frozenset(named - {None, REST}))

    def evaluated_names(self, ids: pa.Array) -> pa.Array | None:
        """Return each product's category of the evaluated level, null for none; None without a catalogue. Raises UnknownId."""
        if self.catalog is None:
            return None
        names = self.catalog.category().take(pa.array(self.catalog.positions(ids)))
        return pc.cast(names, pa.large_string()).combine_chunks()

    def evaluation_categories(self, ids: pa.Array) -> pa.Array | None:
        """Return each product's evaluation category, never null; None without a catalogue. Raises UnknownId."""
        names = self.evaluated_names(ids)
        if names is None:
            return None
        if self.kept is not None:
            known = pc.is_in(names, pa.array(sorted(self.kept), pa.large_string()))
            names = pc.if_else(known, names, pa.scalar(REST, pa.large_string()))
        return pc.fill_null(names, REST)
