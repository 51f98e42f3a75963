"""Number features compare the numbers, model codes and quantities in titles; one of them often decides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.words.quantities import DIMENSIONS, Quantities, Quantity, read_quantities
from indexing.words.tokens import folds
from reranking.signals.families.codes import MEANINGS as CODE_MEANINGS
from reranking.signals.families.codes import CodeSignals, CodeSignalsBuilder
from reranking.signals.feature import declare
from reranking.signals.product_rows import ProductRows, Told, catalog_blocks, titles, untold
from reranking.signals.texts.bags import BUCKET_BITS, Bags, Occurrences, Overlap, Rows, bucket_of
from reranking.signals.texts.codes import read_codes, read_numbers, written_codes
from reranking.signals.texts.counting import TokenCounts
from reranking.signals.texts.sparse_rows import ratio, row_sums

_FLAGGED = ("length", "mass", "volume", "capacity", "power", "voltage", "charge", "pack", "year")
_AGREEMENT = "1 when both titles give the same values, 0 when they share some, -1 when none; unknown if one gives none"
QUANTITY_MEANINGS = {
    "dimensions_shared": "dimensions (length, capacity, …) of which both titles give values",
    "dimensions_equal": "of these, dimensions with a value in common",
    "dimensions_conflicting": "of these, dimensions without a value in common",
    "quantities_missing_smaller": "quantities that only one title gives, on the side with fewer of them",
    "quantities_missing_larger": "quantities that only one title gives, on the side with more of them",
    **{f"{name}_agreement": f"{name}: {_AGREEMENT}" for name in _FLAGGED},
}
_BIT = {name: i for i, name in enumerate(DIMENSIONS)}
_BIT_COUNTS = np.array([bin(i).count("1") for i in range(1 << len(DIMENSIONS))], dtype=np.float64)
MEANINGS = {
    "numbers_smaller": "distinct numbers of the title that has fewer",
    "numbers_larger": "distinct numbers of the title that has more",
    "numbers_shared": "distinct numbers that both titles have",
    "numbers_jaccard": "shared numbers over all numbers of both titles; unknown if neither has any",
    "numbers_missing_smaller": "numbers that only one title has, on the side with fewer of them",
    "numbers_missing_larger": "numbers that only one title has, on the side with more of them",
    "rarest_missing_number_smaller": "rarity of the rarest number that only one title has, smaller side; 0: none",
    "rarest_missing_number_larger": "rarity of the rarest number that only one title has, larger side; 0: none",
}
FAMILIES = {
    "numbers": MEANINGS,
    "model codes": CODE_MEANINGS,
    "quantities": QUANTITY_MEANINGS,
}
RISING = {
    "numbers": ("numbers_jaccard",),
    "model codes": (
        "codes_rarity_smaller",
        "codes_rarity_larger",
        "main_code_equal",
        "main_code_ratio",
        "main_code_in_title_smaller",
        "main_code_in_title_larger",
    ),
    "quantities": (),
}
FALLING = {
    "numbers": ("rarest_missing_number_smaller", "rarest_missing_number_larger"),
    "model codes": ("rarest_missing_code_smaller", "rarest_missing_code_larger"),
    "quantities": ("dimensions_conflicting",),
}
FEATURES = tuple(
    feature
    for family, meanings in FAMILIES.items()
    for feature in declare(family, meanings, rising=RISING[family], falling=FALLING[family])
)


@dataclass(frozen=True)
class QuantitySignals:
    """It holds quantities of the prepared products, in groups, one a dimension.

    `dimensions` (m,) has one bit for each dimension.
    """

    quantities: Bags
    dimensions: Ints1d

    @classmethod
    def of_bags(cls, quantities: Bags) -> "QuantitySignals":
        """Take the quantities from bags that were built from `quantity_occurrences`."""
        return cls(quantities, _dimensions(quantities.matrix))

    def compute(self, left: Rows, right: Rows) -> list[Floats1d]:
        """Return one column (p,) for each of QUANTITY_MEANINGS."""
        compared = self.quantities.compare(left, right)
        difference, shared = compared.difference, _dimensions(compared.shared)
        only = _dimensions(difference)
        both = self.dimensions[left] & self.dimensions[right]
        left_only = row_sums(difference.indptr, (difference.data > 0).astype(np.float64))
        missing = left_only, np.diff(difference.indptr) - left_only
        return [
            _BIT_COUNTS[both],
            _BIT_COUNTS[shared],
            _BIT_COUNTS[both & ~shared],
            np.minimum(*missing),
            np.maximum(*missing),
            *(_agreement(_BIT[name], both, shared, only) for name in _FLAGGED),
        ]


def quantity_occurrences(products: Sequence[Quantities]) -> Occurrences:
    """Return the quantities of each product; their groups are the dimensions."""
    lengths = [len(product.found) for product in products]
    columns = [_column(quantity) for product in products for quantity in product.found]
    return Occurrences(np.repeat(np.arange(len(products)), lengths), np.array(columns, dtype=np.int64))


def _column(quantity: Quantity) -> int:
    return _BIT[quantity.dimension] << BUCKET_BITS | bucket_of(f"{quantity.dimension} {quantity.value}")


def _dimensions(matrix: csr_array) -> Ints1d:
    """Return, for each row (p,), one bit for each dimension among its entries."""
    bits = np.zeros(matrix.shape[0], dtype=np.int64)
    filled = np.flatnonzero(np.diff(matrix.indptr))
    if filled.size:
        flags = np.int64(1) << (matrix.indices >> BUCKET_BITS).astype(np.int64)
        bits[filled] = np.bitwise_or.reduceat(flags, matrix.indptr[filled])
    return bits


def _agreement(bit: int, both: Ints1d, shared: Ints1d, only: Ints1d) -> Floats1d:
    has_both, has_shared, has_only = ((mask >> bit) & 1 for mask in (both, shared, only))
    return np.where(has_both, np.where(has_shared, 1.0 - has_only, -1.0), np.nan)


@dataclass(frozen=True)
class NumberSignals:
    """It holds the numbers, codes and quantities of the prepared products' titles, weighed by the whole catalogue."""

    rows: ProductRows
    numbers: Bags
    codes: CodeSignals
    quantities: QuantitySignals

    features = FEATURES

    @classmethod
    def from_catalog(
        cls, catalog: Catalog, products: Ints1d, counts: TokenCounts | None = None, told: Told = untold
    ) -> "NumberSignals":
        """Read the catalogue once for what is rare, into `counts` where given; keep the rows of `products`, sorted
        positions. `told` of how many products are read."""
        counts = counts or TokenCounts()
        numbers, codes = counts.bags("numbers"), CodeSignalsBuilder.of(counts)
        quantities = counts.bags("quantities", groups=len(DIMENSIONS))
        titles_only = counts.has_titles_only(catalog)
        for block in catalog_blocks(catalog, products, told):
            folded = folds(titles(block.catalog))
            measured = [read_quantities(title) for title in folded]
            counted = [read_numbers(found.rest, found.numbers) for found in measured]
            coded = [read_codes(title, found.rest) for title, found in zip(folded, measured, strict=True)]
            in_text = [] if titles_only else [written_codes(text) for text in folds(block.catalog.texts())]
            numbers.add(Occurrences.of_tokens(counted), len(folded), block.prepared)
            codes.add(coded, in_text, block.prepared)
            quantities.add(quantity_occurrences(measured), len(folded), block.prepared)
        rows = counts.rows(products, catalog)
        return cls(rows, numbers.build(), codes.build(), QuantitySignals.of_bags(quantities.build()))

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        rows = self.rows.rows(left), self.rows.rows(right)
        columns = [*self._numbers(*rows), *self.codes.compute(*rows), *self.quantities.compute(*rows)]
        return np.column_stack(columns).astype(np.float32)

    def _numbers(self, left: Rows, right: Rows) -> list[Floats1d]:
        overlap = Overlap.of(self.numbers, self.numbers.compare(left, right))
        sizes = self.numbers.sizes[left], self.numbers.sizes[right]
        missing = overlap.left_only, overlap.right_only
        rarest = np.nan_to_num(overlap.rarest_left_only), np.nan_to_num(overlap.rarest_right_only)
        return [
            np.minimum(*sizes),
            np.maximum(*sizes),
            overlap.shared,
            ratio(overlap.shared, overlap.shared + missing[0] + missing[1]),
            np.minimum(*missing),
            np.maximum(*missing),
            np.minimum(*rarest),
            np.maximum(*rarest),
        ]
