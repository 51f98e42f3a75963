"""Plain families of features learn nothing: they look at a pair alone, or at its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog
from indexing.machine.progress import Progress, silent
from indexing.product_index import DENSE_VIEWS, ProductIndex
from reranking.identifiers.identifiers import Identifiers
from reranking.signals.counted_catalogue import STAGE, CountedCatalogue, passes
from reranking.signals.families.attributes import FEATURES as ATTRIBUTE_FEATURES
from reranking.signals.families.attributes import AttributeSignals
from reranking.signals.families.identifiers import FEATURES as IDENTIFIER_FEATURES
from reranking.signals.families.identifiers import IdentifierSignals
from reranking.signals.families.numbers import FEATURES as NUMBER_FEATURES
from reranking.signals.families.numbers import NumberSignals
from reranking.signals.families.products import FEATURES as PRODUCT_FEATURES
from reranking.signals.families.products import SAME_SOURCE, ProductSignals
from reranking.signals.families.ranks import RankSignals, rank_features
from reranking.signals.families.titles import FEATURES as TEXT_FEATURES
from reranking.signals.families.titles import TextSignals
from reranking.signals.families.views import ENCODED_VIEWS, ViewSignals, view_features
from reranking.signals.feature import Feature, FeatureFamily
from reranking.signals.kept_counts import LEAST_PRODUCTS, keep_counts, known_counts
from reranking.signals.product_rows import has_titles_only
from reranking.signals.texts.counting import TokenCounts
from reranking.signals.whole_catalogue import WholeCatalogue


@dataclass(frozen=True)
class PlainFamilies:
    """It holds one of each family, prepared for the same products; of `ranks` it holds one a view, and `identifiers`
    may be left out."""

    ranks: tuple[FeatureFamily, ...]
    views: FeatureFamily
    text: TextSignals
    numbers: NumberSignals
    attributes: AttributeSignals
    products: ProductSignals
    identifiers: IdentifierSignals | None = None

    @classmethod
    def of(
        cls,
        index: ProductIndex,
        products: Ints1d,
        *,
        views: Sequence[str],
        k: int,
        same_source: bool,
        identifiers: bool = True,
        counted: CountedCatalogue | None = None,
        progress: Progress = silent,
    ) -> "PlainFamilies":
        """Prepare the families for `products` (sorted positions) and the first `k` neighbours of these views. Where the
        catalogue was `counted`, of nobody else a text is read; while many are read, that is told.

        Raises InputError when the index lacks a view.
        """
        ranks, vectors = tuple(RankSignals.of(index, view, k, products) for view in views), ViewSignals.of(index)
        of_index = ProductSignals.from_catalog(index.catalog, products, same_source=same_source)
        counted = counted or known_counts(index)
        if counted is None:
            counts = TokenCounts(titles_only=has_titles_only(index.catalog))
            large = len(index.catalog) >= LEAST_PRODUCTS
            texts = _texts(index.catalog, products, counts, progress if large else silent)
            keep_counts(index, counts)
            known = Identifiers.of(index.catalog) if identifiers else None
        else:
            large = len(products) >= LEAST_PRODUCTS
            texts = _texts_by(counted, products, progress if large else silent)
            known = counted.identifiers if identifiers else None
        return cls(ranks, vectors, *texts, of_index, _of_known(known))

    @classmethod
    def of_whole(cls, whole: WholeCatalogue, products: Ints1d, *, same_source: bool) -> "PlainFamilies":
        """Prepare the same families for `products` (sorted positions) by what was read of the whole catalogue: of nobody else
        a cell is read."""
        counted = whole.counted
        of_index = ProductSignals.from_catalog(counted.catalog, products, same_source=same_source)
        return cls(whole.ranks, whole.vectors, *_texts_by(counted, products), of_index, _of_known(counted.identifiers))

    @property
    def families(self) -> tuple[FeatureFamily, ...]:
        """Return all families, in the order of their columns."""
        last = () if self.identifiers is None else (self.identifiers,)
        return (*self.ranks, self.views, self.text, self.numbers, self.attributes, self.products, *last)

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """Return the families' declarations, in the order of the columns."""
        return tuple(feature for family in self.families for feature in family.features)


Texts = tuple[TextSignals, NumberSignals, AttributeSignals]


def _texts(
    catalog: Catalog, products: Ints1d, counts: TokenCounts, progress: Progress = silent, stage: str = STAGE
) -> Texts:
    """Prepare what is read of the texts and attributes of products of a catalogue, in three passes over it."""
    of_titles, of_numbers, of_attributes = passes(len(catalog), progress, stage)
    return (
        TextSignals.from_catalog(catalog, products, counts, of_titles),
        NumberSignals.from_catalog(catalog, products, counts, of_numbers),
        AttributeSignals.from_catalog(catalog, products, counts, of_attributes),
    )


def _texts_by(counted: CountedCatalogue, products: Ints1d, progress: Progress = silent) -> Texts:
    """Prepare the same of the products alone, by what was counted of all."""
    own, counts = counted.catalog.take(products), counted.counts_of(products)
    return _texts(own, np.arange(len(products)), counts, progress, "read texts")


def _of_known(identifiers: Identifiers | None) -> IdentifierSignals | None:
    """Return the signals of the identifiers of all products, where they are compared."""
    if identifiers is None:
        return None
    return IdentifierSignals(identifiers, identifiers.has_barcodes, identifiers.has_part_numbers)


def declared_plain_features() -> tuple[Feature, ...]:
    """Return every feature of these families that any index can have, in the order of families."""
    return (
        *(feature for view in (*DENSE_VIEWS, "lexical") for feature in rank_features(view)),
        *view_features(ENCODED_VIEWS, apart=True),
        *TEXT_FEATURES,
        *NUMBER_FEATURES,
        *ATTRIBUTE_FEATURES,
        *PRODUCT_FEATURES,
        SAME_SOURCE,
        *IDENTIFIER_FEATURES,
    )
