"""Number features: numbers, model codes and quantities in titles; one of them often decides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz
from rapidfuzz.distance import Indel, Prefix
from rapidfuzz.process import cpdist
from scipy.sparse import csr_array

from indexing.arrays import Floats1d, Floats2d, Ints1d, Objects1d
from indexing.catalog import Catalog
from reranking.bags import (
    BUCKET_BITS,
    BUCKETS,
    Bags,
    BagsBuilder,
    Occurrences,
    Overlap,
    Rows,
    bucket_of,
    ratio,
    row_maxima,
    row_sums,
)
from reranking.codes import Codes, read_codes, read_numbers, written_codes
from reranking.features import Feature
from reranking.product_rows import ProductRows, catalog_blocks
from reranking.product_texts import has_titles_only, titles
from reranking.quantities import DIMENSIONS, Quantities, Quantity, read_quantities
from reranking.tokens import fold, words

FAMILY = "numbers"
TITLE_CHARS = 300  # where codes are searched for
_FLAGGED = ("length", "mass", "volume", "capacity", "power", "voltage", "charge", "pack", "year")
_AGREEMENT = "1 when both titles give the same values, 0 when they share some, -1 when none"
FEATURES = tuple(
    Feature(name, FAMILY, meaning)
    for name, meaning in {
        "numbers_smaller": "distinct numbers of the title that has fewer",
        "numbers_larger": "distinct numbers of the title that has more",
        "numbers_shared": "distinct numbers that both titles have",
        "numbers_jaccard": "shared numbers over all numbers of both titles; unknown if neither has any",
        "numbers_missing_smaller": "numbers that only one title has, on the side with fewer of them",
        "numbers_missing_larger": "numbers that only one title has, on the side with more of them",
        "rarest_missing_number_smaller": "rarity of the rarest number that only one title has, smaller side; 0: none",
        "rarest_missing_number_larger": "rarity of the rarest number that only one title has, larger side; 0: none",
        "codes_smaller": "model codes of the title that has fewer",
        "codes_larger": "model codes of the title that has more",
        "codes_shared_smaller": "model codes of one title found in the other, however separated, smaller direction",
        "codes_shared_larger": "model codes of one title found in the other, however separated, larger direction",
        "codes_missing_smaller": "model codes of one title not found in the other, smaller direction",
        "codes_missing_larger": "model codes of one title not found in the other, larger direction",
        "codes_rarity_smaller": "rarity share of one title's codes found in the other, smaller direction",
        "codes_rarity_larger": "rarity share of one title's codes found in the other, larger direction",
        "rarest_shared_code": "rarity of the rarest model code that the other title has too",
        "rarest_missing_code_smaller": "rarity of the rarest code that the other title lacks, smaller side; 0: none",
        "rarest_missing_code_larger": "rarity of the rarest code that the other title lacks, larger side; 0: none",
        "longest_shared_code": "characters of the longest model code found in the other title; 0: none",
        "main_code_equal": "1 when the rarest codes of both titles are equal, 0.5 when one begins the other, else 0",
        "main_code_prefix": "characters that the rarest codes of both titles begin with alike",
        "main_code_ratio": "insert-delete similarity of the rarest codes of both titles, 0 to 1",
        "main_code_in_title_smaller": "how well one's rarest code is found in the other's title, 0 to 1, smaller direction",
        "main_code_in_title_larger": "how well one's rarest code is found in the other's title, 0 to 1, larger direction",
        "codes_in_text_smaller": "rarity share of one title's codes in the other's whole text, smaller direction",
        "codes_in_text_larger": "rarity share of one title's codes in the other's whole text, larger direction",
        "dimensions_shared": "dimensions (length, capacity, …) of which both titles give values",
        "dimensions_equal": "of these, dimensions with a value in common",
        "dimensions_conflicting": "of these, dimensions without a value in common",
        "quantities_missing_smaller": "quantities that only one title gives, on the side with fewer of them",
        "quantities_missing_larger": "quantities that only one title gives, on the side with more of them",
        **{f"{name}_agreement": f"{name}: {_AGREEMENT}; unknown if either gives none" for name in _FLAGGED},
    }.items()
)
_DIMENSION_BIT = {name: i for i, name in enumerate(DIMENSIONS)}
_BIT_COUNTS = np.array([bin(i).count("1") for i in range(1 << len(DIMENSIONS))], dtype=np.float64)


@dataclass(frozen=True)
class NumberSignals:
    """Numbers, codes and quantities of the prepared products' titles, weighed by the whole catalogue."""

    rows: ProductRows
    numbers: Bags
    codes: Bags
    readings: Bags
    code_lengths: npt.NDArray[np.uint8]  # (BUCKETS,) characters of the longest code of each bucket
    main_codes: Objects1d  # (m,) the rarest code of each product, empty for none
    compact_titles: Objects1d  # (m,) letters and digits only
    text_codes: Bags  # codes of the whole text; empty when no product has more than its title
    quantities: Bags  # the groups are dimensions
    dimensions: npt.NDArray[np.int64]  # (m,) one bit a dimension

    features = FEATURES

    @classmethod
    def from_catalog(cls, catalog: Catalog, products: Ints1d) -> "NumberSignals":
        """Reads the catalogue once for what is rare; keeps rows of `products`, sorted positions."""
        numbers, codes, readings, text_codes = BagsBuilder(), BagsBuilder(), BagsBuilder(), BagsBuilder()
        quantities = BagsBuilder(groups=len(DIMENSIONS))
        code_lengths = np.zeros(BUCKETS, dtype=np.uint8)
        kept: list[Codes] = []
        compact: list[str] = []
        titles_only = has_titles_only(catalog)
        for block in catalog_blocks(catalog, products):
            folded = [fold(title) for title in titles(block.catalog)]
            measured = [read_quantities(title) for title in folded]
            coded = [read_codes(title, found.rest) for title, found in zip(folded, measured, strict=True)]
            n = len(folded)
            counted = [read_numbers(found.rest, found.numbers) for found in measured]
            numbers.add(Occurrences.of_tokens(counted), n, block.prepared)
            own = Occurrences.of_tokens([found.own for found in coded])
            lengths = np.fromiter((len(code) for found in coded for code in found.own), dtype=np.uint8)
            np.maximum.at(code_lengths, own.columns, lengths)
            codes.add(own, n, block.prepared)
            readings.add(Occurrences.of_tokens([found.readings for found in coded]), n, block.prepared)
            quantities.add(_occurrences(measured), n, block.prepared)
            texts = [] if titles_only else [written_codes(fold(text)) for text in block.catalog.texts()]
            text_codes.add(Occurrences.of_tokens(texts), n, block.prepared)
            kept.extend(coded[i] for i in block.prepared)
            compact.extend("".join(words(folded[i])).replace(".", "")[:TITLE_CHARS] for i in block.prepared)
        measures = quantities.build()
        return cls(
            ProductRows.of(products, len(catalog)),
            numbers.build(),
            codes.build(),
            readings.build(),
            code_lengths,
            _main_codes(kept, codes.inverse_frequencies()),
            np.array([*compact, None], dtype=np.object_)[:-1],
            text_codes.build(),
            measures,
            _bits(measures.matrix),
        )

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """The features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        rows = self.rows.rows(left), self.rows.rows(right)
        columns = [*self._numbers(*rows), *self._codes(*rows), *self._main_codes(*rows)]
        columns += [*self._codes_in_text(*rows), *self._quantities(*rows)]
        return np.column_stack(columns).astype(np.float32)

    def _numbers(self, left: Rows, right: Rows) -> list[Floats1d]:
        overlap = Overlap.of(self.numbers, left, right)
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

    def _codes(self, left: Rows, right: Rows) -> list[Floats1d]:
        sizes = self.codes.sizes[left], self.codes.sizes[right]
        weights = self.codes.weights[left], self.codes.weights[right]
        ways = self._found(left, right), self._found(right, left)
        counts = np.diff(ways[0].indptr).astype(np.float64), np.diff(ways[1].indptr).astype(np.float64)
        missing = sizes[0] - counts[0], sizes[1] - counts[1]
        shares = tuple(ratio(row_sums(ways[i].indptr, ways[i].data), weights[i]) for i in (0, 1))
        rarest = np.fmax(*(row_maxima(way.indptr, way.data) for way in ways))
        lacking = self._rarest_missing(left, ways[0]), self._rarest_missing(right, ways[1])
        longest = np.fmax(*(row_maxima(way.indptr, self.code_lengths[way.indices]) for way in ways))
        return [
            np.minimum(*sizes),
            np.maximum(*sizes),
            np.minimum(*counts),
            np.maximum(*counts),
            np.minimum(*missing),
            np.maximum(*missing),
            np.fmin(*shares),
            np.fmax(*shares),
            rarest,
            np.minimum(*lacking),
            np.maximum(*lacking),
            np.nan_to_num(longest),
        ]

    def _found(self, own: Rows, other: Rows) -> csr_array:
        """The codes of one side that the other can be read to hold, with their weights."""
        return self.codes.take(own).multiply(self.readings.take(other).sign())

    def _rarest_missing(self, own: Rows, found: csr_array) -> Floats1d:
        missing = self.codes.take(own) - found
        return np.nan_to_num(row_maxima(missing.indptr, missing.data))

    def _main_codes(self, left: Rows, right: Rows) -> list[Floats1d]:
        codes = self.main_codes[left], self.main_codes[right]
        lengths = tuple(np.fromiter(map(len, side), dtype=np.float64, count=len(side)) for side in codes)
        shorter = np.minimum(*lengths)
        lists = codes[0].tolist(), codes[1].tolist()
        prefix = cpdist(*lists, scorer=Prefix.similarity, dtype=np.float32, workers=2)
        alike = cpdist(*lists, scorer=Indel.normalized_similarity, dtype=np.float32, workers=2)
        equal = np.where(codes[0] == codes[1], 1.0, np.where(prefix == shorter, 0.5, 0.0))
        ways = self._main_code_in_title(left, right), self._main_code_in_title(right, left)
        return [
            *(np.where(shorter > 0, column, np.nan) for column in (equal, prefix, alike)),
            np.fmin(*ways),
            np.fmax(*ways),
        ]

    def _main_code_in_title(self, coded: Rows, titled: Rows) -> Floats1d:
        codes, compact = self.main_codes[coded], self.compact_titles[titled]
        found = cpdist(codes.tolist(), compact.tolist(), scorer=fuzz.partial_ratio, dtype=np.float32, workers=2)
        return np.where((codes == "") | (compact == ""), np.nan, found / 100)

    def _codes_in_text(self, left: Rows, right: Rows) -> list[Floats1d]:
        if not self.text_codes.has_tokens():
            return [np.full(len(left), np.nan)] * 2
        ways = tuple(
            ratio(self.codes.shared_weights(own, self.text_codes, other), self.codes.weights[own])
            for own, other in ((left, right), (right, left))
        )
        return [np.fmin(*ways), np.fmax(*ways)]

    def _quantities(self, left: Rows, right: Rows) -> list[Floats1d]:
        difference = self.quantities.take(left) - self.quantities.take(right)
        shared = _bits(self.quantities.shared(left, right))
        only = _bits(difference)
        both = self.dimensions[left] & self.dimensions[right]
        left_only = row_sums(difference.indptr, (difference.data > 0).astype(np.float64))
        missing = left_only, np.diff(difference.indptr) - left_only
        return [
            _BIT_COUNTS[both],
            _BIT_COUNTS[shared],
            _BIT_COUNTS[both & ~shared],
            np.minimum(*missing),
            np.maximum(*missing),
            *(_agreement(_DIMENSION_BIT[name], both, shared, only) for name in _FLAGGED),
        ]


def _agreement(bit: int, both: Ints1d, shared: Ints1d, only: Ints1d) -> Floats1d:
    has_both, has_shared, has_only = ((mask >> bit) & 1 for mask in (both, shared, only))
    flag = np.where(has_shared, 1 - has_only, -1).astype(np.float64)
    return np.where(has_both, flag, np.nan)


def _occurrences(products: Sequence[Quantities]) -> Occurrences:
    lengths = [len(product.found) for product in products]
    buckets = [_bucket(quantity) for product in products for quantity in product.found]
    return Occurrences(np.repeat(np.arange(len(products)), lengths), np.array(buckets, dtype=np.int64))


def _bucket(quantity: Quantity) -> int:
    return _DIMENSION_BIT[quantity.dimension] << BUCKET_BITS | bucket_of(f"{quantity.dimension} {quantity.value}")


def _bits(matrix: csr_array) -> Ints1d:
    """One bit for each dimension among the entries of each row (p,)."""
    bits = np.zeros(matrix.shape[0], dtype=np.int64)
    filled = np.flatnonzero(np.diff(matrix.indptr))
    if filled.size:
        flags = np.int64(1) << (matrix.indices >> BUCKET_BITS).astype(np.int64)
        bits[filled] = np.bitwise_or.reduceat(flags, matrix.indptr[filled])
    return bits


def _main_codes(products: list[Codes], rarity: npt.NDArray[np.float32]) -> Objects1d:
    """The rarest code of each product; of equally rare ones the longest, then the last by code point."""
    column = np.empty(len(products), dtype=np.object_)
    column[:] = [
        max(product.own, key=lambda code: (rarity[bucket_of(code)], len(code), code), default="")
        for product in products
    ]
    return column
