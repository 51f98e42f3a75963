"""A barcode that a shop puts on everything, or on things that have nothing in common, is told."""

from collections.abc import Iterator

import numpy as np

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.product_codes import (
    MOST_OF_ALL,
    MOST_OF_SOURCE,
    ProductCodes,
    barcodes_of,
    has_codes,
    worn_out,
)
from indexing.words.tokens import folds, words

LOOKED_AT = 2000  # barcodes that several products share
MANY = 0.05  # of these that stand on titles without a word in common
LEAST = 10  # such barcodes, to be worth a line
SHOWN_CHARS = 40


def code_warnings(catalog: Catalog) -> list[str]:
    """Return a line for barcodes that stand for too many products, and one where many stand for different things."""
    if not has_codes(catalog, "gtin"):
        return []
    codes = barcodes_of(catalog)
    gone = worn_out(codes, catalog.sources())
    return [*_worn(catalog, codes, np.flatnonzero(gone)), *_different(catalog, codes.without(gone))]


def _worn(catalog: Catalog, codes: ProductCodes, gone: Ints1d) -> Iterator[str]:
    if not gone.size:
        return
    worn, counts = np.unique(codes.codes[gone], return_counts=True)
    most = int(np.argmax(counts))
    owners = codes.owners[gone[codes.codes[gone] == worn[most]]]
    yield (
        f"{len(worn):,} barcodes stand for more than {MOST_OF_SOURCE} products of one source, or {MOST_OF_ALL} of all, and are "
        f"read as unknown: {worn[most]:014d} for {counts[most]:,} products, such as {_shown(catalog, owners[:2])}"
    )


def _different(catalog: Catalog, codes: ProductCodes) -> Iterator[str]:
    """Look at two products of each barcode that several share, of the first ones that come in the catalogue."""
    order = np.argsort(codes.codes, kind="stable")
    sorted_codes, owners = codes.codes[order], codes.owners[order]
    starts = np.flatnonzero(np.diff(sorted_codes, prepend=-1))
    ends = starts + np.diff(starts, append=len(order)) - 1
    pairs = np.stack([owners[starts], owners[ends]])[:, ends > starts]
    pairs = pairs[:, np.sort(np.argsort(pairs[0], kind="stable")[:LOOKED_AT])]
    left, right = (_words(catalog, side) for side in pairs)
    apart = [
        place for place, (one, other) in enumerate(zip(left, right, strict=True)) if one and other and not one & other
    ]
    if len(apart) >= LEAST and len(apart) > MANY * pairs.shape[1]:
        yield (
            f"{len(apart):,} of {pairs.shape[1]:,} shared barcodes looked at stand on products whose titles have no word in "
            f"common, such as {_shown(catalog, pairs[:, apart[0]])}: see whether a shop's barcodes are right, unless titles are "
            "in several languages"
        )


def _words(catalog: Catalog, positions: Ints1d) -> list[set[str]]:
    titles = [title or "" for title in catalog.take(positions).table["title"].to_pylist()]
    return [set(words(folded)) for folded in folds(titles)] if titles else []


def _shown(catalog: Catalog, positions: Ints1d) -> str:
    titles = catalog.take(positions).table["title"].to_pylist()
    return " and ".join(repr((title or "")[:SHOWN_CHARS]) for title in titles)
