"""A review queue holds scored pairs, those nearest to their category's threshold first: there a model's decisions are least sure."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from eval.inputs.scores import Provenance
from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.catalog.ids import IdLookup
from indexing.errors import InputError
from reranking.labels.label import Id
from reranking.labels.settled import id_column
from reranking.pairs.repeats import pair_keys


@dataclass(frozen=True)
class QueueCounts:
    """It counts the pairs of a scores file: all `rows`, those `missing` a product in the index, the `odd` ones (of a product with itself,
    or there already), and those that are `kept` in the queue."""

    rows: int
    missing: int
    odd: int
    kept: int


@dataclass(frozen=True)
class ReviewQueue:
    """It holds pairs (p,) in the order in which they are to be looked at, as places `left` and `right` among the `ids` (n,) of their
    products, with score, category as a place among `names` (c,), and whether each is `fresh`: not in the scores of before.

    `thresholds` (c,) are those of the categories, infinity where nothing is called a match; there the best scored come first.
    `pairs` and `fresh_pairs` (c,) count those of the file, of which the nearest alone may be kept.
    """

    file: str
    ids: pa.ChunkedArray
    left: Ints1d
    right: Ints1d
    scores: Floats1d
    codes: Ints1d
    fresh: Bools1d
    names: tuple[str, ...]
    thresholds: Floats1d
    pairs: Ints1d
    fresh_pairs: Ints1d
    counts: QueueCounts
    compared: bool
    made: Provenance | None

    def __len__(self) -> int:
        return len(self.left)

    def pair(self, row: int) -> tuple[Id, Id]:
        """Return both ids of a row, as the file has them."""
        return self.ids[int(self.left[row])].as_py(), self.ids[int(self.right[row])].as_py()

    def threshold(self, row: int) -> float | None:
        """Return the threshold of a row's category, None where nothing is called a match."""
        found = float(self.thresholds[self.codes[row]])
        return found if np.isfinite(found) else None

    def rows(self, pairs: list[tuple[Id, Id]]) -> Ints1d:
        """Return the row (k,) of each pair of ids, in either order; -1 for one that is not in the queue."""
        return self._found(*(id_column([pair[side] for pair in pairs]) for side in (0, 1)))

    def rows_of(self, other: "ReviewQueue", rows: Ints1d | slice) -> Ints1d:
        """Return the rows (k,), as far as they are here, of the pairs of these rows of another queue."""
        found = self._found(*(other.ids.take(pa.array(side[rows])) for side in (other.left, other.right)))
        return found[found >= 0]

    def _found(self, left_ids: Any, right_ids: Any) -> Ints1d:
        if not len(left_ids) or not len(self):
            return np.full(len(left_ids), -1, dtype=np.int64)
        left, right = (self._lookup.find(ids) for ids in (left_ids, right_ids))
        keys, order = self._keys
        wanted = pair_keys(left, right, len(self.ids))
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        known = (keys[place] == wanted) & (left >= 0) & (right >= 0)
        return np.where(known, order[place], -1)

    def inside(self, category: str | None, *, fresh: bool) -> Bools1d:
        """Return which rows (p,) are of a category, None for any, and of the fresh ones alone where they are asked for. Raises
        InputError for a category that the file does not have."""
        found = self.fresh.copy() if fresh else np.ones(len(self), dtype=bool)
        if category is not None:
            if category not in self.names:
                raise InputError(f"category {category!r} is not in {self.file}: ask for one that is")
            found &= self.codes == self.names.index(category)
        return found

    @cached_property
    def _lookup(self) -> IdLookup:
        return IdLookup.from_ids(self.ids)

    @cached_property
    def _keys(self) -> tuple[Ints1d, Ints1d]:
        """Return the keys of all pairs, rising, and the row of each."""
        keys = pair_keys(self.left, self.right, len(self.ids))
        order = np.argsort(keys, kind="stable")
        return keys[order], order
