"""Attribute features say what two products both state, where they agree and where they contradict each other."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.catalog.catalog import Catalog
from reranking.signals.feature import declare
from reranking.signals.product_rows import ProductRows, Told, catalog_blocks, untold
from reranking.signals.texts.attribute_values import AttributeOccurrences
from reranking.signals.texts.bags import BUCKET_BITS, BUCKETS, Bags, Rows
from reranking.signals.texts.counting import TokenCounts
from reranking.signals.texts.extents import Extents
from reranking.signals.texts.sparse_rows import ratio, row_maxima, row_sums
from reranking.signals.texts.synonyms import Synonyms

FAMILY = "attributes"
FEATURES = declare(
    FAMILY,
    {
        "attributes_missing": "how many of the two have no attributes: 0, 1 or 2",
        "attributes_smaller": "attribute keys of the product that has fewer",
        "attributes_larger": "attribute keys of the product that has more",
        "attributes_shared": "attribute keys that both products have; like all below unknown if either has none",
        "attributes_shared_share": "shared keys over all keys of both products",
        "attributes_equal": "shared keys with a value in common, or with ranges, or a range and a number, of one unit that overlap",
        "attributes_conflicting": "shared keys without",
        "attributes_equal_share": "shared keys with a value in common, or that overlap, over all shared keys",
        "attributes_equal_rarity": "rarity (inverse document frequency) of all equal values together",
        "attributes_rarest_equal": "rarity of the rarest equal value",
        "attributes_conflicting_rarity": "rarity of the conflicting keys together",
        "attributes_values_cosine": "cosine of the (key, value) entries weighed by rarity",
    },
    rising=("attributes_equal_share", "attributes_values_cosine"),
    falling=("attributes_conflicting", "attributes_conflicting_rarity"),
)


@dataclass(frozen=True)
class AttributeSignals:
    """It holds attribute keys and values of the prepared products, weighed by the whole catalogue; `apart` has the same values,
    of which equal ones of two keys have one bucket, and `extents` what is measured where anything is a range."""

    rows: ProductRows
    keys: Bags
    values: Bags  # the groups are keys
    apart: Bags  # here too
    extents: Extents

    features = FEATURES

    @classmethod
    def from_catalog(
        cls, catalog: Catalog, products: Ints1d, counts: TokenCounts | None = None, told: Told = untold
    ) -> "AttributeSignals":
        """Read the catalogue once for what is rare, into `counts` where given; keep the rows of `products`, sorted
        positions. `told` of how many products are read."""
        counts = counts or TokenCounts()
        keys = counts.bags("attribute keys")
        values, apart = (counts.bags(f"attribute values{name}", groups=BUCKETS) for name in ("", " apart"))
        extents = [Extents.of_entries((), 0)]
        for block in catalog_blocks(catalog, products, told):
            found = AttributeOccurrences.of_catalog(block.catalog)
            keys.add(found.keys, len(block.catalog), block.prepared)
            values.add(found.values, len(block.catalog), block.prepared)
            apart.add(found.apart, len(block.catalog), block.prepared)
            extents.append(found.extents.take(block.prepared))
        measured = Extents.joined(extents)
        if counts.worlds is not None:
            measured = measured.take(counts.worlds.rows)
        bags = keys.build(), values.build(), apart.build()
        return cls(counts.rows(products, catalog), *bags, measured.against_ranges())

    def read_by(self, synonyms: Synonyms) -> "AttributeSignals":
        """Return the same attributes with keys, and values, that mean one read as one; there none is rarer than another."""
        if not len(synonyms):
            return self
        keys, apart = self.keys.matrix, self.apart.matrix
        named = synonyms.keys.read(apart.indices >> BUCKET_BITS)
        values = _ones(named << BUCKET_BITS | synonyms.values.read(apart.indices & (BUCKETS - 1)), apart)
        own_keys, extents = _ones(synonyms.keys.read(keys.indices), keys), self.extents.read_by(synonyms.keys)
        return replace(self, keys=own_keys, values=values, apart=values, extents=extents)

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        rows = self.rows.rows(left), self.rows.rows(right)
        sizes = self.keys.sizes[rows[0]], self.keys.sizes[rows[1]]
        missing = (sizes[0] == 0).astype(np.float64) + (sizes[1] == 0)
        counts = np.column_stack([missing, np.minimum(*sizes), np.maximum(*sizes)])
        columns = np.full((len(left), len(FEATURES)), np.nan, dtype=np.float32)
        columns[:, : counts.shape[1]] = counts
        known = np.flatnonzero(missing == 0)
        if known.size:
            columns[known, counts.shape[1] :] = np.column_stack(self._agreement(rows[0][known], rows[1][known]))
        return columns

    def agreeing_and_conflicting(self, left: Rows, right: Rows) -> tuple[csr_array, csr_array]:
        """Return the keys (p, BUCKETS) that rows of both sides have with a value, or a number of ranges, in common, and those without
        one."""
        agreeing = self._agreeing(left, right, self.values.shared(left, right))
        return agreeing, _conflicts(self.keys.shared(left, right), agreeing)

    def _agreeing(self, left: Rows, right: Rows, equal_values: csr_array) -> csr_array:
        """Return the keys (p, BUCKETS) under which values are equal, or a range holds what the other says; as ones."""
        agreeing = _keys(equal_values)
        if not len(self.extents):
            return agreeing
        return (agreeing + self.extents.overlapping(left, right)).sign()

    def _agreement(self, left: Rows, right: Rows) -> list[Floats1d]:
        shared_keys, equal_values = self.keys.shared(left, right), self.values.shared(left, right)
        conflicts = _conflicts(shared_keys, self._agreeing(left, right, equal_values))
        shared = np.diff(shared_keys.indptr).astype(np.float64)
        conflicting = np.diff(conflicts.indptr).astype(np.float64)
        rarities = np.sqrt(equal_values.data)
        return [
            shared,
            ratio(shared, self.keys.sizes[left] + self.keys.sizes[right] - shared),
            shared - conflicting,
            conflicting,
            ratio(shared - conflicting, shared),
            row_sums(equal_values.indptr, rarities),
            row_maxima(equal_values.indptr, rarities),
            row_sums(conflicts.indptr, np.sqrt(conflicts.data)),
            self.values.cosine(left, right, equal_values),
        ]


def _ones(indices: npt.NDArray[np.integer], matrix: csr_array) -> Bags:
    """Return bags of a matrix whose entries stand in these columns now, each once, as ones."""
    placed = csr_array((np.ones(len(indices), dtype=np.float32), indices, matrix.indptr), shape=matrix.shape)
    placed.sum_duplicates()
    placed.data[:] = 1
    return Bags.of_matrix(placed)


def _conflicts(shared_keys: csr_array, agreeing: csr_array) -> csr_array:
    """Return the shared keys (p, BUCKETS) of which no value agrees."""
    return shared_keys - shared_keys.multiply(agreeing)


def _keys(values: csr_array) -> csr_array:
    """Return the distinct keys of the values of each row (p, BUCKETS), as ones."""
    ones = np.ones(values.nnz, dtype=np.float32)
    indices = (values.indices >> BUCKET_BITS).astype(np.int32)
    keys = csr_array((ones, indices, values.indptr.astype(np.int32)), shape=(values.shape[0], BUCKETS))
    keys.sum_duplicates()
    keys.data[:] = 1
    return keys
