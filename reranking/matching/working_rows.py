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
from reranking.signals.texts.worlds import AS_IT_IS, Worlds


@dataclass(frozen=True)
class WorkingRows:
    """They are rows of the products of pairs, each in the world of its offer, then of the offers, each in its own, then of
    other products as they are (`plain`, sorted positions)."""

    catalog: Catalog
    offers: Catalog
    pairs: OfferPairs
    plain: Ints1d

    @property
    def first_plain(self) -> int:
        """Return the row of the first of the plain products."""
        return len(self.pairs) + len(self.offers)

    @cached_property
    def _read(self) -> Ints1d:
        """Return the positions (r,) of all products of the index that are read, each once, ascending."""
        known = self.pairs.given.known
        return np.unique(np.concatenate([self.pairs.products, self.plain, known[known != NOBODY]]))

    @cached_property
    def _table(self) -> Catalog:
        """Return these products, then the offers."""
        own = self.catalog.take(self._read)
        return replace(own, table=pa.concat_tables([own.table, self.offers.table]).combine_chunks())

    @cached_property
    def worlds(self) -> Worlds:
        """Return of which product each row is, by its place in what is read, and in which world."""
        first, everybody = len(self._read), np.arange(len(self.offers))
        places = np.searchsorted(self._read, self.pairs.products), np.searchsorted(self._read, self.plain)
        known = self.pairs.given.known
        goes = np.where(known == NOBODY, NOBODY, np.searchsorted(self._read, known))
        return Worlds(
            np.concatenate([places[0], first + everybody, places[1]]),
            np.concatenate([self.pairs.offers, everybody, np.full(len(self.plain), AS_IT_IS)]),
            first + everybody,
            goes,
        )

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
        """Return the families that look at texts and cells, for all rows; those that look at neighbours and vectors are
        left to `with_neighbours`."""
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


@dataclass(frozen=True)
class PlacedFamily:
    """It is a family of an index that is asked by row: the row `first + i` is of the product `products[i]`."""

    family: FeatureFamily
    first: int
    products: Ints1d

    @property
    def features(self) -> tuple[Feature, ...]:
        """Return the family's declarations."""
        return self.family.features

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the family's features (p, f) of pairs of rows."""
        return self.family.compute(self.products[left - self.first], self.products[right - self.first])
