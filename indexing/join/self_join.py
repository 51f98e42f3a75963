"""The self-join finds the neighbours of every product of the catalogue through an index, and writes them block by
block."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import scipy.sparse as sp

from indexing.arrays import Bools1d, Ints1d
from indexing.join.neighbour_files import NeighbourFiles
from indexing.join.settled_cosines import SPARE, settled
from indexing.machine.progress import Progress, silent
from indexing.search.index import Index
from indexing.search.lexical_index import LexicalIndex
from indexing.search.neighbours import Neighbours, allowed_for, eligible, keep, no_neighbours, without_self
from indexing.vectors.rows import Rows

BLOCK_ROWS = 8192
LARGE_SOURCE = 0.2  # of the catalogue: more of it and the others are searched by themselves
FIRST_ASK = 1.5  # times k, when neighbours of the same source must be skipped
MOST_ASK = 4096
RESERVE_SHARE, LEAST_RESERVE = 0.2, 4  # of k, kept beyond it: what updates delete is then not searched again at once


def with_reserve(k: int) -> int:
    """Return how many neighbours are kept of each product so that k are left when an update takes some away."""
    return k + max(LEAST_RESERVE, math.ceil(k * RESERVE_SHARE))


def list_length(k: int, products: int) -> int:
    """Return how long the list of each product's neighbours is: k and the reserve, but no longer than the catalogue, so
    that memory and disk go with what there is to keep. The last place of a list of everybody stays empty."""
    return min(with_reserve(min(k, products)), max(products, 1))


class QueryRows(Protocol):
    """They give the rows of one view as queries, by position."""

    def __len__(self) -> int: ...

    def take(self, positions: Ints1d) -> Any: ...


@dataclass(frozen=True)
class SparseRows:
    """They give the rows of a lexical index as queries."""

    index: LexicalIndex

    def __len__(self) -> int:
        return len(self.index)

    def take(self, positions: Ints1d) -> sp.csr_matrix:
        return self.index.matrix[positions]

    def new_after(self, positions: Ints1d) -> Bools1d:
        """Return at which positions (q,) another row stands than at the one before."""
        rows = positions if self.index.first is None else self.index.first[positions]
        return np.asarray(np.diff(rows, prepend=-1) != 0)

    @cached_property
    def places(self) -> Ints1d:
        """Return a place (n,) for each product: one for equal rows, and near ones for those alike."""
        return self.index.near_places()


@dataclass(frozen=True)
class SelfJoin:
    """It joins an index with itself. With `sources` (n,), neighbours are looked for among other sources only."""

    index: Index[Any]
    rows: Rows | QueryRows
    k: int
    sources: Ints1d | None = None

    def neighbours_of(self, positions: Ints1d) -> Neighbours:
        """Return the k neighbours of the products at these positions, without themselves."""
        if self.sources is None:
            found = self._search(positions, self.k + 1)
            return without_self(found, positions, self.k)
        return self._across(positions, self.sources)

    def write(self, where: Path | NeighbourFiles, *, stage: str, progress: Progress = silent) -> None:
        """Write all neighbours as positions.npy (n, k) int64 and cosines.npy (n, k) float32, from where a run was cut
        short."""
        files = where if isinstance(where, NeighbourFiles) else NeighbourFiles(where, len(self.rows), self.k)
        order = self.near(np.arange(len(self.rows)))
        named = f"blocks of {BLOCK_ROWS}" + (", near rows" if isinstance(self.rows, SparseRows) else "")
        starts = range(0, len(order), BLOCK_ROWS)
        for number in range(files.open(len(starts), order=named), len(starts)):
            own = order[starts[number] : starts[number] + BLOCK_ROWS]
            files.write(own, self.lists_of(own), number + 1)
            progress(stage, starts[number] + len(own), len(order))
        files.mark()
        if not isinstance(where, NeighbourFiles):
            files.finish()

    def lists_of(self, positions: Ints1d) -> Neighbours:
        """Return the neighbours as they are kept: as any order of the catalogue would have them; sparse sums have one order
        anyway."""
        if isinstance(self.rows, SparseRows):
            return self.neighbours_of(positions)
        found = replace(self, k=self.k + SPARE).neighbours_of(positions)
        return settled(found, cast(Rows, self.rows), positions, self.k)

    def near(self, positions: Ints1d) -> Ints1d:
        """Return products in the order in which they are best searched for, block by block: sparse ones each source by itself, equal
        and near rows together."""
        if not isinstance(self.rows, SparseRows):
            return positions
        places = self.rows.places[positions]
        keys = (places,) if self.sources is None else (places, self.sources[positions])
        return positions[np.lexsort(keys)]

    def _search(self, positions: Ints1d, k: int, *, allowed: Bools1d | None = None) -> Neighbours:
        """Search for the rows at these positions, of equal sparse ones that follow one another for the first."""
        if not isinstance(self.rows, SparseRows):
            return self.index.search(self.rows.take(positions), k, allowed=allowed)
        new = self.rows.new_after(positions)
        found = self.index.search(self.rows.take(positions[new]), k, allowed=allowed)
        return found if new.all() else found.take(np.cumsum(new) - 1)

    def _across(self, positions: Ints1d, sources: Ints1d) -> Neighbours:
        """Ask for some more than k and skip those of the same source; who then lacks some searches the others alone."""
        found = no_neighbours(len(positions), self.k)
        own = sources[positions]
        share = np.bincount(sources[sources >= 0], minlength=1) / max(len(sources), 1)
        large = (own >= 0) & (share[np.maximum(own, 0)] > LARGE_SOURCE)
        rows, ask = np.flatnonzero(~large), int(self.k * FIRST_ASK) + 1
        while rows.size and ask <= MOST_ASK:
            got = self._search(positions[rows], ask)
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
        got = self._search(positions, self.k + 1, allowed=allowed)
        kept = without_self(got, positions, self.k)
        found.positions[these], found.cosines[these] = kept.positions, kept.cosines
