"""Families prepare only the products that pairs mention, and their titles; rows say where each of them stands."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog

BLOCK_PRODUCTS = 65_536

Told = Callable[[int], None]  # of how many products are read


def untold(done: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class ProductRows:
    """It numbers the prepared products: `products` (m,) sorted positions, `row_of` (n,) int32, -1 = not prepared."""

    products: Ints1d
    row_of: npt.NDArray[np.int32]

    @classmethod
    def of(cls, products: Ints1d, n_products: int) -> "ProductRows":
        """Make row i that of the product at position products[i] of a catalogue of n_products."""
        row_of = np.full(n_products, -1, dtype=np.int32)
        row_of[products] = np.arange(len(products), dtype=np.int32)
        return cls(products, row_of)

    def __len__(self) -> int:
        return len(self.products)

    def rows(self, positions: Ints1d) -> npt.NDArray[np.int32]:
        """Return the row of each position. Raises ValueError for a product that was not prepared."""
        rows = self.row_of[positions]
        if rows.size and rows.min() < 0:
            position = positions[int(np.argmin(rows))]
            raise ValueError(f"position {position} was not among the products that the features were prepared for")
        return rows


@dataclass(frozen=True)
class CatalogBlock:
    """It holds a run of products, and which of them (positions within the block, sorted) are prepared."""

    catalog: Catalog
    prepared: Ints1d


def catalog_blocks(catalog: Catalog, products: Ints1d, told: Told = untold) -> Iterator[CatalogBlock]:
    """Yield the whole catalogue in blocks, for statistics of all products and rows of those prepared; `told` of how many are done with."""
    for start in range(0, len(catalog), BLOCK_PRODUCTS):
        stop = min(start + BLOCK_PRODUCTS, len(catalog))
        first, last = np.searchsorted(products, [start, stop])
        yield CatalogBlock(catalog.slice(start, stop), products[first:last] - start)
        told(stop)


def titles(catalog: Catalog) -> list[str]:
    """Return one title a product, empty where it has none."""
    return [title or "" for title in catalog.table["title"].to_pylist()]


def has_titles_only(catalog: Catalog) -> bool:
    """Return whether no product of the catalogue has a brand, attributes or a description."""
    attributes = pc.sum(pc.list_value_length(catalog.table["attributes"])).as_py()
    others = (catalog.table[name] for name in ("brand", "description"))
    return not attributes and all(column.null_count == len(catalog) for column in others)
