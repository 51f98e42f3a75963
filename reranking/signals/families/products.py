"""Product features compare brand, colours, price, category levels, pictures and, when asked for, the source."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.catalog.catalog import LEVELS, Catalog
from indexing.words.tokens import fold, folds, words
from reranking.signals.feature import Feature, declare
from reranking.signals.product_rows import ProductRows, catalog_blocks, titles
from reranking.signals.texts.bags import Bags, BagsBuilder, Occurrences, Rows
from reranking.signals.texts.colors import COLORS, colors_in, colors_named, states_color
from reranking.signals.texts.counting import TokenCounts
from reranking.signals.texts.sparse_rows import ratio

LARGEST = float(np.finfo(np.float32).max)  # prices of an index of before may be larger
FAMILIES = {
    "brand": {
        "brand_missing": "how many of the two have no brand: 0, 1 or 2",
        "brand_equal": "1 when the brands are equal, 0 when they differ, unknown if either is missing",
        "brand_words_shared": "words that the brands share over the words of the shorter brand",
        "brand_in_title_smaller": "share of one product's brand words found in the other's title, smaller direction",
        "brand_in_title_larger": "share of one product's brand words found in the other's title, larger direction",
    },
    "colours": {
        "colors_missing": "how many of the two name no colour, in the colour field, the title or attributes of colour: 0, 1 or 2",
        "colors_shared": "colours that both name; like the next two unknown if either names none",
        "colors_conflicting": "1 when both name colours but none in common, else 0",
        "colors_jaccard": "shared colours over all colours named",
    },
    "price": {
        "price_missing": "how many of the two have no price above 0: 0, 1 or 2",
        "price_ratio": "the smaller price over the larger; like the next two unknown between two currencies",
        "price_difference": "absolute difference of the prices, in their currency",
        "price_smaller": "the smaller price",
    },
    "category": {
        f"category_{level}_equal": f"1 when the level {level} categories are equal, else 0; unknown without"
        for level in LEVELS
    },
    "pictures": {
        "pictures_smaller": "pictures of the product that has fewer",
        "pictures_larger": "pictures of the product that has more",
    },
}
RISING = {
    "brand": ("brand_equal", "brand_words_shared", "brand_in_title_smaller", "brand_in_title_larger"),
    "colours": ("colors_jaccard",),
    "price": ("price_ratio",),
}
FALLING = {"colours": ("colors_conflicting",)}
FEATURES = tuple(
    feature
    for family, meanings in FAMILIES.items()
    for feature in declare(family, meanings, rising=RISING.get(family, ()), falling=FALLING.get(family, ()))
)
SAME_SOURCE = Feature(
    "same_source", "source", "1 when one source offers both products, else 0; unknown if one has none"
)


@dataclass(frozen=True)
class ProductSignals:
    """It holds single facts of the prepared products (m,). Codes number distinct values, -1 = missing."""

    rows: ProductRows
    brand_words: Bags
    title_words: Bags
    brands: Ints1d
    colors: Ints1d  # one bit a colour
    prices: Floats1d  # NaN = missing; the lowest of a range
    highest: Floats1d  # of a range, else the price itself
    currencies: Ints1d
    categories: npt.NDArray[np.int64]  # (4, m)
    pictures: Floats1d
    sources: Ints1d | None

    @property
    def features(self) -> tuple[Feature, ...]:
        """Return the declarations, in the order of the columns."""
        return FEATURES if self.sources is None else (*FEATURES, SAME_SOURCE)

    @classmethod
    def from_catalog(
        cls, catalog: Catalog, products: Ints1d, counts: TokenCounts | None = None, *, same_source: bool = False
    ) -> "ProductSignals":
        """Read the rows of `products`, sorted positions; `same_source` adds the feature of that name. Nothing is rare here:
        of `counts` only the worlds matter, whose rows are those of their products."""
        worlds = None if counts is None else counts.worlds
        chosen = catalog.take(products)
        named = _NamedProducts.of(chosen)
        prices, highest = (np.where(each > 0, each, np.nan) for each in chosen.price_ranges())
        return cls(
            ProductRows.of(products, len(catalog))
            if worlds is None
            else ProductRows(products, worlds.rows.astype(np.int32)),
            named.brand_words,
            named.title_words,
            named.brands,
            named.colors,
            prices,
            np.where(np.isnan(prices), np.nan, highest),
            chosen.currencies(),
            np.stack([_codes(chosen.category(int(level))) for level in LEVELS]),
            pc.fill_null(pc.list_value_length(chosen.table["images"]), 0).to_numpy().astype(np.float64),
            _codes(chosen.table["source"]) if same_source else None,
        )

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        rows = self.rows.rows(left), self.rows.rows(right)
        columns = [*self._brands(*rows), *self._colors(*rows), *self._prices(*rows)]
        columns += [_equal(codes[rows[0]], codes[rows[1]]) for codes in self.categories]
        pictures = self.pictures[rows[0]], self.pictures[rows[1]]
        columns += [np.minimum(*pictures), np.maximum(*pictures)]
        if self.sources is not None:
            columns.append(_equal(self.sources[rows[0]], self.sources[rows[1]]))
        return np.clip(np.column_stack(columns), -LARGEST, LARGEST).astype(np.float32)

    def _brands(self, left: Rows, right: Rows) -> list[Floats1d]:
        brands = self.brands[left], self.brands[right]
        found = self._brand_in_title(left, right), self._brand_in_title(right, left)
        return [
            _missing(brands[0] < 0, brands[1] < 0),
            _equal(*brands),
            self._brand_words(left, right),
            np.fmin(*found),
            np.fmax(*found),
        ]

    def _brand_words(self, left: Rows, right: Rows) -> Floats1d:
        if not self.brand_words.has_tokens():
            return np.full(len(left), np.nan)
        shorter = np.minimum(self.brand_words.sizes[left], self.brand_words.sizes[right])
        return ratio(np.diff(self.brand_words.shared(left, right).indptr), shorter)

    def _brand_in_title(self, brand: Rows, title: Rows) -> Floats1d:
        if not self.brand_words.has_tokens():
            return np.full(len(brand), np.nan)
        found = self.brand_words.take(brand).multiply(self.title_words.take(title))
        return ratio(np.diff(found.indptr), self.brand_words.sizes[brand])

    def _colors(self, left: Rows, right: Rows) -> list[Floats1d]:
        colors = self.colors[left], self.colors[right]
        missing = _missing(colors[0] == 0, colors[1] == 0)
        shared = np.where(missing == 0, _count_bits(colors[0] & colors[1]), np.nan)
        conflicting = np.where(missing == 0, shared == 0, np.nan)
        return [missing, shared, conflicting, ratio(shared, _count_bits(colors[0] | colors[1]))]

    def _prices(self, left: Rows, right: Rows) -> list[Floats1d]:
        """Compare the nearest prices of two ranges, which for single prices are those; ranges that overlap are equal."""
        prices, currencies = (self.prices[left], self.prices[right]), (self.currencies[left], self.currencies[right])
        missing = _missing(np.isnan(prices[0]), np.isnan(prices[1]))
        apart = (currencies[0] >= 0) & (currencies[1] >= 0) & (currencies[0] != currencies[1])
        larger = np.where(apart, np.nan, np.maximum(*prices))
        smaller = np.minimum(larger, np.minimum(self.highest[left], self.highest[right]))
        return [missing, ratio(smaller, larger), larger - smaller, smaller]


@dataclass(frozen=True)
class _NamedProducts:
    """It holds what products (m,) are called: the words of their brands and titles, a number for each brand, and their colours."""

    brand_words: Bags
    title_words: Bags
    brands: Ints1d
    colors: Ints1d

    @classmethod
    def of(cls, catalog: Catalog) -> "_NamedProducts":
        """Read a block of products after another: the words of a million at once take gigabytes."""
        brand_words, title_words = BagsBuilder(), BagsBuilder()
        brands, colors = [pa.array([], pa.large_string())], [np.zeros(0, dtype=np.int64)]
        for block in catalog_blocks(catalog, np.arange(len(catalog))):
            of_brands = [words(fold(brand or "")) for brand in block.catalog.table["brand"].to_pylist()]
            of_titles = [words(title) for title in folds(titles(block.catalog))]
            for builder, tokens in ((brand_words, of_brands), (title_words, of_titles)):
                builder.add(Occurrences.of_tokens(tokens), len(tokens), block.prepared)
            brands.append(pa.array([" ".join(brand) or None for brand in of_brands], pa.large_string()))
            colors.append(_colors(block.catalog, of_titles))
        return cls(brand_words.build(), title_words.build(), _codes(pa.chunked_array(brands)), np.concatenate(colors))


def _codes(values: pa.Array | pa.ChunkedArray) -> Ints1d:
    """Return a number for each distinct value, -1 for null."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    indices = pc.fill_null(values.dictionary_encode().indices, -1)
    return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _colors(catalog: Catalog, title_words: Sequence[Sequence[str]]) -> Ints1d:
    fields = catalog.table["colors"].to_pylist()
    found = [
        colors_named(name for name in field or () if name) | colors_in(title)
        for field, title in zip(fields, title_words, strict=True)
    ]
    return np.array(found, dtype=np.int64) | _stated_colors(catalog.table["attributes"].combine_chunks())


def _stated_colors(attributes: pa.LargeListArray) -> Ints1d:
    """Return the colours that attributes of colour state of each product (n,); each key, and each value of these, is read once."""
    flat, owners = pc.list_flatten(attributes), pc.list_parent_indices(attributes).to_numpy()
    keys, values = (pc.fill_null(pc.struct_field(flat, name), "") for name in ("key", "value"))
    rows = np.flatnonzero(_of_each(keys, states_color))
    bits = np.zeros(len(attributes), dtype=np.int64)
    np.bitwise_or.at(bits, owners[rows], _of_each(values.take(pa.array(rows)), lambda value: colors_named((value,))))
    return bits


def _of_each(texts: pa.LargeStringArray, read: Callable[[str], int]) -> Ints1d:
    """Return what `read` makes of each text (t,): equal ones are read once."""
    encoded = texts.dictionary_encode()
    found = np.array([read(text) for text in encoded.dictionary.to_pylist()], dtype=np.int64)
    of_each: Ints1d = found[encoded.indices.to_numpy()]
    return of_each


def _equal(left: Ints1d, right: Ints1d) -> Floats1d:
    return np.where((left < 0) | (right < 0), np.nan, left == right)


def _missing(left: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_]) -> Floats1d:
    return left.astype(np.float64) + right


def _count_bits(bits: Ints1d) -> Floats1d:
    counts = np.zeros(len(bits), dtype=np.float64)
    for i in range(len(COLORS)):
        counts += (bits >> i) & 1
    return counts
