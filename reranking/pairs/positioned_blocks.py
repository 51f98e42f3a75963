"""Blocks of a pairs file, of any length, come with the positions of their products; pairs of unknown ones are left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog
from indexing.files.tables import TableFile
from reranking.pairs.pair_files import PairColumns, blocks_of, id_columns


@dataclass(frozen=True)
class UnknownPairs:
    """It counts the pairs of a file that name a product which the index does not have; `row` and `id` are of the first.
    `deleted` of them name one that an update took away."""

    count: int = 0
    row: int = -1
    id: int | str = ""
    deleted: int = 0

    def __add__(self, later: "UnknownPairs") -> "UnknownPairs":
        first = self if self.count else later
        return UnknownPairs(self.count + later.count, first.row, first.id, self.deleted + later.deleted)


@dataclass(frozen=True)
class PositionedBlock:
    """It holds pairs of a file, all columns that were read (`table`), with positions `left`, `right` (p,) and their
    `rows` (p,) in the file; `unknown` are the pairs of the block that were left out."""

    table: pa.Table
    left: Ints1d
    right: Ints1d
    rows: Ints1d
    unknown: UnknownPairs


def positioned_blocks(
    file: TableFile,
    size: int,
    columns: PairColumns,
    catalog: Catalog,
    *,
    read: Sequence[str] | None = None,
) -> Iterator[PositionedBlock]:
    """Yield the pairs of a file, `size` rows at a time, of the columns `read` (None: all), in file order.

    A block lacks the pairs of products that the index does not have, and may be empty. Raises InputError for null ids.
    """
    for first, table in blocks_of(file, size, read):
        ids = id_columns(table, columns, file.path, first)
        rows = np.arange(first, first + len(table))
        left, right = (catalog.lookup.find(side) for side in ids)
        known = (left >= 0) & (right >= 0)
        kept = table if known.all() else table.filter(pa.array(known))
        yield PositionedBlock(
            kept, left[known], right[known], rows[known], _unknown(ids, (left, right), catalog, first)
        )


def _unknown(
    ids: tuple[pa.Array, pa.Array], positions: tuple[Ints1d, Ints1d], catalog: Catalog, first: int
) -> UnknownPairs:
    missing = np.flatnonzero((positions[0] < 0) | (positions[1] < 0))
    if not missing.size:
        return UnknownPairs()
    row = int(missing[0])
    side = ids[0] if positions[0][row] < 0 else ids[1]
    gone = np.zeros(missing.size, dtype=bool)
    for of_side, found in zip(ids, positions, strict=True):
        gone |= catalog.were_deleted(of_side.take(pa.array(missing))) & (found[missing] < 0)
    return UnknownPairs(int(missing.size), first + row, side[row].as_py(), int(gone.sum()))
