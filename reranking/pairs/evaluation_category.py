"""An evaluation category is a level-3 category with enough training pairs, or `rest`."""

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
    """It keeps the level-3 categories that are evaluated on their own.

    They are learned from training pairs and stored with the model.
    """

    kept: tuple[str, ...]

    @classmethod
    def learn(cls, categories: pa.Array, limit: int = LEAST_PAIRS) -> "CategoryMapping":
        """Keep the level-3 categories that are those of the left products of more than `limit` training pairs."""
        counts = pc.value_counts(categories).to_pylist()
        return cls(tuple(sorted(c["values"] for c in counts if c["values"] is not None and c["counts"] > limit)))

    def of(self, categories: pa.Array) -> pa.Array:
        """Return the evaluation category (p,) of level-3 categories, `rest` for one that is not kept or null."""
        kept = pc.is_in(categories, pa.array(self.kept, pa.large_string()))
        return pc.if_else(kept, categories, pa.scalar(REST, pa.large_string()))


def level_3(catalog: Catalog, positions: Ints1d) -> pa.Array:
    """Return the level-3 category (p,) of products, null where there is none."""
    return catalog.category(3).take(pa.array(positions)).combine_chunks()


def codes_of(names: pa.Array) -> tuple[Ints1d, list[str]]:
    """Return names as codes (p,), and the names in the order of the codes, which is alphabetical."""
    distinct = sorted(pc.unique(names).to_pylist())
    codes = pc.index_in(names, pa.array(distinct, pa.large_string()))
    return np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.int64), distinct
