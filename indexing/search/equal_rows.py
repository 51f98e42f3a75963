"""Products with equal rows are searched once: an index finds rows, which are then read as the products that have them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from indexing.arrays import Bools1d, Floats1d, Ints1d, Ints2d
from indexing.search.neighbours import Neighbours, in_order, no_neighbours

BLOCK_ROWS, BLOCK_QUERIES = 4096, 1024
COUNTED_ENTRIES = 1 << 22
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class EqualRows:
    """It holds m products in the order of their rows: row i is that of `products[starts[i] : starts[i + 1]]`, ascending,
    as are the first ones of the rows."""

    products: Ints1d
    starts: Ints1d

    @classmethod
    def of(cls, first: Ints1d, places: Ints1d | None = None) -> "EqualRows":
        """Group the products at `places` (ascending; None: all) by the first product of the catalogue (n,) that has
        their row."""
        places = np.arange(len(first)) if places is None else places
        _, heads, groups = np.unique(first[places], return_index=True, return_inverse=True)
        order = np.argsort(heads[groups], kind="stable")
        starts = np.flatnonzero(np.diff(heads[groups][order], prepend=-1))
        return cls(places[order], np.append(starts, len(places)))

    @property
    def heads(self) -> Ints1d:
        """Return the first product (u,) of each row."""
        return self.products[self.starts[:-1]]

    @cached_property
    def counts(self) -> Ints1d:
        """Return how many products (u,) have each row."""
        return np.diff(self.starts)

    def read(self, found: Neighbours, room: int) -> Neighbours:
        """Return the first `room` products of the rows found (q, n), which stand best first, rows that tie in the order of
        their first products."""
        if len(self.heads) == len(self.products):
            return Neighbours(np.where(found.positions < 0, -1, self.products[found.positions]), found.cosines).first(
                room
            )
        parts = [
            self._read(
                Neighbours(
                    found.positions[start : start + BLOCK_QUERIES], found.cosines[start : start + BLOCK_QUERIES]
                ),
                room,
            )
            for start in range(0, len(found), BLOCK_QUERIES)
        ]
        return Neighbours(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("positions", "cosines"))
        )

    def _read(self, found: Neighbours, room: int) -> Neighbours:
        rows = np.maximum(found.positions, 0)
        counts = np.where(found.positions < 0, 0, self.counts[rows])
        before = np.cumsum(counts, axis=1) - counts
        tied = np.diff(found.cosines, axis=1, prepend=np.nan) == 0
        better = np.maximum.accumulate(np.where(tied, 0, before), axis=1)  # products of rows that are nearer
        taken = np.clip(room - better, 0, counts).ravel()
        totals = taken.reshape(rows.shape).sum(axis=1)
        products = no_neighbours(len(rows), max(room, int(totals.max(initial=0))))
        place = np.repeat(np.arange(len(rows)), totals), _entries(np.zeros(len(rows), dtype=np.int64), totals)
        products.positions[place] = self.products[_entries(self.starts[rows].ravel(), taken)]
        products.cosines[place] = np.repeat(found.cosines.ravel(), taken)
        return in_order(products.positions, products.cosines).first(room)

    def read_all(self, rows: Ints1d, cosines: Floats1d) -> tuple[Ints1d, Floats1d]:
        """Return every product of these rows (r,), with its row's cosine."""
        counts = self.counts[rows]
        return self.products[_entries(self.starts[rows], counts)], np.repeat(cosines, counts)


@dataclass(frozen=True)
class TurnedRows:
    """They are different rows turned round, as they are searched: column c of `by_ngram` (f, u) is row `order[c]` of `rows`.
    Rows alike stand near one another, so that a search, which adds up columns here and there, finds more of them at hand."""

    rows: EqualRows
    order: Ints1d
    by_ngram: sp.csr_matrix

    @classmethod
    def of(cls, matrix: sp.csr_matrix, rows: EqualRows, order: Ints1d) -> "TurnedRows":
        """Turn round those rows of a matrix (n, f), in their `near_order`."""
        return cls(rows, order, matrix[rows.heads[order]].T.tocsr())  # one copy beside it, not two

    def row_of(self, columns: Ints2d) -> Ints2d:
        """Return which of the rows columns, of any shape, are; -1 stays."""
        return np.where(columns < 0, -1, self.order[columns])


def rows_of(matrix: sp.csr_matrix, rows: EqualRows) -> sp.csr_matrix:
    """Return the different rows (u, f) of a matrix (n, f)."""
    return matrix if len(rows.heads) == matrix.shape[0] else matrix[rows.heads]


def near_order(matrix: sp.csr_matrix) -> Ints1d:
    """Return the rows (u,) of a matrix in an order in which those that are alike stand near one another: by the commonest of the
    columns that each has an entry in, then by the rarest. Rows of nothing come first."""
    ranks = _ranks(matrix.indices, matrix.shape[1])
    commonest, rarest = np.full((2, matrix.shape[0]), -1, dtype=np.int32)
    for start in range(0, matrix.shape[0], BLOCK_ROWS):
        ends = matrix.indptr[start : start + BLOCK_ROWS + 1]
        some = start + np.flatnonzero(np.diff(ends))
        if len(some):
            entries, starts = ranks[matrix.indices[ends[0] : ends[-1]]], matrix.indptr[some] - ends[0]
            commonest[some], rarest[some] = np.maximum.reduceat(entries, starts), np.minimum.reduceat(entries, starts)
    return np.lexsort((rarest, commonest))


def _ranks(columns: npt.NDArray[np.int32], size: int) -> npt.NDArray[np.int32]:
    """Return the rank of each column (f,), the rarest first, by how many of the entries are in it."""
    counts = np.zeros(size, dtype=np.int64)
    for start in range(0, len(columns), COUNTED_ENTRIES):
        counts += np.bincount(columns[start : start + COUNTED_ENTRIES], minlength=size)
    ranks = np.empty(size, dtype=np.int32)
    ranks[np.argsort(counts, kind="stable")] = np.arange(size, dtype=np.int32)
    return ranks


def first_of_rows(matrix: sp.csr_matrix) -> Ints1d:
    """Return for each row (n,) the first one that is equal to it, entry by entry."""
    keys = row_hashes(matrix)
    order = np.argsort(keys, kind="stable")  # stable: equal rows stay in their order
    new = np.ones(len(order), dtype=bool)
    new[1:] = keys[order[1:]] != keys[order[:-1]]
    heads = order[np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))] if len(order) else order
    first = np.empty(len(order), dtype=np.int64)
    first[order] = np.where(same_rows(matrix, order, heads), heads, order)
    return first


def row_hashes(matrix: sp.csr_matrix) -> Ints1d:
    """Return a 64-bit hash (n,) of the entries of each row."""
    keys = np.empty(matrix.shape[0], dtype=np.int64)
    for start in range(0, len(keys), BLOCK_ROWS):
        ends = np.asarray(matrix.indptr[start : start + BLOCK_ROWS + 1], dtype=np.int64)
        part = slice(ends[0], ends[-1])
        entries = matrix.indices[part].astype(np.uint64) * _FACTOR ^ matrix.data[part].view(np.uint32)
        sums = np.append(np.uint64(0), np.cumsum((entries ^ entries >> np.uint64(31)) * _FACTOR))
        keys[start : start + BLOCK_ROWS] = np.diff(sums[ends - ends[0]]).view(
            np.int64
        )  # sums may overflow: these do not
    return keys


def same_rows(matrix: sp.csr_matrix, rows: Ints1d, others: Ints1d) -> Bools1d:
    """Return which rows (r,) really are those of the same hash."""
    sizes = np.diff(matrix.indptr)
    equal = np.asarray(sizes[rows] == sizes[others])
    there = np.flatnonzero(equal & (rows != others))
    for start in range(0, len(there), BLOCK_ROWS):
        part = there[start : start + BLOCK_ROWS]
        counts = sizes[rows[part]].astype(np.int64)
        one, other = (_entries(matrix.indptr[side[part]], counts) for side in (rows, others))
        differs = (matrix.indices[one] != matrix.indices[other]) | (matrix.data[one] != matrix.data[other])
        equal[part[np.repeat(np.arange(len(part)), counts)[differs]]] = False
    return equal


def _entries(starts: Ints1d, counts: Ints1d) -> Ints1d:
    """Return start, start + 1, … for each start, so many as are counted."""
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(np.repeat(starts.astype(np.int64), counts) + within)
