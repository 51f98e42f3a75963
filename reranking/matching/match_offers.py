"""Offers are matched against an index by a model: what is made once for it, and what comes of each offer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.filters import EVERYBODY, Filters
from indexing.catalog.rejects import Reject
from indexing.encoders.pictures.patience import Patience
from indexing.errors import InputError
from indexing.given.encoders import GivenEncoder, given_encoders
from indexing.given.neighbour_search import GivenRows, GivenSearch
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.search.neighbours import Neighbours
from reranking.decisions.thresholds import AskedThresholds, called
from reranking.explain.reasons import Reasons
from reranking.matching.matched_offers import MatchedOffers, joined
from reranking.matching.offer_features import OfferFeatures
from reranking.matching.pairing import OfferPairs
from reranking.matching.reasoning import OfferReasons
from reranking.matching.shared_codes import SharedCodes
from reranking.matching.worlds.view_worlds import ViewWorlds
from reranking.model.reranker import XgboostReranker
from reranking.model.scoring.prior_choice import OWN_CHOICE, PriorChoice
from reranking.pairs.evaluation_category import SideCategories, evaluated_names
from reranking.signals.whole_catalogue import WholeCatalogue

OFFERS_AT_ONCE = 64  # with their neighbours and the rivals of these some 10,000 rows
SCORED = 20
REACH = 100  # neighbours of an offer that are looked for, at least: who has it in its own list is mostly among these


@dataclass(frozen=True)
class MatchOptions:
    """An offer is scored with its first `k` neighbours in each view that the model looks at, with SCORED or all that it looks
    at where that is None, of those products that `filters` let through. Probabilities and what is called a match are for
    the share of matches of `prior`; `thresholds` lie over those that follow from it."""

    k: int | None = None
    thresholds: AskedThresholds | None = None
    filters: Filters = EVERYBODY
    prior: PriorChoice = OWN_CHOICE

    def __post_init__(self) -> None:
        if self.k is not None and self.k < 1:
            raise InputError(f"-k {self.k}: ask for at least one neighbour")


@dataclass(frozen=True)
class Matcher:
    """It has an open index and a model, and everything of them that does not depend on the offers. Several threads may ask
    it."""

    index: ProductIndex
    model: XgboostReranker
    options: MatchOptions
    encoders: Mapping[str, GivenEncoder]
    search: GivenSearch
    whole: WholeCatalogue
    shared: SharedCodes
    sources: Mapping[str, int]

    def match(self, offers: Catalog, *, explain: int | None = None) -> MatchedOffers:
        """Match offers, in the types of the index as `read_given` returns them, each against the index alone. Raises InputError
        for filters that ask for a category or a source that no product has.

        The `explain` best pairs of each, and all that are called a match, come with the model's reasons; with None no pair does.
        """
        if not len(offers):
            return self._nothing()
        given, rejects = self.given(offers)
        reach = min(max(self.model.needs.k, REACH), len(self.index.catalog) + 1)
        found = {view: self.search.lists(view, given, reach) for view in self.views}
        pairs = self._pairs(offers, given, found)
        views = [
            ViewWorlds(one, kept, self.search, found[one.view])
            for one, kept in zip(self.whole.ranks, self.whole.kept, strict=True)
        ]
        categories = self.model.mapping.of(offers.category().combine_chunks())
        seen = OfferFeatures(self.whole, self.model, offers, pairs, views)
        scored = self._scored(seen, categories)
        cosines = np.column_stack([view.cosines(pairs) for view in views])
        matched, order = self._matches(pairs, scored.scores, cosines, categories, rejects)
        return matched if explain is None else replace(matched, reasons=_reasons(scored, matched, order, explain))

    def _pairs(self, offers: Catalog, given: GivenRows, found: Mapping[str, Neighbours]) -> OfferPairs:
        """Return the pairs that are scored: of each offer with its neighbours that the filters let through, with who shares an
        identifier with it, and with its rivals, let through or not."""
        n, k, allowed = len(self.index.catalog), self.options.k or min(SCORED, self.model.needs.k), self.allowed
        if allowed is None:
            return OfferPairs.of(given, n, found, k).with_others(*self.shared.pairs(offers, given))
        pairs = OfferPairs.of(given, n, found, 0).with_others(*self.shared.pairs(offers, given))
        for view in self.views:
            near = self.search.lists(view, given, k, allowed=allowed).positions
            rows, column = np.nonzero(near >= 0)
            pairs = pairs.with_others(rows, near[rows, column])
        return pairs

    @property
    def allowed(self) -> Bools1d | None:
        """Return which products (n,) offers are paired with, None for all. Raises InputError for filters that ask for what no
        product has."""
        return self.index.allowed(self.options.filters)

    @property
    def views(self) -> tuple[str, ...]:
        """Return the views that the model looks at."""
        return self.model.needs.views

    def _nothing(self) -> MatchedOffers:
        whole, numbers = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        cosines = np.zeros((0, len(self.views)), dtype=np.float32)
        called = np.zeros(0, dtype=bool)
        none = pa.array([], pa.large_string())
        return MatchedOffers(whole, whole, numbers, numbers, called, self.views, cosines, whole, none)

    def blocks(self, offers: Catalog, *, explain: int | None = None) -> Iterator[tuple[int, MatchedOffers]]:
        """Match any number of offers, some at a time; yield the number of each block's first offer, and its matches."""
        for start in range(0, len(offers), OFFERS_AT_ONCE):
            block = offers.slice(start, min(start + OFFERS_AT_ONCE, len(offers)))
            yield start, self.match(block, explain=explain)

    def given(self, offers: Catalog) -> tuple[GivenRows, list[Reject]]:
        """Return the rows of offers in each view, who of them the index holds, and pictures that could not be used."""
        rows: dict[str, Any] = {}
        rejects: list[Reject] = []
        for view, encoder in self.encoders.items():
            rows[view], aside = encoder.encode(offers)
            rejects += aside
        if self.index.lexical is not None:
            rows["lexical"] = self.index.lexical.rows(offers.texts(self.index.lexical.options.fields))
        known = np.asarray(self.index.catalog.lookup.find(offers.ids), dtype=np.int64)
        return GivenRows(rows, known, self._sources(offers)), rejects

    def _sources(self, offers: Catalog) -> Ints1d:
        """Return the sources' codes (q,), those that the index does not know behind its own."""
        new: dict[str, int] = {}
        names = offers.table["source"].to_pylist()
        for name in names:
            if name is not None and name not in self.sources:
                new.setdefault(name, len(self.sources) + len(new))
        codes = (-1 if name is None else self.sources.get(name, new.get(name, -1)) for name in names)
        return np.fromiter(codes, dtype=np.int64, count=len(names))

    def _scored(self, features: OfferFeatures, categories: pa.Array) -> "_Scored":
        """Return the scores of pairs, of offers in these evaluation categories (q,)."""
        pairs = features.pairs
        if not len(pairs):
            return _Scored(np.zeros(0, dtype=np.float32), None)
        theirs = self.model.mapping.of(evaluated_names(self.index.catalog, pairs.products))
        sides, seen = SideCategories(categories.take(pa.array(pairs.offers)), theirs), features.compute()
        reasons = OfferReasons(self.index.catalog, features.offers, self.model, seen, sides)
        return _Scored(self.model.score(seen.values, sides), reasons)

    def _matches(
        self, pairs: OfferPairs, scores: Floats1d, cosines: Floats2d, categories: pa.Array, rejects: list[Reject]
    ) -> tuple[MatchedOffers, Ints1d]:
        """Return the matches, and which pair each is."""
        order = np.lexsort((pairs.products, -scores, pairs.offers))
        if self.allowed is not None:
            order = order[self.allowed[pairs.products[order]]]
        undecided = MatchedOffers(
            pairs.offers[order],
            pairs.products[order],
            scores[order],
            np.zeros(len(order), dtype=np.float32),
            np.zeros(len(order), dtype=bool),
            self.views,
            cosines[order],
            pairs.given.known,
            categories,
            rejects,
        )
        return self.decided(undecided), order

    def decided(self, matched: MatchedOffers) -> MatchedOffers:
        """Return matches with the probabilities and calls that follow from their scores by the options."""
        prior, asked, own = (
            self.options.prior,
            self.options.thresholds,
            matched.categories.take(pa.array(matched.offers)),
        )
        thresholds = prior.thresholds(self.model)
        thresholds = thresholds if asked is None else asked.over(thresholds)
        return replace(
            matched,
            probabilities=prior.probabilities(self.model, matched.scores, own),
            called=called(matched.scores, own, thresholds),
        )


@dataclass(frozen=True)
class _Scored:
    """It has the scores (p,) of pairs, and what tells why, None where there is no pair."""

    scores: Floats1d
    reasons: OfferReasons | None


def _reasons(scored: _Scored, matched: MatchedOffers, order: Ints1d, most: int) -> tuple[Reasons | None, ...]:
    """Return the reasons of the `most` best pairs of each offer, and of all that are called a match."""
    if scored.reasons is None:
        return ()
    told = matched.best(most)
    found: list[Reasons | None] = [None] * len(order)
    for place, reasons in zip(told.tolist(), scored.reasons.of_pairs(order[told]), strict=True):
        found[place] = reasons
    return tuple(found)


def prepare_matching(
    index: ProductIndex,
    model: XgboostReranker,
    *,
    options: MatchOptions | None = None,
    patience: Patience | None = None,
    whole: WholeCatalogue | None = None,
    progress: Progress = silent,
) -> Matcher:
    """Read once what matching needs of the `whole` catalogue, unless it was read for the model: how rare its tokens are, who
    claims whom, its sources.

    `patience` is for pictures that cannot be had, by default endless. Raises InputError when the index does not fit the
    model, or keeps fewer neighbours than are asked for.
    """
    options = options or MatchOptions()
    model.needs.refuse(index)
    if options.k is not None and options.k > model.needs.k:
        raise InputError(f"-k {options.k}: the model looks at {model.needs.k} neighbours: ask for 1 to {model.needs.k}")
    names = index.catalog.table["source"].combine_chunks().dictionary_encode().dictionary.to_pylist()
    search, whole = GivenSearch(index), whole or WholeCatalogue.read(index, model.needs.views, model.needs.k, progress)
    return Matcher(
        index,
        model,
        options,
        given_encoders(index, patience or Patience(endless=True)),
        search,
        whole,
        SharedCodes(index, whole.counted.identifiers).prepare(),
        dict(zip(map(str, names), range(len(names)), strict=True)),
    )


def match_offers(matcher: Matcher, offers: Catalog, *, explain: int | None = None) -> MatchedOffers:
    """Match offers of any number, each against the index alone: those of one call do not see one another. `explain` is as
    `Matcher.match` has it."""
    parts = [matches for _, matches in matcher.blocks(offers, explain=explain)] or [matcher.match(offers)]
    return joined(parts)
