"""How the prices, categories and barcodes of a file are written is looked up in all of its rows, before any is read."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from indexing.reading.cells.categories.columns import CategoryFormat, CategoryLook
from indexing.reading.cells.identifiers.barcodes import BareIsbns
from indexing.reading.cells.prices.columns import PriceFormat
from indexing.reading.cells.prices.look import PriceLook


@dataclass(frozen=True)
class CellFormats:
    """They say how a file's prices and categories are written, and whether bare numbers of nine or ten digits are ISBNs
    (`isbn10`), None where it has none."""

    prices: PriceFormat = field(default_factory=PriceFormat)
    categories: CategoryFormat = field(default_factory=CategoryFormat)
    isbn10: bool | None = None


@dataclass(frozen=True)
class CellLooks:
    """They look at the blocks of a file, or of all files that a schema takes to be written alike.

    What the schema states is given to them: `PriceLook(decimal=",", currency="EUR")`, `CategoryLook(separator=">")`.
    """

    prices: PriceLook = field(default_factory=PriceLook)
    categories: CategoryLook = field(default_factory=CategoryLook)
    isbns: BareIsbns = field(default_factory=BareIsbns)

    def look(self, block: pa.Table, *, price: str, category: str) -> None:
        """Look at a block's columns of these names, where it has them."""
        if price in block.column_names:
            self.prices.look(block[price])
        if category in block.column_names:
            self.categories.look(block[category])

    @property
    def formats(self) -> CellFormats:
        """Return what all blocks show."""
        return CellFormats(self.prices.format, self.categories.format, self.isbns.are_isbns)

    def warnings(self, price: str) -> Iterator[str]:
        """Yield what a person should know of columns that could be read two ways; `price` is the name of theirs."""
        told = self.prices.warning(price)
        if told is not None:
            yield told
