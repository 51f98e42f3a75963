"""No file may hold pairs of a product with itself, or pairs that occur twice, in either order; they are refused here,
in one place.

Where a file is read whole its rows are named; of one of any length the keys of pairs go to disk in parts, and each part
is sorted alone. Products are numbers, whose ids are an array.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from indexing.arrays import Floats1d, Ints1d
from indexing.errors import InputError
from indexing.storage.scratch import scratch_folder, scratch_output

PART_KEYS = 1_000_000


def pair_keys(left: Ints1d, right: Ints1d, products: int) -> Ints1d:
    """Return one number a pair (p,), the same for either order."""
    return np.minimum(left, right) * products + np.maximum(left, right)


def refuse_selves(ids: pa.Array, left: Ints1d, right: Ints1d, *, file: Path | None = None, rows: Ints1d) -> None:
    """Raise InputError, naming the row, when a pair is of a product with itself; `rows` (p,) are the rows' numbers in
    the file."""
    same = np.flatnonzero(left == right)
    if same.size:
        place = int(same[0])
        raise InputError(
            f"{_told(file)}row {rows[place]} pairs product {ids[int(left[place])].as_py()!r} with itself "
            f"({same.size} such rows up to row {rows[-1]}): remove them"
        )


@dataclass(frozen=True)
class FileRows:
    """It tells in which file a row stands when several are read one after the other.

    `ends` (f,) is the row after each file's last, `numbers` are those of each file's rows in it, as people count them.
    """

    paths: Sequence[Path]
    ends: Ints1d
    numbers: Sequence[Ints1d]

    @classmethod
    def of(cls, paths: Sequence[Path], numbers: Sequence[Ints1d]) -> "FileRows":
        """Add up how many rows each file has."""
        return cls(paths, np.cumsum([len(some) for some in numbers]), numbers)

    def name(self, first: int, second: int) -> str:
        """Name two rows with their file, or each with its own."""
        (one, one_row), (other, other_row) = self.place(first), self.place(second)
        if one == other:
            return f"{one}: rows {one_row} and {other_row},"
        return f"{one} row {one_row} and {other} row {other_row}:"

    def place(self, row: int) -> tuple[Path, int]:
        """Return the file of a row, and the row's number in it."""
        number = int(np.searchsorted(self.ends, row, side="right"))
        before = int(self.ends[number - 1]) if number else 0
        return self.paths[number], int(self.numbers[number][row - before])


def refuse_repeats(
    ids: pa.Array, left: Ints1d, right: Ints1d, rows: FileRows, *, targets: Floats1d | None = None
) -> None:
    """Raise InputError, naming two rows, when a pair occurs twice: where `targets` (p,) differ, before mere repetition."""
    keys = pair_keys(left, right, len(ids))
    order = np.argsort(keys, kind="stable")
    twice = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    if not twice.size:
        return
    odd = twice[:0] if targets is None else twice[targets[order[twice]] != targets[order[twice + 1]]]
    place = int(odd[0] if odd.size else twice[0])
    first, second = int(order[place]), int(order[place + 1])
    names = [repr(ids[int(side[first])].as_py()) for side in (left, right)]
    what = f"contradict each other ({odd.size} such pairs)" if odd.size else f"are the same pair ({twice.size} such)"
    raise InputError(f"{rows.name(first, second)} pair {names[0]} and {names[1]} {what}: keep one of them")


@dataclass
class RepeatFinder:
    """It collects the keys of pairs; with `expected` of them, no more than about PART_KEYS are in memory at once."""

    folder: Path
    expected: int
    _parts: list[BinaryIO] = field(default_factory=list)

    def __post_init__(self) -> None:
        parts = max(1, -(-self.expected // PART_KEYS))
        self._parts = [(self.folder / f"keys_{part}.bin").open("w+b") for part in range(parts)]

    def add(self, keys: Ints1d) -> None:
        """Take the keys (p,) of the next pairs of the file."""
        part_of = keys % len(self._parts)
        with scratch_output(self.folder):
            for number, part in enumerate(self._parts):
                keys[part_of == number].tofile(part)

    def repeated(self) -> tuple[int, int]:
        """Return how many keys occur again, and one of them (-1 if none)."""
        count, keys = self.again(0)
        return count, int(keys[0]) if keys.size else -1

    def again(self, most: int) -> tuple[int, Ints1d]:
        """Return how many keys occur again, and which they are, sorted and each once; where there are more than `most`,
        only some."""
        count, kept = 0, np.zeros(0, dtype=np.int64)
        for part in self._parts:
            with scratch_output(self.folder):
                part.flush()
            part.seek(0)
            keys = np.sort(np.fromfile(part, dtype=np.int64))
            again = keys[1:][keys[1:] == keys[:-1]]
            if not count or count <= most:
                kept = np.union1d(kept, again)
            count += len(again)
        return count, kept

    def close(self) -> None:
        for part in self._parts:
            part.close()


@dataclass
class PairCheck:
    """It takes the pairs of a file block by block; `rows` counts those it took."""

    ids: pa.Array
    finder: RepeatFinder
    file: Path | None
    rows: int = 0

    def add(self, left: Ints1d, right: Ints1d, rows: Ints1d) -> None:
        """Take the next pairs (p,), which stand in these rows of the file.

        Raises InputError for one of a product with itself.
        """
        refuse_selves(self.ids, left, right, file=self.file, rows=rows)
        self.finder.add(pair_keys(left, right, len(self.ids)))
        self.rows += len(left)


@contextmanager
def checked_pairs(ids: pa.Array, expected: int, *, file: Path | None = None) -> Iterator[PairCheck]:
    """Check about so many pairs of products, whose numbers are places in `ids`, while a file of them is read.

    Raises InputError, in the end, when a pair occurs again.
    """
    with scratch_folder() as folder:
        finder = RepeatFinder(folder, expected)
        try:
            yield PairCheck(ids, finder, file)
            count, key = finder.repeated()
        finally:
            finder.close()
    if count:
        names = " and ".join(repr(ids[place].as_py()) for place in divmod(key, len(ids)))
        raise InputError(
            f"{_told(file)}the pair {names} occurs again, in either order ({count} rows too many): keep one of each"
        )


def _told(file: Path | None) -> str:
    return "" if file is None else f"{file}: "
