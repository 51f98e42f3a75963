"""The features of offers and products are worked out in the worlds of the offers."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.text_template import TextTemplate
from indexing.given.neighbour_search import GivenVectors
from reranking.matching.offer_ranks import OfferRanks
from reranking.matching.pairing import OfferPairs
from reranking.matching.whole_catalogue import WholeCatalogue
from reranking.matching.working_rows import PlacedFamily, WorkingRows
from reranking.matching.world_rivals import WorldRivals
from reranking.model.reranker import XgboostReranker
from reranking.signals.families.views import ViewSignals
from reranking.signals.feature import columns_of
from reranking.signals.learned.cross import CrossSignals
from reranking.signals.learned.rivals import FirstLook, RivalSignals, log_odds
from reranking.signals.plain_families import PlainFamilies
from reranking.signals.product_rows import has_titles_only


@dataclass(frozen=True)
class OfferFeatures:
    """It computes the features that a model needs of `pairs` of `offers`, whose `ranks` in each view were worked out."""

    whole: WholeCatalogue
    model: XgboostReranker
    offers: Catalog
    pairs: OfferPairs
    ranks: tuple[OfferRanks, ...]

    def compute(self) -> Floats2d:
        """Return the model's features (p, f).

        Where nobody of the index has more than a title, an offer that has is seen in another light than one that has not.
        """
        if not self.whole.titles_only:
            return self._seen(titles_only=False)
        plain = np.array([has_titles_only(self.offers.slice(row, row + 1)) for row in range(len(self.offers))])
        if plain.all() or not plain.any():
            return self._seen(titles_only=bool(plain.all()))
        with_texts, without = self._seen(titles_only=False), self._seen(titles_only=True)
        return np.where(plain[self.pairs.offers][:, None], without, with_texts)

    def _seen(self, *, titles_only: bool) -> Floats2d:
        learned = self.model.learned
        rows = WorkingRows(self.whole.index.catalog, self.offers, self.pairs, self._looked_at)
        counts, same_source = self.whole.counts, self.model.same_source
        plain = rows.families(counts, self.whole.identifiers, titles_only=titles_only, same_source=same_source)
        signals = rows.signals(plain, self.ranks, self._views, learned.words)
        left, right = np.arange(len(self.pairs)), len(self.pairs) + self.pairs.offers
        names, columns = [*signals.names], [signals.compute(left, right)]
        if learned.cross is not None:
            cross = CrossSignals.of_texts(learned.cross, rows.texts(TextTemplate(learned.cross.template)))
            names += [feature.name for feature in cross.features]
            columns.append(cross.compute(left, right))
        if learned.look is not None:
            seen = columns[0][:, columns_of(signals.names, learned.look.feature_names)]
            family = self._competing(learned.look, seen, self._look(learned.look, rows, plain))
            names += [feature.name for feature in family.features]
            columns.append(family.compute(left, right, seen))
        return np.hstack(columns)[:, columns_of(names, self.model.feature_names)]

    @property
    def _views(self) -> ViewSignals:
        """Return the family that looks at vectors, by row."""
        vectors, seen, of_index = {}, {}, self.whole.vectors
        for view, rows in of_index.vectors.items():
            given = self.pairs.given.rows[view]
            vectors[view] = GivenVectors(rows, self.pairs.products, given)
            seen[view] = np.concatenate([of_index.seen[view][self.pairs.products], np.any(given, axis=1)])
        return ViewSignals(vectors, seen)

    @cached_property
    def _rivals(self) -> WorldRivals:
        return WorldRivals.of(self.pairs, [(one.lists, one.own) for one in self.ranks])

    @cached_property
    def _new(self) -> Ints1d:
        """Return the keys (u,) of pairs of products that no first look is known of."""
        if self.model.learned.look is None:
            return np.zeros(0, dtype=np.int64)
        keys = self._rivals.keys()
        return np.unique(keys[~self.whole.looks.find(keys)[1]])

    @property
    def _looked_at(self) -> Ints1d:
        """Return the positions (r,) of the products of these pairs."""
        return np.union1d(self._new // self.pairs.n, self._new % self.pairs.n)

    def _look(self, look: FirstLook, rows: WorkingRows, plain: PlainFamilies) -> Floats1d:
        """Return the log-odds (u,) of products and those of their rivals that are products, looking at the new pairs.

        These are looked at as they are in the index: that the offer comes moves them next to nothing.
        """
        keys, new, whole = self._rivals.keys(), self._new, self.whole
        found, known = whole.looks.find(keys)
        if not new.size:
            return found
        first = rows.first_plain
        ranks = [PlacedFamily(family, first, rows.plain) for family in whole.ranks]
        views = PlacedFamily(whole.vectors, first, rows.plain)
        signals = rows.signals(plain, ranks, views, self.model.learned.words)
        left, right = (first + np.searchsorted(rows.plain, side) for side in (new // self.pairs.n, new % self.pairs.n))
        seen = signals.compute(left, right)[:, columns_of(signals.names, look.feature_names)]
        looked = log_odds(look.members[0], seen)
        whole.looks.keep(new, looked)
        here = np.flatnonzero(~known | np.isin(keys, new))
        found[here] = looked[np.searchsorted(new, keys[here])]
        return found

    def _competing(self, look: FirstLook, seen: Floats2d, of_products: Floats1d) -> RivalSignals:
        """Return the family of rivals, by row, from what the first look needs of the pairs (p, g)."""
        lists, sources = self._rivals.lists(log_odds(look.members[0], seen), of_products, self.whole.index.sources)
        return RivalSignals(look, (lists,), sources)
