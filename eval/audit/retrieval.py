"""What retrieval never proposed is in no scores file: a sample of products, each with all that any view or a deep search finds, tells
how many matches are missing among the scored pairs."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from eval.audit.answered import find_pairs
from eval.audit.population import Population, pair_hashes
from eval.metrics.intervals import Draws, Interval, PairGroups, share_interval
from indexing.arrays import Ints1d
from indexing.errors import InputError
from indexing.product_index import ProductIndex
from indexing.query.find_neighbours import Query, find_neighbours
from indexing.storage.records import read_record, stored_record
from indexing.words.text_keys import mixed
from reranking.labels.label import Label, PairVerdict, Purpose, Question, named
from reranking.labels.settled import check_catalogue, shown_of, verdicts_by_pair
from reranking.labels.store import LabelStore

NOTE = "audit retrieval"
DEEP = 30  # products that are searched for in each view


@dataclass(frozen=True)
class RetrievalDesign:
    """It is what the store remembers of a sample of products: the seed, and the index and how deep it was searched."""

    seed: int
    index_fingerprint: str
    deep: int = DEEP


@dataclass(frozen=True)
class AskedProduct:
    """It is a product, by its `place` in the sample and its `position`, with those that may be the same (m,), in an order of
    chance."""

    place: int
    position: int
    partners: Ints1d


@dataclass(frozen=True)
class RetrievalEstimate:
    """It says which share of the `matches` that were found of so many `products` stand among the scored pairs; None without any."""

    products: int
    matches: int
    recall: float | None
    interval: Interval | None


class RetrievalSession:
    """It asks of one product after another which of those shown are the same. Each answer is kept before the next is asked."""

    def __init__(self, index: ProductIndex, store: LabelStore, *, reviewer: str, products: int, seed: int = 0) -> None:
        """Begin or go on with a sample of so many products. Raises InputError for a store of another catalogue."""
        if not 1 <= products <= len(index.catalog):
            raise InputError(f"--products {products}: the index has {len(index.catalog):,}: ask for 1 to all of them")
        check_catalogue(store.path, [kept.label for kept in store.standing()], index.catalog)
        self._index, self._store, self._reviewer, self._products = index, store, named(reviewer), products
        design = RetrievalDesign(seed, index.fingerprint)
        self.number = store.add_note(NOTE, json.dumps(stored_record(design)))
        self._chance = mixed(_id_chances(index) ^ mixed(np.array([seed], dtype=np.uint64)))
        self._sample = np.argsort(self._chance, kind="stable")[:products]

    @cached_property
    def _lists(self) -> list[Ints1d]:
        """Return what is shown of each sampled product; a pair of two of them is shown once, with the first."""
        lists: list[Ints1d] = []
        place_of = {int(position): place for place, position in enumerate(self._sample)}
        for place, position in enumerate(self._sample.tolist()):
            found = sorted(partners_of(self._index, position))
            told = [one for one in found if not (place_of.get(one, place) < place and position in lists[place_of[one]])]
            partners = np.array(told, dtype=np.int64)
            lists.append(partners[np.argsort(mixed(self._chance[partners] ^ self._chance[position]), kind="stable")])
        return lists

    def next_product(self) -> AskedProduct | None:
        """Return the first product of which not all that is shown was judged, None when there is no more."""
        judged = np.bincount([label.question.stratum or 0 for label in self._own()], minlength=self._products)
        for place, partners in enumerate(self._lists):
            if judged[place] < len(partners):
                return AskedProduct(place, int(self._sample[place]), partners)
        return None

    def answer(self, product: AskedProduct, same: Iterable[int]) -> None:
        """Keep that the partners at the places `same` of the list are the product, and the others are not, all or nothing."""
        chosen = set(same)
        ids = self._index.catalog.ids
        self._store.record_all(
            Label(
                ids[product.position].as_py(),
                ids[partner].as_py(),
                PairVerdict.MATCH if place in chosen else PairVerdict.NO_MATCH,
                self._reviewer,
                self._question(product.place, self._shown(product.position, partner)),
            )
            for place, partner in enumerate(product.partners.tolist())
        )

    def _shown(self, one: int, other: int) -> str:
        """Return the digest of both titles, that of the smaller id first, as labels have them."""
        ids = self._index.catalog.ids
        first, second = (other, one) if ids[one].as_py() > ids[other].as_py() else (one, other)
        return shown_of(self._index.catalog, np.array([first]), np.array([second]))[0]

    def undo(self) -> bool:
        """Take the reviewer's last answer back, of all that was shown of its product; False where there is none."""
        own = [label for label in self._own() if label.reviewer == self._reviewer]
        if not own:
            return False
        for _ in range(sum(label.question.stratum == own[-1].question.stratum for label in own)):
            self._store.undo(self._reviewer, Purpose.AUDIT, draw=self.number)
        return True

    def asked(self) -> int:
        """Return how many products of the sample were judged, or have nothing to be shown."""
        product = self.next_product()
        return self._products if product is None else product.place

    def _own(self) -> list[Label]:
        labels = [kept.label for kept in self._store.standing()]
        return [label for label in labels if label.question.draw == self.number]

    def _question(self, place: int, shown: str) -> Question:
        return Question(
            Purpose.AUDIT,
            f"product {place + 1} of sample {self.number}",
            self._products / len(self._index.catalog),
            self.number,
            place,
            self._index.fingerprint,
            None,
            shown,
        )


def partners_of(index: ProductIndex, position: int, deep: int = DEEP) -> set[int]:
    """Return the products that any view keeps near one, or finds by a search for so many."""
    found: set[int] = set()
    for view in index.views:
        kept = index.neighbours(view).positions[position]
        searched = find_neighbours(index, Query(position=position, view=view), deep).positions
        found |= {int(one) for one in (*kept[:deep], *searched) if one >= 0}
    return found


def estimate_retrieval(
    store: LabelStore, labels: Sequence[Label], population: Population, draws: Draws | None = None
) -> RetrievalEstimate | None:
    """Estimate from the newest sample of products that was begun; None where there is none.

    Each match is as likely in the sample as any other: either of its products may be drawn.
    """
    draws = draws or Draws()
    for note in reversed(store.notes(NOTE)):
        where = f"{store.path}: sample {note.seq}"
        read_record(json.loads(note.content), RetrievalDesign, where=where, remedy="audit in a store of its own")
        own = [label for label in labels if label.question.draw == note.seq]
        if own:
            return _estimate(own, population, draws)
    return None


def _estimate(own: Sequence[Label], population: Population, draws: Draws) -> RetrievalEstimate:
    place = {(label.left, label.right): label.question.stratum or 0 for label in own}
    said = verdicts_by_pair(own)
    matches = [pair for pair, verdicts in said.items() if set(verdicts.values()) == {PairVerdict.MATCH}]
    products = len({label.question.stratum for label in own})
    if not matches:
        return RetrievalEstimate(products, 0, None, None)
    scored = find_pairs(matches, population) >= 0
    places = np.array([place[pair] for pair in matches], dtype=np.int64)
    return RetrievalEstimate(
        products, len(matches), float(scored.mean()), share_interval(scored, PairGroups(places, places), draws)
    )


def _id_chances(index: ProductIndex) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Return a number (n,) of chance for each product, by its id."""
    ids = index.catalog.ids.combine_chunks()
    return np.asarray(pair_hashes(ids, ids))
