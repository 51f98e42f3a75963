"""A join takes each distinct row once, however many products share it, copied in the order of the join."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.vectors.rows import Rows

HASH_ROWS = 8192
_ODD = np.uint64(0x9E3779B97F4A7C15)
COPY_ROWS = 16_384


@dataclass(frozen=True)
class Units:
    """They are the u distinct rows that are not zeros, in the order of their first product.

    Unit i is the row of the products `members[offsets[i] : offsets[i + 1]]`, ascending. With `sources` (u,) all of them
    are of that source, -1 = without; the same row of another source is another unit.
    """

    members: Ints1d
    offsets: Ints1d
    sources: Ints1d | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def first(self) -> Ints1d:
        """Return the first product (u,) of each."""
        return self.first_of(slice(None))

    def first_of(self, units: Ints1d | slice) -> Ints1d:
        """Return the first product of each of these units."""
        return np.asarray(self.members[self.offsets[:-1][units]])

    def counts_of(self, units: Ints1d) -> Ints1d:
        """Return how many products share the row of each of these units."""
        return np.asarray(self.offsets[units + 1] - self.offsets[units])


def distinct_units(rows: Rows, sources: Ints1d | None = None) -> Units:
    """Return the distinct rows of a view; with `sources` (n,), those of each source."""
    keys, seen = np.zeros(len(rows), dtype=np.uint64), np.zeros(len(rows), dtype=bool)
    for start, block in rows.blocks():
        own = None if sources is None else sources[start : start + len(block)]
        where = slice(start, start + len(block))
        keys[where], seen[where] = row_keys(block, own)
    rows.forget()
    there = np.flatnonzero(seen)
    by_key = there[np.argsort(keys[there], kind="stable")]  # stable: equal rows stay in the order of products
    new = np.ones(len(by_key), dtype=bool)
    new[1:] = keys[by_key[1:]] != keys[by_key[:-1]]
    return units_by_key(rows, by_key, new, sources)


def units_by_key(rows: Rows, by_key: Ints1d, new: Bools1d, sources: Ints1d | None) -> Units:
    """Return the units of products (m,) in the order of their keys, those of one key ascending; `new` says which are the first
    of theirs. Rows that share a key, but are others, are told apart."""
    starts = np.flatnonzero(new | ~_equal_to_head(rows, by_key, new, sources))
    return in_order_of_first(by_key, np.append(starts, len(by_key)), sources)


def in_order_of_first(members: Ints1d, offsets: Ints1d, sources: Ints1d | None) -> Units:
    """Return units, given in any order, in that of their first products; `sources` are those of products."""
    counts, firsts = np.diff(offsets), members[offsets[:-1]] if len(offsets) > 1 else members
    order = np.argsort(firsts, kind="stable")
    counts = counts[order]
    bounds = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    within = np.arange(len(members)) - np.repeat(bounds[:-1], counts)
    sorted_members = members[np.repeat(offsets[:-1][order], counts) + within]
    return Units(sorted_members, bounds, None if sources is None else sources[firsts[order]])


def row_keys(block: Floats2d, sources: Ints1d | None) -> tuple[npt.NDArray[np.uint64], Bools1d]:
    """Return a 64-bit hash of each row (m,), of its source (m,) too if that is given, and whether it has anything to see."""
    keys, seen = np.zeros(len(block), dtype=np.uint64), np.zeros(len(block), dtype=bool)
    weights = np.random.default_rng(0).integers(1, 2**63, block.shape[1], dtype=np.uint64) | np.uint64(1)
    for first in range(0, len(block), HASH_ROWS):
        part = np.ascontiguousarray(block[first : first + HASH_ROWS], dtype=np.float32)
        where = slice(first, first + len(part))
        seen[where] = np.any(part, axis=1)
        keys[where] = np.einsum("ij,j->i", part.view(np.uint32).astype(np.uint64), weights)
    keys ^= keys >> np.uint64(29)
    if sources is not None:
        keys ^= (sources.astype(np.int64) + 2).astype(np.uint64) * _ODD
    return keys, seen


def _equal_to_head(rows: Rows, by_key: Ints1d, new: Bools1d, sources: Ints1d | None) -> Bools1d:
    """Return whether each row (and source) really is that of the first one of its hash; one that heads is."""
    heads = by_key[np.maximum.accumulate(np.where(new, np.arange(len(by_key)), 0))] if len(by_key) else by_key
    equal = np.ones(len(by_key), dtype=bool)
    followers = np.flatnonzero(~new)
    for start in range(0, len(followers), HASH_ROWS):
        part = followers[start : start + HASH_ROWS]
        equal[part] = np.all(rows.take(by_key[part]) == rows.take(heads[part]), axis=1)
    if sources is not None:
        equal &= sources[by_key] == sources[heads]
    return equal


class PlacedRows(Protocol):
    """They give rows by their place in a join's order."""

    def read(self, start: int, stop: int) -> Floats2d:
        """Return the rows at places start to stop."""

    def gather(self, places: npt.NDArray[np.integer]) -> Floats2d:
        """Return the rows at these places, in their order."""


@dataclass(frozen=True)
class JoinRows:
    """They hold rows (u, dim) float32 by place, in an array, or in the file at `path`, which holds nothing else."""

    dim: int
    array: Floats2d | None = None
    path: Path | None = None

    def read(self, start: int, stop: int) -> Floats2d:
        """Return the rows at places start to stop. From a file they are read, not mapped: mapped pages would stay."""
        if self.array is not None:
            return self.array[start:stop]
        count = (stop - start) * self.dim
        assert self.path is not None
        rows = np.fromfile(self.path, dtype=np.float32, count=count, offset=start * self.dim * 4)
        return rows.reshape(stop - start, self.dim)

    def gather(self, places: npt.NDArray[np.integer]) -> Floats2d:
        """Return the rows at these places, in their order."""
        if self.array is not None:
            return np.asarray(self.array[places])
        mapped = np.memmap(str(self.path), dtype=np.float32, mode="r").reshape(-1, self.dim)
        return np.asarray(mapped[places])  # the map goes with this call, and its pages with it


def copy_rows(rows: Rows, positions: Ints1d, *, path: Path | None = None) -> JoinRows:
    """Copy the rows of these products, in their order, into memory, or into a file at `path`."""
    if path is None:
        array = np.empty((len(positions), rows.dim), dtype=np.float32)
        for start in range(0, len(positions), COPY_ROWS):
            array[start : start + COPY_ROWS] = rows.take(positions[start : start + COPY_ROWS])
            rows.forget()
        return JoinRows(rows.dim, array=array)
    with path.open("wb") as file:
        write_rows(rows, positions, file)
    return JoinRows(rows.dim, path=path)


def write_rows(rows: Rows, positions: Ints1d, file: BinaryIO) -> None:
    """Write the rows of these products, in their order, as JoinRows reads them from a file."""
    for start in range(0, len(positions), COPY_ROWS):
        file.write(np.ascontiguousarray(rows.take(positions[start : start + COPY_ROWS]), dtype=np.float32).data)
        rows.forget()
