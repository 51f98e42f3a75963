"""The self-join: the neighbours of every product of the catalogue, written block by block."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp

from indexing.arrays import Bools1d, Ints1d
from indexing.errors import InputError
from indexing.index import Index, Rows
from indexing.lexical_index import LexicalIndex
from indexing.neighbours import Neighbours, allowed_for, eligible, keep, no_neighbours, without_self
from indexing.progress import Progress, silent

BLOCK_ROWS = 8192
LARGE_SOURCE = 0.2  # of the catalogue: more of it and the others are searched by themselves
FIRST_ASK = 1.5  # times k, when neighbours of the same source must be skipped
MOST_ASK = 4096


class QueryRows(Protocol):
    """The rows of one view as queries, by position."""

    def __len__(self) -> int: ...

    def take(self, positions: Ints1d) -> Any: ...


@dataclass(frozen=True)
class SparseRows:
    """The rows of a lexical index as queries."""

    index: LexicalIndex

    def __len__(self) -> int:
        return len(self.index)

    def take(self, positions: Ints1d) -> sp.csr_matrix:
        return self.index.matrix[positions]


@dataclass(frozen=True)
class SelfJoin:
    """Joins an index with itself. With `sources` (n,), neighbours are looked for among other sources only."""

    index: Index[Any]
    rows: Rows | QueryRows
    k: int
    sources: Ints1d | None = None

    def neighbours_of(self, positions: Ints1d) -> Neighbours:
        """The k neighbours of the products at these positions, without themselves."""
        if self.sources is None:
            found = self.index.search(self.rows.take(positions), self.k + 1)
            return without_self(found, positions, self.k)
        return self._across(positions, self.sources)

    def write(self, folder: Path, *, stage: str, progress: Progress = silent) -> None:
        """All neighbours as positions.npy (n, k) int64 and cosines.npy (n, k) float32."""
        folder.mkdir(parents=True, exist_ok=True)
        shape = (len(self.rows), self.k)
        positions = np.lib.format.open_memmap(folder / "positions.npy", "w+", np.int64, shape)
        cosines = np.lib.format.open_memmap(folder / "cosines.npy", "w+", np.float32, shape)
        for start, found in self._blocks():
            positions[start : start + len(found)] = found.positions
            cosines[start : start + len(found)] = found.cosines
            progress(stage, start + len(found), len(self.rows))
        positions.flush()
        cosines.flush()

    def _blocks(self) -> Iterator[tuple[int, Neighbours]]:
        for start in range(0, len(self.rows), BLOCK_ROWS):
            yield start, self.neighbours_of(np.arange(start, min(start + BLOCK_ROWS, len(self.rows))))

    def _across(self, positions: Ints1d, sources: Ints1d) -> Neighbours:
        """Ask for some more than k and skip those of the same source; who then lacks some searches the others alone."""
        found = no_neighbours(len(positions), self.k)
        own = sources[positions]
        share = np.bincount(sources[sources >= 0], minlength=1) / max(len(sources), 1)
        large = (own >= 0) & (share[np.maximum(own, 0)] > LARGE_SOURCE)
        rows, ask = np.flatnonzero(~large), int(self.k * FIRST_ASK) + 1
        while rows.size and ask <= MOST_ASK:
            got = self.index.search(self.rows.take(positions[rows]), ask)
            wanted = eligible(sources, own[rows], got.positions) & (got.positions != positions[rows, None])
            kept = keep(got, wanted, self.k)
            found.positions[rows], found.cosines[rows] = kept.positions, kept.cosines
            short = (kept.positions[:, -1] < 0) & (got.positions[:, -1] >= 0)
            rows, ask = rows[short], ask * 4
        for source in np.unique(own[np.concatenate([rows, np.flatnonzero(large)])]):
            these = np.flatnonzero((own == source) & (large | np.isin(np.arange(len(own)), rows)))
            self._among_others(found, these, positions[these], allowed_for(sources, int(source)))
        return found

    def _among_others(self, found: Neighbours, these: Ints1d, positions: Ints1d, allowed: Bools1d) -> None:
        got = self.index.search(self.rows.take(positions), self.k + 1, allowed=allowed)
        kept = without_self(got, positions, self.k)
        found.positions[these], found.cosines[these] = kept.positions, kept.cosines


def open_neighbours(folder: Path, size: int) -> Neighbours:
    """What `write` left, memory-mapped. Raises InputError when it is damaged or of another catalogue."""
    try:
        positions = np.load(folder / "positions.npy", mmap_mode="r", allow_pickle=False)
        cosines = np.load(folder / "cosines.npy", mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{folder}: the neighbours cannot be read ({error}): build the index again") from error
    if len(positions) != size:
        raise InputError(f"{folder}: neighbours of {len(positions)} products, the catalogue has {size}: build again")
    return Neighbours(positions, cosines)
