"""Identifiers are codes that makers give: barcodes, and part numbers with their brand. Products that share one are likely
the same, whoever offers them."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.product_codes import (
    MOST_OF_ALL,
    MOST_OF_SOURCE,
    ProductCodes,
    barcodes_of,
    brand_codes,
    has_codes,
    part_numbers_of,
    worn_out,
)

DIFFERENT, UNKNOWN, EQUAL = -1, 0, 1
BLOCK_ENTRIES = 1_000_000  # codes whose pairs are made at once


@dataclass(frozen=True)
class IdentifiedPairs:
    """They are pairs of positions `left`, `right` (p,) of products that share an identifier: left < right, sorted, each
    once."""

    left: Ints1d
    right: Ints1d

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True)
class WornOut:
    """It counts codes that stand for too many products to say which one, and the products that have them."""

    codes: int = 0
    products: int = 0

    def told(self) -> str:
        """Return in one line how many there are, and that nothing follows from them."""
        return (
            f"{self.codes:,} barcodes or part numbers stand for more than {MOST_OF_SOURCE} products of one source, or "
            f"{MOST_OF_ALL} of all, {self.products:,} products together: they are read as unknown and propose no pairs"
        )


@dataclass(frozen=True)
class Identifiers:
    """They are the identifiers of all products of a catalogue (n,): `gtin` and `mpn`, without those that are worn out,
    which `worn` counts; `brands` and `sources` (n,) are -1 where unknown."""

    gtin: ProductCodes
    mpn: ProductCodes
    brands: Ints1d
    sources: Ints1d
    worn: WornOut = WornOut()

    @classmethod
    def of(cls, catalog: Catalog) -> "Identifiers":
        """Read the identifiers of a catalogue: a few dozen bytes a product."""
        none = np.full(len(catalog), -1, dtype=np.int64)
        brands = brand_codes(catalog) if has_codes(catalog, "mpn") else none
        sources = catalog.sources()
        every = barcodes_of(catalog), part_numbers_of(catalog, brands)
        worn = [worn_out(codes, sources) for codes in every]
        told = [
            (len(np.unique(codes.codes[gone])), codes.owners[gone]) for codes, gone in zip(every, worn, strict=True)
        ]
        count = WornOut(sum(codes for codes, _ in told), len(np.unique(np.concatenate([owners for _, owners in told]))))
        gtin, mpn = (codes.without(gone) for codes, gone in zip(every, worn, strict=True))
        return cls(gtin, mpn, brands, sources, count)

    def __bool__(self) -> bool:
        return bool(len(self.gtin.codes) or len(self.mpn.codes))

    def compare_barcodes(self, left: Ints1d, right: Ints1d) -> Ints1d:
        """Return of pairs of positions (p,) whether their barcodes are EQUAL (one is shared), DIFFERENT (both have some,
        none of them is shared) or UNKNOWN."""
        both = (self.gtin.counts[left] > 0) & (self.gtin.counts[right] > 0)
        return np.where(self.gtin.share(left, right), EQUAL, np.where(both, DIFFERENT, UNKNOWN))

    def compare_part_numbers(self, left: Ints1d, right: Ints1d) -> Ints1d:
        """Return of pairs of positions (p,) whether their part numbers are EQUAL, of one brand, DIFFERENT, of one brand
        too, or UNKNOWN. Shops write more or less of a part number, so that DIFFERENT says little."""
        both = (self.mpn.counts[left] > 0) & (self.mpn.counts[right] > 0) & (self.brands[left] == self.brands[right])
        return np.where(self.mpn.share(left, right), EQUAL, np.where(both, DIFFERENT, UNKNOWN))

    def compare(self, left: Ints1d, right: Ints1d) -> Ints1d:
        """Return of pairs of positions (p,) whether they are EQUAL, DIFFERENT or UNKNOWN by their identifiers.

        Barcodes decide where both have some; where these differ but the part numbers are equal, nothing is known. Part
        numbers that differ say nothing.
        """
        barcodes, parts = self.compare_barcodes(left, right), self.compare_part_numbers(left, right)
        undecided = np.where(parts == EQUAL, EQUAL, UNKNOWN)
        contradicting = (barcodes == DIFFERENT) & (parts == EQUAL)
        return np.where(contradicting, UNKNOWN, np.where(barcodes == UNKNOWN, undecided, barcodes))

    def are_shared(self, left: Ints1d, right: Ints1d, *, across_sources: bool = False) -> Bools1d:
        """Return which pairs of positions (p,) share an identifier; `across_sources`: without those of one source."""
        found = self.gtin.share(left, right) | self.mpn.share(left, right)
        return found & self._apart(left, right) if across_sources else found

    def _apart(self, left: Ints1d, right: Ints1d) -> Bools1d:
        return np.asarray((self.sources[left] != self.sources[right]) | (self.sources[left] < 0), dtype=bool)

    def shared(self, *, across_sources: bool = False) -> IdentifiedPairs:
        """Return all pairs of products that share an identifier; `across_sources`: without those of one source."""
        keys = [key for codes in (self.gtin, self.mpn) for key in self._sharing(codes, across_sources)]
        every = np.unique(np.concatenate(keys)) if keys else np.zeros(0, dtype=np.int64)
        return IdentifiedPairs(*np.divmod(every, max(len(self.gtin), 1)))

    def _sharing(self, codes: ProductCodes, across_sources: bool) -> list[Ints1d]:
        """Return the keys of the pairs of products that share a code of one kind, in blocks."""
        order = np.argsort(codes.codes, kind="stable")
        code, owner = codes.codes[order], codes.owners[order]
        ends = np.searchsorted(code, code, side="right")
        found = []
        for start in range(0, len(code), BLOCK_ENTRIES):
            places = np.arange(start, min(start + BLOCK_ENTRIES, len(code)))
            after = ends[places] - places - 1
            first = np.repeat(places, after)
            second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(after) - after, after)
            left, right = owner[first], owner[second]
            if across_sources:
                apart = self._apart(left, right)
                left, right = left[apart], right[apart]
            found.append(np.unique(np.minimum(left, right) * len(codes) + np.maximum(left, right)))
        return found
