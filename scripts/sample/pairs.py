"""Labelled pairs of the sample say which of its offers are of one product.

Matches and non-matches come from one retrieval that does not know the labels: the nearest titles and the nearest
pictures among other sellers' offers. Taking non-matches for their nearness and matches from the labels would make a
set that a far simpler rule than matching can solve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from indexing.arrays import Floats1d, Floats2d, Ints1d, Ints2d
from scripts.sample.chance import stream
from scripts.sample.offers import Offer
from scripts.sample.products import Product

SPLITS = ("train", "valid", "test")
SPLIT_OF_BLOCK = np.array([0, 0, 0, 1, 2])
"""Blocks of equal size make up the splits. Pairs between blocks are left out even where both lie in train: a split that
kept more of its neighbours' pairs than another would have another share of matches."""
TITLE_NEIGHBOURS, TITLE_FLOOR = 20, 0.30
PICTURE_NEIGHBOURS, PICTURE_FLOOR = 12, 0.80
BLOCK_ROWS = 1024
DECIMALS = 4
"""Cosines are rounded before they are compared, so that the last bits of a platform's arithmetic decide nothing."""


@dataclass(frozen=True)
class SamplePairs:
    """It holds pairs of offers by position, left < right; `split` is a position in SPLITS."""

    left: Ints1d
    right: Ints1d
    target: Floats1d
    split: Ints1d

    def __len__(self) -> int:
        return len(self.left)


def make_pairs(products: tuple[Product, ...], offers: tuple[Offer, ...], pictures: Floats2d, seed: int) -> SamplePairs:
    """Return the pairs within the blocks of the splits, in random order.

    `pictures` is one row an offer, zeros where there is no picture.
    """
    sellers = np.array([offer.seller for offer in offers])
    near = (
        _nearest(_weigh_titles([offer.title for offer in offers]), sellers, TITLE_NEIGHBOURS, TITLE_FLOOR),
        _nearest(_weigh_pictures(pictures), sellers, PICTURE_NEIGHBOURS, PICTURE_FLOOR),
    )
    both = np.unique(np.sort(np.concatenate(near), axis=1), axis=0)
    block = _block_offers(products, offers, stream(seed, "splits"))
    both = both[block[both[:, 0]] == block[both[:, 1]]]
    both = both[stream(seed, "pair order").permutation(len(both))]
    product = np.array([offer.product for offer in offers])
    left, right = both[:, 0], both[:, 1]
    return SamplePairs(left, right, (product[left] == product[right]).astype(np.float64), SPLIT_OF_BLOCK[block[left]])


def _weigh_titles(titles: list[str]) -> sparse.csr_array:
    return sparse.csr_array(TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3)).fit_transform(titles))


def _weigh_pictures(pictures: Floats2d) -> Floats2d:
    """Return what sets each picture apart from the mean one, of unit length; rows of zeros stay zeros."""
    seen = np.any(pictures != 0, axis=1)
    apart = np.where(seen[:, None], pictures - pictures[seen].mean(axis=0), 0.0)
    lengths = np.linalg.norm(apart, axis=1, keepdims=True)
    return np.asarray(apart / np.where(lengths > 0, lengths, 1.0))


def _nearest(rows: sparse.csr_array | Floats2d, sellers: Ints1d, k: int, floor: float) -> Ints2d:
    """Pair every offer with its k nearest at other sellers, none below the floor (pairs, 2); ties stand by position."""
    starts = range(0, len(sellers), BLOCK_ROWS)
    return np.concatenate([_nearest_of(rows, sellers, start, k, floor) for start in starts])


def _nearest_of(rows: sparse.csr_array | Floats2d, sellers: Ints1d, start: int, k: int, floor: float) -> Ints2d:
    """Return the pairs of the block of offers that begins at `start`."""
    product = rows[start : start + BLOCK_ROWS] @ rows.T
    cosines = product if isinstance(product, np.ndarray) else product.toarray()
    elsewhere = sellers[start : start + BLOCK_ROWS, None] != sellers[None, :]
    allowed = np.where(elsewhere, np.round(cosines, DECIMALS), -1.0)
    order = np.argsort(-allowed, axis=1, kind="stable")[:, :k]
    kept = np.take_along_axis(allowed, order, axis=1) >= floor
    offers = start + np.repeat(np.arange(len(allowed)), kept.sum(axis=1))
    return np.stack([offers, order[kept]], axis=1)


def _block_offers(products: tuple[Product, ...], offers: tuple[Offer, ...], rng: np.random.Generator) -> Ints1d:
    """Deal each offer into a block. Lines lie whole in one, so that near-variants stay pairs; kinds spread evenly."""
    lines = np.array([product.line for product in products])
    line_of_offer = lines[[offer.product for offer in offers]]
    weights = np.bincount(line_of_offer, minlength=lines.max() + 1)
    kinds = {product.line: product.kind.name for product in products}
    block: Ints1d = np.empty(len(weights), dtype=np.int64)
    for kind in dict.fromkeys(kinds.values()):
        own = rng.permutation([line for line in kinds if kinds[line] == kind])
        middles = np.cumsum(weights[own]) - weights[own] / 2
        first = int(rng.integers(len(SPLIT_OF_BLOCK)))  # a kind of one line or two is not always in train
        block[own] = (first + middles * len(SPLIT_OF_BLOCK) // weights[own].sum()) % len(SPLIT_OF_BLOCK)
    of_offer: Ints1d = block[line_of_offer]
    return of_offer
