"""Blocks of a pairs file, of any length, come with the positions of their products. Pairs of unknown ones are left out, and up
to a share odd ones: those that stand there again, and those of a product with itself."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog
from indexing.errors import InputError
from indexing.files.tables import TableFile
from indexing.storage.scratch import scratch_folder
from reranking.pairs.pair_files import PairColumns, blocks_of, id_columns
from reranking.pairs.repeats import RepeatFinder, pair_keys, refuse_selves


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

    def take(self, rows: Ints1d) -> "PositionedBlock":
        """Return the pairs at these places of the block."""
        chosen = self.table.take(pa.array(rows))
        return PositionedBlock(chosen, self.left[rows], self.right[rows], self.rows[rows], self.unknown)


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


@dataclass(frozen=True)
class OddPairs:
    """They are the rows of a file of `size` pairs that are left out: `repeats` of pairs that stood before, whose `keys` are
    kept, sorted, and `selves` of a product with itself; `same` and `own` name the first of either."""

    size: int = 0
    keys: Ints1d = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    repeats: int = 0
    selves: int = 0
    same: str = ""
    own: str = ""

    @property
    def count(self) -> int:
        """Return how many rows are left out."""
        return self.repeats + self.selves

    def summary(self, file: Path) -> str:
        """Say how many rows are left out and why, with an example of each."""
        why = [f"a pair again, in either order ({self.repeats:,}, such as {self.same})"] if self.repeats else []
        why += [f"a product with itself ({self.selves:,}, such as {self.own})"] if self.selves else []
        return f"{self.count:,} of {self.size:,} pairs of {file}: {', '.join(why)}"

    def refuse_above(self, most: float, file: Path) -> None:
        """Raise InputError where more than the share `most` is left out, or all. With 0 there are no `selves` by now."""
        if self.count and not most:
            raise InputError(
                f"{file}: the pair {self.same} occurs again, in either order ({self.repeats} rows too many): keep one of each, "
                "or allow them to be left out (--max-rejects)"
            )
        if self.count and (self.count == self.size or self.count > most * self.size):
            share = math.ceil(1000 * self.count / self.size) / 1000
            raise InputError(
                f"{self.summary(file)}; --max-rejects {most:g} allows fewer: keep one of each, or give --max-rejects {share:g}"
            )

    def left_out_of(self, blocks: Iterator[PositionedBlock], products: int) -> Iterator[PositionedBlock]:
        """Yield the blocks of the file without these rows: of pairs that stand there again the first stays."""
        seen = np.zeros(len(self.keys), dtype=bool)
        for block in blocks:
            kept = block.left != block.right
            if self.keys.size:
                keys = pair_keys(block.left, block.right, products)
                place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
                rows = np.flatnonzero((self.keys[place] == keys) & kept)
                again = np.ones(len(rows), dtype=bool)
                again[np.unique(place[rows], return_index=True)[1]] = False
                kept[rows[again | seen[place[rows]]]] = False
                seen[place[rows]] = True
            yield block if kept.all() else block.take(np.flatnonzero(kept))


@dataclass
class OddPairFinder:
    """It looks for odd pairs in a file of a catalogue with these `ids`, of which the share `most` may be left out."""

    finder: RepeatFinder
    ids: pa.ChunkedArray
    file: Path
    most: float
    size: int = 0
    selves: int = 0
    own: str = ""

    def add(self, block: PositionedBlock) -> None:
        """Take the next block of the file. Raises InputError for a product with itself where none may be left out."""
        if not self.most:
            refuse_selves(self.ids, block.left, block.right, file=self.file, rows=block.rows)
        self.size += len(block.left)
        own = np.flatnonzero(block.left == block.right)
        if own.size and not self.selves:
            self.own = f"row {block.rows[own[0]]} with {self._name(block.left[own[0]])}"
        self.selves += len(own)
        others = block.left != block.right
        self.finder.add(pair_keys(block.left[others], block.right[others], len(self.ids)))

    def found(self) -> OddPairs:
        """Return what was found in all blocks. Raises InputError for more than may be left out, and for all."""
        repeats, keys = self.finder.again(int(self.most * self.size))
        same = " and ".join(map(self._name, divmod(int(keys[0]), len(self.ids)))) if keys.size else ""
        odd = OddPairs(self.size, keys, repeats, self.selves, same, self.own)
        odd.refuse_above(self.most, self.file)
        return odd

    def _name(self, position: int) -> str:
        return repr(self.ids[int(position)].as_py())


@contextmanager
def odd_pair_finder(ids: pa.ChunkedArray, expected: int, file: Path, most: float) -> Iterator[OddPairFinder]:
    """Yield a finder for about so many pairs of a file, whose keys lie in a scratch folder meanwhile."""
    with scratch_folder() as folder:
        finder = RepeatFinder(folder, expected)
        try:
            yield OddPairFinder(finder, ids, file, most)
        finally:
            finder.close()
