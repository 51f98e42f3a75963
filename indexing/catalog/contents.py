"""A content is what an encoder reads of a product, as 128 bits: products of one content have one row, encoded once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.words.text_keys import text_keys

Contents = npt.NDArray[np.uint64]  # (n, 2)
CONTENTS_FILE = "contents.npy"
KEYS = (b"0123456789123456", b"6543219876543210")


class RowSource(Protocol):
    """A source gives rows that were encoded before."""

    @property
    def dim(self) -> int:
        """Return d, the length of a row."""

    def take(self, positions: Ints1d) -> Floats2d:
        """Return the rows at these positions, (p, d)."""


def text_contents(texts: Sequence[str]) -> Contents:
    """Return the contents (n, 2) of texts (n,): two keyed 64-bit hashes each.

    24 bytes a product are held while a view is encoded.
    """
    column = pa.array(texts, pa.large_string())
    return np.stack([text_keys(column, key) for key in KEYS], axis=1)


def write_contents(folder: Path, contents: Contents) -> None:
    """Keep contents (n, 2) in a folder, which is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / CONTENTS_FILE, contents)


def read_contents(folder: Path) -> Contents | None:
    """Read what the encoder read of each product; None where that was not kept."""
    try:
        found: Contents = np.load(folder / CONTENTS_FILE, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found


def first_of(contents: Contents) -> Ints1d:
    """Return for each product (n,) the position of the first one of the same content."""
    order = np.lexsort((contents[:, 1], contents[:, 0]))  # stable: positions rise within a content
    ordered = contents[order]
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = np.any(ordered[1:] != ordered[:-1], axis=1)
    first = np.empty(len(order), dtype=np.int64)
    first[order] = order[starts][np.cumsum(starts) - 1]
    return first


@dataclass(frozen=True)
class RowBank:
    """A bank finds rows of an older index by the content that they were made from, but for those `passed_over` (n,)."""

    contents: Contents
    rows: RowSource
    passed_over: Bools1d | None = None

    def without(self, chosen: Ints1d) -> "RowBank":
        """Return a bank that finds no row of the contents which stand at these positions (c,)."""
        passed_over = np.zeros(len(self.contents), dtype=bool)
        passed_over[self.find(self.contents[chosen])] = True  # the one that is found of each content
        return RowBank(self.contents, self.rows, passed_over)

    @cached_property
    def _order(self) -> Ints1d:
        return np.asarray(np.argsort(self.contents[:, 0], kind="stable"), dtype=np.int64)

    @cached_property
    def _sorted(self) -> npt.NDArray[np.uint64]:
        return np.asarray(self.contents[self._order, 0], dtype=np.uint64)

    def find(self, contents: Contents) -> Ints1d:
        """Return the position of a row of each content (m,), -1 where there is none."""
        if not len(self.contents):
            return np.full(len(contents), -1, dtype=np.int64)
        places = np.minimum(np.searchsorted(self._sorted, contents[:, 0]), len(self._sorted) - 1)
        found = self._order[places]
        same: Bools1d = np.all(self.contents[found] == contents, axis=1)
        if self.passed_over is not None:
            same &= ~self.passed_over[found]
        return np.where(same, found, -1)
