"""An offer is paired with products that share an identifier with it, however far from it they look."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from indexing.arrays import Bools1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.product_codes import NamedCodes, barcodes_of, brands_of, has_codes, part_numbers_of
from indexing.given.neighbour_search import GivenRows
from indexing.product_index import ProductIndex
from indexing.words.text_keys import text_keys
from reranking.identifiers.identifiers import Identifiers


@dataclass(frozen=True)
class CodeHolders:
    """They are the products (c,) of an index that have a code, by the code's key (c,), rising."""

    keys: Ints1d
    products: Ints1d

    @classmethod
    def of(cls, keys: Ints1d, products: Ints1d) -> "CodeHolders":
        """Take keys (c,) in any order."""
        order = np.argsort(keys, kind="stable")
        return cls(keys[order], products[order])

    def sharing(self, keys: Ints1d) -> tuple[Ints1d, Ints1d]:
        """Return which of the keys are those of products, once for each of these, and the products."""
        starts, ends = (np.searchsorted(self.keys, keys, side=side) for side in ("left", "right"))
        counts = ends - starts
        which = np.repeat(np.arange(len(keys)), counts)
        places = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts) + starts[which]
        return which, self.products[places]


@dataclass(frozen=True)
class SharedCodes:
    """It finds the products of an `index` that share an identifier with offers: a barcode, or a part number of the same brand.

    Those that are worn out, standing for too many products, are none. A part number is known by a hash of 64 bits: that
    another one has the same is a pair more to score, once in thousands of catalogues of millions of part numbers.
    """

    index: ProductIndex
    identifiers: Identifiers

    @cached_property
    def _barcodes(self) -> CodeHolders:
        codes = self.identifiers.gtin
        return CodeHolders.of(codes.codes, codes.owners)

    @cached_property
    def _part_numbers(self) -> CodeHolders:
        catalog, codes = self.index.catalog, self.identifiers.mpn
        if not len(codes.codes):
            return CodeHolders(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
        hashes = _hashes(part_numbers_of(catalog, brands_of(catalog)))
        return CodeHolders.of(hashes[codes.codes], codes.owners)

    def prepare(self) -> "SharedCodes":
        """Sort the identifiers of all products, so that the first offer does not wait for it."""
        _ = self._barcodes, self._part_numbers
        return self

    def pairs(self, offers: Catalog, given: GivenRows) -> tuple[Ints1d, Ints1d]:
        """Return offers (p,), by number, and the products that share an identifier with them, of another source where the
        index matches across sources."""
        found = [(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))]
        if has_codes(offers, "gtin"):
            codes = barcodes_of(offers)
            which, products = self._barcodes.sharing(codes.codes)
            found.append((codes.owners[which], products))
        if has_codes(offers, "mpn"):
            named = part_numbers_of(offers, brands_of(offers))
            which, products = self._part_numbers.sharing(_hashes(named)[named.codes.codes])
            found.append((named.codes.owners[which], products))
        rows, partners = (np.concatenate(side) for side in zip(*found, strict=True))
        others = self._are_others(rows, partners, given)
        return rows[others], partners[others]

    def _are_others(self, rows: Ints1d, products: Ints1d, given: GivenRows) -> Bools1d:
        others = np.asarray(products != given.known[rows], dtype=bool)
        if not self.index.made.match_across_sources:
            return others
        theirs = self.index.sources[products]
        return np.asarray(others & ((theirs != given.sources[rows]) | (theirs < 0)), dtype=bool)


def _hashes(named: NamedCodes) -> Ints1d:
    """Return a key of each name, int64."""
    return text_keys(named.names).view(np.int64)
