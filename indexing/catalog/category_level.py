"""Which level of the categories is evaluated, and joined within, is chosen by their sizes where a file names none."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.catalog.catalog import CATEGORY_LEVEL, LEVELS, Catalog

USEFUL_PRODUCTS = 50  # in a category of a useful size
USEFUL_SHARE = 0.02  # of all that have a category, in catalogues that are smaller than such categories allow
MANY_WITHOUT = 0.05  # of the products with a category, none at the evaluated level
MOST = 0.5  # of the products with a category are to be in one of a useful size


def category_level(table: pa.Table, *, paths: bool) -> int:
    """Return the level that is evaluated, of a catalogue's table whose categories are `paths` from the top in any file.

    It is 3 without paths, and where every product with a category has a level 3. Else it is the deepest level at which at
    least half of the products with a category are in one of a useful size: of 50 products, or of a fiftieth of those
    with a category where that is fewer, but two. Where no level has as many, it is the one that has most.
    """
    names = [table[f"category_{level}"] for level in LEVELS]
    there = np.stack([column.is_valid().to_numpy() for column in names])
    categorised = there.any(axis=0)
    if not paths or (there[CATEGORY_LEVEL - 1] == categorised).all():
        return CATEGORY_LEVEL
    count = int(categorised.sum())
    useful = min(USEFUL_PRODUCTS, max(2, round(USEFUL_SHARE * count)))
    within = [sum(size for size in _sizes(column) if size >= useful) for column in names]
    enough = [level for level, products in enumerate(within, start=1) if products >= MOST * count]
    return max(enough) if enough else 1 + int(np.argmax(within))


def level_notes(catalog: Catalog) -> list[str]:
    """Return a warning, where many products have a category and none at the evaluated level, that they are judged together."""
    there = np.stack([catalog.category(level).is_valid().to_numpy() for level in map(int, LEVELS)])
    categorised, level = there.any(axis=0), catalog.category_level
    lacking = int((categorised & ~there[level - 1]).sum())
    if lacking <= MANY_WITHOUT * categorised.sum():
        return []
    return [
        f"{lacking:,} of {int(categorised.sum()):,} products with a category have none at level {level}, which is evaluated: thresholds "
        f"and reports take these together with those of no category; --category-level N evaluates another"
    ]


def _sizes(column: pa.ChunkedArray) -> list[int]:
    """Return how many products each category of a level has."""
    return list(pc.value_counts(column.drop_null()).field("counts").to_pylist())
