"""Offers and the products that they are compared with stand in rows, for which the families of features are prepared."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from indexing.arrays import Floats2d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.given.neighbour_search import NOBODY
from reranking.identifiers.identifiers import Identifiers
from reranking.matching.pairing import OfferPairs
from reranking.signals.families.attributes import AttributeSignals
from reranking.signals.families.identifiers import IdentifierSignals
from reranking.signals.families.numbers import NumberSignals
from reranking.signals.families.products import ProductSignals
from reranking.signals.families.titles import TextSignals
from reranking.signals.feature import Feature, FeatureFamily
from reranking.signals.learned.pair_tokens import TokenSource
from reranking.signals.learned.words import LearnedWords, WordSignals
from reranking.signals.plain_families import PlainFamilies
from reranking.signals.signals import Signals
from reranking.signals.texts.counting import TokenCounts
from reranking.signals.texts.worlds import Worlds


@dataclass(frozen=True)
class WorkingRows:
    """They are the rows of offers' `members`: the products of pairs, each in the world of its offer, then the offers, each in
    its own."""

    catalog: Catalog
    offers: Catalog
    members: OfferPairs

    @cached_property
    def _read(self) -> Ints1d:
        """Return the positions (r,) of all products of the index that are read, each once, ascending."""
        known = self.members.given.known
        return np.unique(np.concatenate([self.members.products, known[known != NOBODY]]))

    @cached_property
    def _table(self) -> Catalog:
        """Return these products, then the offers, whose ids, which may be of another type, nothing looks at."""
        own, offers = self.catalog.take(self._read), self.offers.table
        nameless = offers.set_column(offers.column_names.index("id"), "id", pa.nulls(len(offers), own.ids.type))
        return replace(own, table=pa.concat_tables([own.table, nameless]).combine_chunks())

    @cached_property
    def worlds(self) -> Worlds:
        """Return of which product each row is, by its place in what is read, and in which world."""
        come, known = len(self._read) + np.arange(len(self.offers)), self.members.given.known
        places = np.concatenate([np.searchsorted(self._read, self.members.products), come])
        goes = np.where(known == NOBODY, NOBODY, np.searchsorted(self._read, known))
        return Worlds(places, self.members.rows, come, goes)

    def categories(self) -> list[str | None]:
        """Return the category of each row, at the level that is evaluated."""
        names = self._table.category().to_pylist()
        return [names[row] for row in self.worlds.rows.tolist()]

    def texts(self, template: Any) -> tuple[str, ...]:
        """Return the text of each row, by a template."""
        found = template.texts(self._table)
        return tuple(found[row] for row in self.worlds.rows.tolist())

    def families(
        self, counts: TokenCounts, identifiers: Identifiers, *, titles_only: bool, same_source: bool
    ) -> PlainFamilies:
        """Return the families that look at texts and cells, for all rows; those that look at neighbours and vectors come
        with `signals`."""
        own, everybody = counts.in_worlds(self.worlds, titles_only=titles_only), np.arange(len(self._table))
        return PlainFamilies(
            (),
            _Nothing(),
            TextSignals.from_catalog(self._table, everybody, own),
            NumberSignals.from_catalog(self._table, everybody, own),
            AttributeSignals.from_catalog(self._table, everybody, own),
            ProductSignals.from_catalog(self._table, everybody, own, same_source=same_source),
            IdentifierSignals.of_rows(self._table, self.worlds.rows, identifiers),
        )

    def signals(
        self, plain: PlainFamilies, ranks: Sequence[FeatureFamily], views: FeatureFamily, words: LearnedWords | None
    ) -> Signals:
        """Return the families with those that look at neighbours and at vectors, and with what words say."""
        signals = Signals(replace(plain, ranks=tuple(ranks), views=views))
        if words is None:
            return signals
        source = TokenSource.of_rows(self.categories(), plain.text, plain.attributes)
        return replace(signals, words=WordSignals(source, words))


@dataclass(frozen=True)
class _Nothing:
    """It is a family without features."""

    features: tuple[Feature, ...] = ()

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        return np.empty((len(left), 0), dtype=np.float32)
