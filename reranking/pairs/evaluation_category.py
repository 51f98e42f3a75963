"""An evaluation category is a category of the level that the index evaluates, with enough training pairs, or `rest`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog

REST = "rest"
LEAST_PAIRS = 1000  # a category is kept that has more training pairs than this


@dataclass(frozen=True)
class CategoryMapping:
    """It keeps the categories that are evaluated on their own.

    They are learned from training pairs and stored with the model.
    """

    kept: tuple[str, ...]

    @classmethod
    def learn(cls, categories: pa.Array, limit: int = LEAST_PAIRS) -> "CategoryMapping":
        """Keep the categories that are those of the left products of more than `limit` training pairs."""
        counts = pc.value_counts(categories).to_pylist()
        return cls(tuple(sorted(c["values"] for c in counts if c["values"] is not None and c["counts"] > limit)))

    def of(self, categories: pa.Array) -> pa.Array:
        """Return the evaluation category (p,) of categories, `rest` for one that is not kept or null."""
        kept = pc.is_in(categories, pa.array(self.kept, pa.large_string()))
        return pc.if_else(kept, categories, pa.scalar(REST, pa.large_string()))


@dataclass(frozen=True)
class SideCategories:
    """It holds the evaluation categories (p,) of both products of pairs.

    Decisions follow the left one; scores, which are symmetric, follow both.
    """

    left: pa.Array
    right: pa.Array

    def apart(self) -> Ints1d:
        """Return the pairs whose two products are in different categories."""
        differ = pc.fill_null(pc.not_equal(self.left, self.right), True)
        return np.flatnonzero(differ.to_numpy(zero_copy_only=False))

    def followed_by(self, other: "SideCategories") -> "SideCategories":
        """Return these pairs, then the others."""
        return SideCategories(pa.concat_arrays([self.left, other.left]), pa.concat_arrays([self.right, other.right]))


@dataclass(frozen=True)
class SideCodes:
    """It holds `SideCategories` as places (p,) among the names of left products' categories; -1 says that a right
    product is in none of these."""

    left: Ints1d
    right: Ints1d

    def named(self, names: Sequence[str]) -> SideCategories:
        """Return the names again; `rest` for -1."""
        every = pa.array([*names, REST], pa.large_string())
        return SideCategories(*(every.take(pa.array(codes % len(every))) for codes in (self.left, self.right)))

    def take(self, rows: Ints1d) -> "SideCodes":
        """Return the codes of the pairs at these rows."""
        return SideCodes(self.left[rows], self.right[rows])

    def split(self, place: int) -> "tuple[SideCodes, SideCodes]":
        """Return the first `place` pairs, and the others."""
        return SideCodes(self.left[:place], self.right[:place]), SideCodes(self.left[place:], self.right[place:])


def side_categories(
    catalog: Catalog, left: Ints1d, right: Ints1d, mapping: CategoryMapping, named: pa.Array | None = None
) -> SideCategories:
    """Return the categories of pairs of positions; where a file names one (p,), it is that of both products."""
    learned = (mapping.of(evaluated_names(catalog, products)) for products in (left, right))
    return SideCategories(*(column if named is None else pc.coalesce(named, column) for column in learned))


def side_codes(sides: SideCategories) -> tuple[SideCodes, list[str]]:
    """Return the codes of both sides, and the names in the order of the codes, alphabetical."""
    left, names = codes_of(sides.left)
    right = pc.fill_null(pc.index_in(sides.right, pa.array(names, pa.large_string())), -1)
    return SideCodes(left, np.asarray(right.to_numpy(zero_copy_only=False), dtype=np.int64)), names


def evaluated_names(catalog: Catalog, positions: Ints1d) -> pa.Array:
    """Return the category (p,) of products at the level that is evaluated, null where there is none."""
    return catalog.category().take(pa.array(positions)).combine_chunks()


def codes_of(names: pa.Array) -> tuple[Ints1d, list[str]]:
    """Return names as codes (p,), and the names in the order of the codes, which is alphabetical."""
    distinct = sorted(pc.unique(names).to_pylist())
    codes = pc.index_in(names, pa.array(distinct, pa.large_string()))
    return np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.int64), distinct
