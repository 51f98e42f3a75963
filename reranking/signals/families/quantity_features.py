"""Quantity features: lengths, capacities, pack counts and the like that two titles both give."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from indexing.arrays import Floats1d, Ints1d
from reranking.signals.texts.bags import BUCKET_BITS, Bags, BagsBuilder, Occurrences, Rows, bucket_of
from reranking.signals.texts.quantities import DIMENSIONS, Quantities, Quantity
from reranking.signals.texts.sparse_rows import row_sums

_FLAGGED = ("length", "mass", "volume", "capacity", "power", "voltage", "charge", "pack", "year")
_AGREEMENT = "1 when both titles give the same values, 0 when they share some, -1 when none; unknown if one gives none"
MEANINGS = {
    "dimensions_shared": "dimensions (length, capacity, …) of which both titles give values",
    "dimensions_equal": "of these, dimensions with a value in common",
    "dimensions_conflicting": "of these, dimensions without a value in common",
    "quantities_missing_smaller": "quantities that only one title gives, on the side with fewer of them",
    "quantities_missing_larger": "quantities that only one title gives, on the side with more of them",
    **{f"{name}_agreement": f"{name}: {_AGREEMENT}" for name in _FLAGGED},
}
_BIT = {name: i for i, name in enumerate(DIMENSIONS)}
_BIT_COUNTS = np.array([bin(i).count("1") for i in range(1 << len(DIMENSIONS))], dtype=np.float64)


@dataclass(frozen=True)
class QuantitySignals:
    """Quantities of the prepared products, in groups, one a dimension; `dimensions` (m,) has one bit for each."""

    quantities: Bags
    dimensions: Ints1d

    @classmethod
    def of_bags(cls, quantities: Bags) -> "QuantitySignals":
        """Bags that were built from `quantity_occurrences`."""
        return cls(quantities, _dimensions(quantities.matrix))

    def compute(self, left: Rows, right: Rows) -> list[Floats1d]:
        """One column (p,) for each of MEANINGS."""
        difference = self.quantities.take(left) - self.quantities.take(right)
        shared = _dimensions(self.quantities.shared(left, right))
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


def quantities_builder() -> BagsBuilder:
    """Takes what `quantity_occurrences` finds."""
    return BagsBuilder(groups=len(DIMENSIONS))


def quantity_occurrences(products: Sequence[Quantities]) -> Occurrences:
    """The quantities of each product; their groups are the dimensions."""
    lengths = [len(product.found) for product in products]
    columns = [_column(quantity) for product in products for quantity in product.found]
    return Occurrences(np.repeat(np.arange(len(products)), lengths), np.array(columns, dtype=np.int64))


def _column(quantity: Quantity) -> int:
    return _BIT[quantity.dimension] << BUCKET_BITS | bucket_of(f"{quantity.dimension} {quantity.value}")


def _dimensions(matrix: csr_array) -> Ints1d:
    """One bit for each dimension among the entries of each row (p,)."""
    bits = np.zeros(matrix.shape[0], dtype=np.int64)
    filled = np.flatnonzero(np.diff(matrix.indptr))
    if filled.size:
        flags = np.int64(1) << (matrix.indices >> BUCKET_BITS).astype(np.int64)
        bits[filled] = np.bitwise_or.reduceat(flags, matrix.indptr[filled])
    return bits


def _agreement(bit: int, both: Ints1d, shared: Ints1d, only: Ints1d) -> Floats1d:
    has_both, has_shared, has_only = ((mask >> bit) & 1 for mask in (both, shared, only))
    return np.where(has_both, np.where(has_shared, 1.0 - has_only, -1.0), np.nan)
