"""Rows of a pool are found by the ids of their products, and shown as pairs."""

import zlib
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from indexing.arrays import Ints1d, Ints2d
from indexing.catalog.catalog import Catalog
from reranking.asking.pool import QuestionPool
from reranking.labels.asking import AskedPair
from reranking.labels.label import Id
from reranking.labels.settled import id_column
from reranking.pairs.repeats import pair_keys


class PoolRows:
    """They are the rows of a pool, whose pairs are of products of a catalogue."""

    def __init__(self, catalog: Catalog, pool: QuestionPool) -> None:
        self._catalog, self._pool = catalog, pool
        self._integers = pa.types.is_integer(catalog.ids.type)
        keys = pair_keys(pool.left, pool.right, len(catalog))
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def of_positions(self, left: Ints1d, right: Ints1d) -> Ints1d:
        """Return the row of each pair of positions (p,), -1 for one that the pool does not have."""
        keys = pair_keys(left, right, len(self._catalog))
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where((self._keys[places] == keys) & (left >= 0) & (right >= 0), self._order[places], -1)

    def of_ids(self, pairs: Sequence[tuple[Id, Id]]) -> Ints1d:
        """Return the row of each pair of ids (p,), -1 for one that the pool does not have."""
        return self.of_positions(*self.positions(pairs).T)

    def among(self, pairs: Iterable[tuple[Id, Id]]) -> Ints1d:
        """Return the rows (r,) of those pairs of ids that the pool has; ids of another catalogue may be of another type."""
        rows = self.of_ids([pair for pair in pairs if isinstance(pair[0], int) == self._integers])
        return rows[rows >= 0]

    def positions(self, pairs: Sequence[tuple[Id, Id]]) -> Ints2d:
        """Return the positions (p, 2) of both products of each pair of ids, -1 for one that the index does not have."""
        find = self._catalog.lookup.find
        return np.stack([find(id_column([pair[side] for pair in pairs])) for side in (0, 1)], axis=1)

    def ids(self, row: int) -> tuple[Id, Id]:
        """Return the ids of a row's products, the smaller one first."""
        left, right = (self._catalog.ids[int(side[row])].as_py() for side in (self._pool.left, self._pool.right))
        return left, right

    def shown(self, row: int, seed: int) -> AskedPair:
        """Return a row as a pair whose sides chance has turned."""
        left, right = self.ids(row)
        places = int(self._pool.left[row]), int(self._pool.right[row])
        if zlib.crc32(f"{seed}:{left}:{right}".encode()) & 1:
            return AskedPair(left, right, *places)
        return AskedPair(right, left, *places[::-1])
