"""The features of offers and products are worked out in the worlds of the offers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from indexing.arrays import Floats2d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.text_template import TextTemplate
from indexing.given.neighbour_search import GivenVectors
from indexing.search.neighbours import Neighbours
from reranking.matching.offer_ranks import OfferRanks
from reranking.matching.pairing import OfferPairs
from reranking.matching.working_rows import WorkingRows
from reranking.matching.worlds.view_worlds import ViewWorlds
from reranking.matching.worlds.world_rivals import rival_pairs, with_rivals
from reranking.model.reranker import XgboostReranker
from reranking.signals.families.titles import TextSignals
from reranking.signals.families.views import ViewSignals
from reranking.signals.feature import columns_of
from reranking.signals.learned.cross import CrossSignals
from reranking.signals.learned.rival_lists import RivalLists
from reranking.signals.learned.rivals import FirstLook, RivalSignals, log_odds
from reranking.signals.product_rows import has_titles_only
from reranking.signals.signals import Signals
from reranking.signals.whole_catalogue import WholeCatalogue


@dataclass(frozen=True)
class SeenOffers:
    """They are the model's features, `values` (p, f), of `pairs` of offers, with the titles `text` that were read for them; the
    pairs' products and offers stand in its rows `products` (p,) and `offers` (p,)."""

    pairs: OfferPairs
    values: Floats2d
    text: TextSignals
    products: Ints1d
    offers: Ints1d

    def rarities(self, pair: int) -> dict[str, float]:
        """Return the words of both titles of a pair, each with its rarity."""
        rows = int(self.offers[pair]), int(self.products[pair])
        return {word: rarity for row in rows for word, rarity in self.text.rarities(row).items()}


@dataclass(frozen=True)
class OfferFeatures:
    """It computes the features that a model needs of `pairs` of `offers`, in the worlds of the offers, which `views` are
    seen in.

    Rivals are looked at there too: the members of an offer's world are the products of its pairs, and their rivals.
    """

    whole: WholeCatalogue
    model: XgboostReranker
    offers: Catalog
    pairs: OfferPairs
    views: Sequence[ViewWorlds]

    def compute(self) -> SeenOffers:
        """Return the model's features.

        Where nobody of the index has more than a title, an offer that has is seen in another light than one that has not.
        """
        if not self.whole.counted.titles_only:
            return self._seen(titles_only=False)
        plain = np.array([has_titles_only(self.offers.slice(row, row + 1)) for row in range(len(self.offers))])
        if plain.all() or not plain.any():
            return self._seen(titles_only=bool(plain.all()))
        with_texts, without = self._seen(titles_only=False), self._seen(titles_only=True)
        return replace(
            with_texts, values=np.where(plain[self.pairs.offers][:, None], without.values, with_texts.values)
        )

    @cached_property
    def _members(self) -> OfferPairs:
        if self.model.learned.look is None:
            return self.pairs
        lists = (view.lists(self.pairs, view.cosines(self.pairs)).after for view in self.views)
        own = np.arange(len(self.pairs))
        return with_rivals(self.pairs, [Neighbours(one.positions[own], one.cosines[own]) for one in lists])

    @cached_property
    def _ranks(self) -> tuple[OfferRanks, ...]:
        return tuple(OfferRanks.of(view, self._members) for view in self.views)

    @cached_property
    def _rows(self) -> tuple[Ints1d, Ints1d]:
        """Return the rows (p,) of the pairs' products and offers."""
        return self._members.place(self.pairs.offers, self.pairs.products), len(self._members) + self.pairs.offers

    def _seen(self, *, titles_only: bool) -> SeenOffers:
        learned, look = self.model.learned, self.model.learned.look
        rows = WorkingRows(self.whole.index.catalog, self.offers, self._members)
        counted, same_source = self.whole.counted, self.model.same_source
        plain = rows.families(counted.tokens, counted.identifiers, titles_only=titles_only, same_source=same_source)
        signals = rows.signals(plain, self._ranks, self._vectors, learned.words)
        names = [*signals.names]
        columns = [signals.compute(*self._rows)] if look is None else [*self._competing(signals, look)]
        if learned.cross is not None:
            cross = CrossSignals.of_texts(learned.cross, rows.texts(TextTemplate(learned.cross.template)))
            columns.insert(1, self._crossed(cross, columns[0], names))
            names += [feature.name for feature in cross.features]
        if look is not None:
            names += [feature.name for feature in RivalSignals.features]
        values = np.hstack(columns)[:, columns_of(names, self.model.feature_names)]
        return SeenOffers(self.pairs, values, plain.text, *self._rows)

    def _crossed(self, cross: CrossSignals, own: Floats2d, names: Sequence[str]) -> Floats2d:
        """Return the scores (p, 1) of a cross-encoder, which reads what the model's gate lets through by the features `own`."""
        gate = self.model.learned.gate
        if gate is None:
            return cross.compute(*self._rows)
        left, right = self._rows
        return gate.read_by(cross, left, right, own[:, columns_of(names, gate.look.feature_names)])

    def _competing(self, signals: Signals, look: FirstLook) -> tuple[Floats2d, Floats2d]:
        """Return the features (p, g) of the pairs, and those of their rivals (p, r), which a first look tells."""
        left, right = self._rows
        competing = rival_pairs(self._members, self.pairs, [one.lists for one in self._ranks])
        every, size = signals.compute(competing.left, competing.right), len(self._members) + len(self.offers)
        own = every[np.searchsorted(competing.left * size + competing.right, left * size + right)]
        needed = columns_of(signals.names, look.feature_names)
        lists = RivalLists.of(competing, log_odds(look.members[0], every[:, needed]))
        sources = np.concatenate([self.whole.index.sources[self._members.products], self._members.given.sources])
        return own, RivalSignals(look, (lists,), sources).compute(left, right, own[:, needed])

    @property
    def _vectors(self) -> ViewSignals:
        """Return the family that looks at vectors, by row."""
        vectors, seen, of_index = {}, {}, self.whole.vectors
        for view, rows in of_index.vectors.items():
            given = self._members.given.rows[view]
            vectors[view] = GivenVectors(rows, self._members.products, given)
            seen[view] = np.concatenate([of_index.seen[view][self._members.products], np.any(given, axis=1)])
        return ViewSignals(vectors, seen, of_index.colors)
