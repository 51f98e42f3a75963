"""The barcodes and part numbers of products are numbers here, so that millions of them can be compared at once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.words.normal_form import normal_column
from indexing.words.tokens import folds, words

MOST_OF_SOURCE = 20  # products of one source with a code, if it is to say which product it is
MOST_OF_ALL = 100  # products with a code, whoever offers them
_BETWEEN = pa.scalar("\x1f", pa.large_string())  # brand and part number


@dataclass(frozen=True)
class ProductCodes:
    """They are the codes of products (n,): those of product i are `codes[starts[i]:starts[i + 1]]`, int64, rising."""

    starts: Ints1d
    codes: Ints1d

    @classmethod
    def of(cls, owners: Ints1d, codes: Ints1d, products: int) -> "ProductCodes":
        """Take codes (c,) with the product that each is of; what a product has twice counts once."""
        if not (owners[1:] > owners[:-1]).all():  # most products have one, and stand in order
            order = np.lexsort((codes, owners))
            owners, codes = owners[order], codes[order]
            new = np.ones(len(owners), dtype=bool)
            new[1:] = (owners[1:] != owners[:-1]) | (codes[1:] != codes[:-1])
            owners, codes = owners[new], codes[new]
        return cls._of_distinct(owners, codes, products)

    @classmethod
    def _of_distinct(cls, owners: Ints1d, codes: Ints1d, products: int) -> "ProductCodes":
        counts = np.bincount(owners, minlength=products)
        return cls(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), codes)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def counts(self) -> Ints1d:
        """Return how many codes each product (n,) has."""
        return np.diff(self.starts)

    @cached_property
    def owners(self) -> Ints1d:
        """Return the product that each of the codes (c,) is of."""
        return np.repeat(np.arange(len(self)), self.counts)

    @cached_property
    def _order(self) -> Ints1d:
        return np.argsort(self.codes, kind="stable")

    @cached_property
    def by_code(self) -> Ints1d:
        """Return the products (c,) that the codes are of, by code, those of one code in their order."""
        return self.owners[self._order]

    @cached_property
    def ends(self) -> Ints1d:
        """Return where in `by_code` the products of the same code end, for each place there (c,)."""
        ordered = self.codes[self._order]
        return np.searchsorted(ordered, ordered, side="right")

    @cached_property
    def _places(self) -> Ints1d:
        places = np.empty(len(self.codes), dtype=np.int64)
        places[self._order] = np.arange(len(self.codes))
        return places

    def holders(self, start: int, stop: int) -> tuple[Ints1d, Ints1d]:
        """Return the products at `start` to `stop`, once for each of their codes (d,), and where in `by_code` that is."""
        own = slice(int(self.starts[start]), int(self.starts[stop]))
        return self.owners[own], self._places[own]

    def without(self, gone: Bools1d) -> "ProductCodes":
        """Return the codes that are not `gone` (c,)."""
        return self._of_distinct(self.owners[~gone], self.codes[~gone], len(self)) if gone.any() else self

    def share(self, left: Ints1d, right: Ints1d) -> Bools1d:
        """Return which pairs of products (p,) have a code in common."""
        found = np.zeros(len(left), dtype=bool)
        sizes = self.counts[left] * self.counts[right]
        pair = np.repeat(np.arange(len(left)), sizes)
        place = np.arange(len(pair)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        wide = self.counts[right][pair]
        one = self.codes[self.starts[left][pair] + place // np.maximum(wide, 1)]
        other = self.codes[self.starts[right][pair] + place % np.maximum(wide, 1)]
        found[pair[one == other]] = True
        return found


def has_codes(catalog: Catalog, *names: str) -> bool:
    """Return whether any product of the catalogue has a code of these kinds, `gtin` or `mpn`."""
    return any(catalog.table[name].null_count < len(catalog) for name in names or ("gtin", "mpn"))


def barcodes_of(catalog: Catalog) -> ProductCodes:
    """Return the barcodes of products, each as the number that it is."""
    flat, owners = _entries(catalog.table["gtin"])
    return ProductCodes.of(owners, np.asarray(flat.cast(pa.int64()).to_numpy(), dtype=np.int64), len(catalog))


@dataclass(frozen=True)
class NamedCodes:
    """They are codes of products (n,) that are places in `names`, the texts that they stand for."""

    codes: ProductCodes
    names: pa.Array


def part_numbers_of(catalog: Catalog, brands: "Brands") -> NamedCodes:
    """Return the part numbers of products, equal where brand and part number are: letters of any case, without separators.
    A product without a brand has none: a part number says nothing without its maker."""
    flat, owners = _entries(catalog.table["mpn"])
    known = brands.codes[owners] >= 0
    flat, owners = flat.filter(pa.array(known)), owners[known]
    bare = pc.replace_substring_regex(normal_column(pa.chunked_array([flat])), r"[^\p{L}\p{N}]+", "").combine_chunks()
    named = pc.binary_join_element_wise(brands.names.take(pa.array(brands.codes[owners])), bare, _BETWEEN)
    encoded = named.dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return NamedCodes(ProductCodes.of(owners, codes, len(catalog)), encoded.dictionary)


@dataclass(frozen=True)
class Brands:
    """They are the brands of products: `codes` (n,) are places in `names`, -1 for none."""

    codes: Ints1d
    names: pa.Array


def brands_of(catalog: Catalog) -> Brands:
    """Return each product's brand, the same for one in letters of any case."""
    encoded = catalog.table["brand"].combine_chunks().dictionary_encode()
    written = folds(encoded.dictionary.to_pylist()) if len(encoded.dictionary) else []
    folded = pa.array([" ".join(words(name)) or None for name in written], pa.large_string()).dictionary_encode()
    codes = folded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Brands(np.where(places < 0, -1, np.append(codes, -1)[places]), folded.dictionary)


def worn_out(codes: ProductCodes, sources: Ints1d) -> Bools1d:
    """Return which of the codes (c,) stand for too many products to say which one: for more than MOST_OF_SOURCE of one
    source (n,), -1 where that is unknown, or for more than MOST_OF_ALL."""
    order = np.argsort(codes.codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes.codes[order], prepend=-1))
    sizes = np.diff(starts, append=len(order))
    group = np.repeat(np.arange(len(starts)), sizes)
    worn = sizes > MOST_OF_ALL
    doubted = np.flatnonzero(sizes[group] > MOST_OF_SOURCE)  # places in the order
    source = sources[codes.owners[order[doubted]]]
    doubted, source = doubted[source >= 0], source[source >= 0]
    keys, counts = np.unique(group[doubted] * (int(source.max(initial=0)) + 1) + source, return_counts=True)
    worn[keys[counts > MOST_OF_SOURCE] // (int(source.max(initial=0)) + 1)] = True
    gone = np.zeros(len(order), dtype=bool)
    gone[order] = worn[group]
    return gone


def _entries(column: pa.ChunkedArray) -> tuple[pa.Array, Ints1d]:
    """Return the entries of a column of lists, and the row that each stands in."""
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
    flat = pc.list_flatten(column).combine_chunks()
    return flat, np.repeat(np.arange(len(column)), lengths)
