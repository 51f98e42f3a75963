"""Corner cases are drawn of a labelled set's products: those whose titles are most alike, and the non-matches that are nearest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from indexing.arrays import Ints1d
from scripts.benchmarks.labelled_set import SPLITS

if TYPE_CHECKING:
    from reranking.pairs.labelled import LabelledPairs

TOGETHER, ALIKE = 5, 0.8  # products most alike, and the share of all that come so
LEAST_OFFERS = 4  # of a product that is drawn
APART = 2  # offers of a product that are validation's, and as many test's

Product = Ints1d  # the rows of its offers


@dataclass(frozen=True)
class Amounts:
    """They are how many products are `seen` in training and how many `new`; of each seen one at most so many `offers` and `matches` in
    training; and of each offer so many non-matches (`others`) by the split."""

    offers: int
    matches: int
    others: Mapping[str, int]
    seen: int = 500
    new: int = 250


AMOUNTS = {
    "small": Amounts(3, 1, {"train": 3, "valid": 3, "test": 5}),
    "medium": Amounts(3, 3, {"train": 4, "valid": 3, "test": 5}),
    "large": Amounts(15, 105, {"train": 4, "valid": 4, "test": 5}),
}


@dataclass(frozen=True)
class CornerCases:
    """It draws from products, each the rows of its offers, by the `words` of their titles (n, w), CSR of length 1."""

    products: Sequence[Product]
    words: Any
    random: np.random.Generator

    @classmethod
    def of(cls, titles: Sequence[str | None], groups: Ints1d, seed: int) -> "CornerCases":
        """Take the products (n,) that have enough offers."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        words = TfidfVectorizer(token_pattern=r"\S+", sublinear_tf=True).fit_transform([text or "" for text in titles])
        order = np.argsort(groups, kind="stable")
        found = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
        products = [offers for offers in found if len(offers) >= LEAST_OFFERS]
        return cls(products, words, np.random.default_rng(seed))

    def draw(self, amounts: Amounts) -> "dict[str, LabelledPairs]":
        """Draw pairs by the name of their split. Raises ValueError where there are too few products."""
        if len(self.products) < amounts.seen + amounts.new:
            raise ValueError(
                f"{len(self.products)} products have {LEAST_OFFERS} offers, of {amounts.seen + amounts.new}"
            )
        seen, new = self._draw_products([amounts.seen, amounts.new])
        offers: dict[str, list[Product]] = {name: [] for name in SPLITS}
        for product in seen:
            tested, rest = np.split(self.random.permutation(product), [APART])
            known = rest[APART:] if len(rest) >= 2 * APART else rest  # few offers are validation's and training's both
            offers["test"].append(tested)
            offers["valid"].append(rest[:APART])
            offers["train"].append(known[: amounts.offers])
        again = self.random.permutation(len(seen))[: amounts.new]
        fresh = [self.random.permutation(product)[:APART] for product in new]
        offers["test"] = [*(offers["test"][row] for row in again), *fresh]
        most = {"train": amounts.matches, "valid": 1, "test": 1}
        return {name: self._pairs(offers[name], most[name], amounts.others[name]) for name in SPLITS}

    def _draw_products(self, counts: Sequence[int]) -> list[list[Product]]:
        """Draw so many products each time, none twice: most of them with those that are most alike, others alone."""
        from scipy.sparse import csr_array, vstack
        from sklearn.preprocessing import normalize

        middles = normalize(vstack([csr_array(self.words[offers].sum(axis=0)) for offers in self.products]))
        left, drawn = np.ones(len(self.products), dtype=bool), []
        for count in counts:
            own: list[int] = []
            while len(own) < count:
                first = int(self.random.choice(np.flatnonzero(left)))
                near = (middles @ middles[[first]].T).toarray().ravel()
                near[first] = 2.0
                together = min(TOGETHER if len(own) < ALIKE * count else 1, count - len(own))
                chosen = np.argsort(-np.where(left, near, -1.0), kind="stable")[:together]
                left[chosen] = False
                own.extend(chosen.tolist())
            drawn.append([self.products[number] for number in own])
        return drawn

    def _pairs(self, products: Sequence[Product], matches: int, others: int) -> "LabelledPairs":
        """Return at most so many matches of each product, and so many non-matches of each offer: its nearest, and a random one."""
        from reranking.pairs.labelled import LabelledPairs

        offers = np.concatenate(products)
        owner = np.repeat(np.arange(len(products)), [len(product) for product in products])
        found: dict[tuple[int, int], float] = {}
        for product in products:
            first, second = np.triu_indices(len(product), 1)
            for pair in self.random.permutation(len(first))[:matches]:
                found[_sorted(product[first[pair]], product[second[pair]])] = 1.0
        near = (self.words[offers] @ self.words[offers].T).toarray()
        near[owner[:, None] == owner] = -1.0
        nearest = np.argsort(-near, axis=1, kind="stable")[:, : others - 1]
        for row, offer in enumerate(offers):
            anyone = self.random.choice(np.flatnonzero(owner != owner[row]))
            for other in (*nearest[row], anyone):
                found.setdefault(_sorted(offer, offers[other]), 0.0)
        pairs = np.array(list(found))
        return LabelledPairs(pairs[:, 0], pairs[:, 1], np.array(list(found.values())))


def _sorted(one: int, other: int) -> tuple[int, int]:
    return (int(min(one, other)), int(max(one, other)))


def write_set(products: pa.Table, pairs: "Mapping[str, LabelledPairs]", out: Path) -> None:
    """Write the products of the pairs, as if of one source and one category, and the pairs by their split."""
    out.mkdir(parents=True, exist_ok=True)
    kept = np.unique(np.concatenate([part.products for part in pairs.values()]))
    pq.write_table(products.select(["id", "title"]).take(pa.array(kept)), out / "products.parquet")
    for name, part in pairs.items():
        ids = {f"{side}_id": products["id"].take(pa.array(getattr(part, side))) for side in ("left", "right")}
        pq.write_table(pa.table(ids | {"target": part.targets}), out / f"pairs_{name}.parquet")
