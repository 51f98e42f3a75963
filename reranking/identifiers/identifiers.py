"""Identifiers are codes that makers give: barcodes, and part numbers with their brand. Products that share one are likely
the same, whoever offers them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.product_codes import (
    MOST_OF_ALL,
    MOST_OF_SOURCE,
    Brands,
    ProductCodes,
    barcodes_of,
    brands_of,
    has_codes,
    part_numbers_of,
    worn_out,
)

DIFFERENT, UNKNOWN, EQUAL = -1, 0, 1


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
    """They are codes that stand for too many products to say which one, barcodes `gtin` and the names of part numbers
    `mpn`; `products` counts those that have them."""

    gtin: Ints1d
    mpn: pa.Array
    products: int

    def __len__(self) -> int:
        return len(self.gtin) + len(self.mpn)

    def told(self) -> str:
        """Return in one line how many there are, and that nothing follows from them."""
        return (
            f"{len(self):,} barcodes or part numbers stand for more than {MOST_OF_SOURCE} products of one source, or "
            f"{MOST_OF_ALL} of all, {self.products:,} products together: they are read as unknown and propose no pairs"
        )


@dataclass(frozen=True)
class Identifiers:
    """They are the identifiers of all products of a catalogue (n,): `gtin` and `mpn`, without those that are `worn` out;
    `brands` and `sources` (n,) are -1 where unknown."""

    gtin: ProductCodes
    mpn: ProductCodes
    brands: Ints1d
    sources: Ints1d
    worn: WornOut

    @classmethod
    def of(cls, catalog: Catalog, worn: WornOut | None = None) -> "Identifiers":
        """Read the identifiers of a catalogue: a few dozen bytes a product. What is worn out is found in it, unless it
        is given: that of the whole catalogue, for some products of it."""
        none = Brands(np.full(len(catalog), -1, dtype=np.int64), pa.array([], pa.large_string()))
        brands = brands_of(catalog) if has_codes(catalog, "mpn") else none
        sources, gtin, mpn = catalog.sources(), barcodes_of(catalog), part_numbers_of(catalog, brands)
        if worn is None:
            gone = worn_out(gtin, sources), worn_out(mpn.codes, sources)
            owners = np.concatenate([gtin.owners[gone[0]], mpn.codes.owners[gone[1]]])
            names = mpn.names.take(pa.array(np.unique(mpn.codes.codes[gone[1]])))
            worn = WornOut(np.unique(gtin.codes[gone[0]]), names, len(np.unique(owners)))
        else:
            places = pc.index_in(worn.mpn, value_set=mpn.names).drop_null().to_numpy(zero_copy_only=False)
            gone = np.isin(gtin.codes, worn.gtin), np.isin(mpn.codes.codes, places)
        return cls(gtin.without(gone[0]), mpn.codes.without(gone[1]), brands.codes, sources, worn)

    @property
    def has_barcodes(self) -> bool:
        """Return whether any product has a barcode."""
        return bool(len(self.gtin.codes))

    @property
    def has_part_numbers(self) -> bool:
        """Return whether any product has a part number of a known brand."""
        return bool(len(self.mpn.codes))

    def __bool__(self) -> bool:
        return self.has_barcodes or self.has_part_numbers

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

    def sharing(self, start: int, stop: int, *, across_sources: bool = False) -> IdentifiedPairs:
        """Return the pairs of the products at `start` to `stop` with later ones that share an identifier; `across_sources`: without
        those of one source."""
        keys = [self._keys(codes, start, stop, across_sources) for codes in (self.gtin, self.mpn)]
        return IdentifiedPairs(*np.divmod(_distinct(np.concatenate(keys)), max(len(self.gtin), 1)))

    def _keys(self, codes: ProductCodes, start: int, stop: int, across_sources: bool) -> Ints1d:
        """Return the keys of pairs of products that share a code of one kind, those of several codes several times."""
        one, place = codes.holders(start, stop)
        after = codes.ends[place] - place - 1
        left, second = np.repeat(one, after), np.repeat(place + 1, after)
        right = codes.by_code[second + np.arange(len(second)) - np.repeat(np.cumsum(after) - after, after)]
        if across_sources:
            apart = self._apart(left, right)
            left, right = left[apart], right[apart]
        return np.asarray(left * len(codes) + right, dtype=np.int64)


def _distinct(keys: Ints1d) -> Ints1d:
    """Return each key once, sorted; of millions, numpy's own way takes ten times as long."""
    keys = np.sort(keys)
    first = np.ones(len(keys), dtype=bool)
    first[1:] = keys[1:] != keys[:-1]
    return np.asarray(keys[first], dtype=np.int64)
