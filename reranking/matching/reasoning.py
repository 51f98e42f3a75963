"""Reasons say why the model scores an offer and a product as it does, as `heroic explain` says it of two products."""

from collections.abc import Sequence
from dataclasses import dataclass

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog
from reranking.explain.contributions import FeatureContributions
from reranking.explain.reasons import Reasons, reasons_of
from reranking.explain.wording.learned import told_tokens
from reranking.explain.wording.seen_pair import SeenPair
from reranking.matching.offer_features import SeenOffers
from reranking.model.reranker import XgboostReranker
from reranking.pairs.evaluation_category import SideCategories
from reranking.signals.signals import declared_features


@dataclass(frozen=True)
class OfferReasons:
    """It explains pairs of `offers` and products of the `catalog` that a model scored by what was `seen` of them, of products of
    `sides`."""

    catalog: Catalog
    offers: Catalog
    model: XgboostReranker
    seen: SeenOffers
    sides: SideCategories

    def of_pairs(self, pairs: Ints1d) -> list[Reasons]:
        """Return the reasons of pairs (p,), by their numbers."""
        if not len(pairs):
            return []
        sides = SideCategories(self.sides.left.take(pairs), self.sides.right.take(pairs))
        values = self.seen.values[pairs]
        added = self.model.ensemble.contributions(values, sides)
        declared = {feature.name: feature for feature in declared_features()}
        features = tuple(declared[name] for name in self.model.feature_names)
        found = [
            FeatureContributions(features, own, more[:-1], float(more[-1]))
            for own, more in zip(values, added, strict=True)
        ]
        return [reasons_of(pair) for pair in self._told(pairs, found)]

    def _told(self, pairs: Ints1d, found: Sequence[FeatureContributions]) -> list[SeenPair]:
        """Return what is told of each pair, the offer on the left."""
        offers = self.offers.take(self.seen.pairs.offers[pairs]).table.to_pylist()
        products = self.catalog.take(self.seen.pairs.products[pairs]).table.to_pylist()
        words, level = self.model.learned.words, self.catalog.category_level
        return [
            SeenPair(
                offer,
                product,
                own,
                self.seen.rarities(int(pair)),
                {} if words is None else told_tokens(words.models[0], offer, product, level),
            )
            for pair, offer, product, own in zip(pairs, offers, products, found, strict=True)
        ]
