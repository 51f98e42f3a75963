"""A session answers questions to an index, with a model's probabilities where it can give them."""

from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.filters import EVERYBODY, Filters
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.query.find_neighbours import Query, QueryResult, find_neighbours

if TYPE_CHECKING:
    from reranking.model.pair_scorer import PairScorer
    from reranking.model.reranker import XgboostReranker
    from reranking.signals.whole_catalogue import WholeCatalogue

PREPARED_WHOLE = 50_000  # products: a catalogue up to this size is prepared for the model once for all questions


@dataclass(frozen=True)
class Answer:
    """It holds the neighbours of a query; `products` are theirs, in their order. `notes` are lines for the reader.

    `probabilities` (m,) are None without a model, NaN for a query that is not in the catalogue.
    """

    query: Query
    k: int
    filters: Filters
    result: QueryResult
    products: Catalog
    probabilities: Floats1d | None
    notes: tuple[str, ...]


class StillReading(Exception):
    """A large catalogue is still being read for the model, so that it cannot score yet."""


@dataclass
class Session:
    """It has an open index, and a model that fits it, if any; several threads may ask it. Raises InputError when the
    model does not fit.

    The first question prepares all products of a small catalogue for the model, so that the others take less. A large one, or any where it
    `prepares_few`, is read once for the model, by whoever asks first, and each question prepares its own products; where it `waits`, somebody
    else calls `read_whole`, and until that is done nothing is scored. What is read of the whole catalogue is told to `progress`.
    """

    index: ProductIndex
    model: "XgboostReranker | None" = None
    waits: bool = False
    prepares_few: bool = False
    progress: Progress = silent
    _scorers: "list[PairScorer]" = field(default_factory=list)  # the last one made
    _preparing: Lock = field(default_factory=Lock)
    _whole: "list[WholeCatalogue]" = field(default_factory=list)  # the one there is
    _reading: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        if self.model is not None:
            self.model.needs.refuse(self.index)

    @cached_property
    def name(self) -> str:
        """Return the index folder's own name."""
        return self.index.folder.resolve().name

    def ask(self, query: Query, k: int, filters: Filters = EVERYBODY) -> Answer:
        """Find the k neighbours of a query. Raises InputError as `find_neighbours` does."""
        result = find_neighbours(self.index, query, k, filters=filters)
        products = self.index.catalog.take(result.positions)
        probabilities = self._probabilities(query, result)
        return Answer(query, k, filters, result, products, probabilities, self._notes(query, result, k, filters))

    @property
    def takes_few(self) -> bool:
        """Say whether a model is prepared for a few products at a time."""
        return self.prepares_few or len(self.index.catalog) > PREPARED_WHOLE

    def read_whole(self, model: "XgboostReranker") -> "WholeCatalogue":
        """Return what scoring of a few products needs of the whole catalogue, which is read once."""
        from reranking.signals.whole_catalogue import WholeCatalogue

        with self._reading:
            if not self._whole:
                self._whole.append(WholeCatalogue.read(self.index, model.needs.views, model.needs.k, self.progress))
            return self._whole[0]

    def scorer(self, model: "XgboostReranker", products: Ints1d) -> "PairScorer":
        """Return the model ready for pairs of these products (positions). Raises StillReading."""
        from reranking.model.pair_scorer import PairScorer  # which loads XGBoost

        if self.takes_few:
            if self.waits and not self._whole:
                raise StillReading
            return PairScorer.prepare(self.index, model, np.unique(products), self.read_whole(model))
        with self._preparing:
            if not self._scorers:
                whole = np.arange(len(self.index.catalog))
                self._scorers.append(PairScorer.prepare(self.index, model, whole, progress=self.progress))
            return self._scorers[0]

    def _probabilities(self, query: Query, result: QueryResult) -> Floats1d | None:
        if self.model is None:
            return None
        if query.position is None or not len(result):
            return np.full(len(result), np.nan, dtype=np.float32)
        left = np.full(len(result), query.position)
        try:
            scorer = self.scorer(self.model, np.append(result.positions, query.position))
        except StillReading:
            return np.full(len(result), np.nan, dtype=np.float32)
        return scorer.probabilities(left, result.positions)

    def _notes(self, query: Query, result: QueryResult, k: int, filters: Filters) -> tuple[str, ...]:
        notes = []
        if self.model is not None and query.position is None:
            notes.append("no probability: the model scores pairs of the catalogue's products, so ask by id")
        elif self.model is not None and self.takes_few and self.waits and not self._whole:
            notes.append("no probability yet: the catalogue is being read for the model, ask again in a while")
        if query.position is None and query.view is None and result.searched == "lexical":
            notes.append("searched the lexical view: a text has no vector in the text view of this index")
        if result.blind:
            notes.append(f"nothing found: there is nothing to see of it in the {result.searched} view")
        elif len(result) < min(k, len(self.index.catalog)):
            where = f" of {filters}" if filters else ""
            notes.append(f"no more than {len(result)} products{where} can be its neighbours")
        return tuple(notes)
