"""A GPU whose memory does not hold the vectors searches exactly all the same: they pass through it, a part at a
time."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.search.faiss_index import search_on_gpu
from indexing.search.neighbours import Neighbours, best, in_order, no_neighbours
from indexing.vectors.rows import Rows

QUARTER = 4  # one part in so many of the GPU's memory holds vectors, one queries and results: the rest is FAISS's own


@dataclass(frozen=True)
class GpuTiles:
    """It searches `rows` where they are, on one GPU of `gpu_memory` bytes."""

    rows: Rows
    gpu_memory: int

    def __len__(self) -> int:
        return len(self.rows)

    def search(self, queries: Floats2d, k: int, *, allowed: Bools1d | None = None) -> Neighbours:
        """Return what every exact index returns. Raises InputError for more neighbours than a GPU finds."""
        wanted = np.ascontiguousarray(queries, dtype=np.float32)
        seeing = np.flatnonzero(np.any(wanted, axis=1))
        found = no_neighbours(len(wanted), k)

        def fetch(which: Ints1d, ask: int) -> Neighbours:
            return self._search(wanted[seeing[which]], ask, allowed)

        got = best(fetch, len(seeing), k, len(self))
        found.positions[seeing], found.cosines[seeing] = got.positions, got.cosines
        return found

    def _search(self, queries: Floats2d, ask: int, allowed: Bools1d | None) -> Neighbours:
        found = no_neighbours(len(queries), ask)
        for start, block in self.rows.blocks():
            there = np.any(block, axis=1)
            if allowed is not None:
                there &= allowed[start : start + len(block)]
            places = start + np.flatnonzero(there)
            if not places.size:
                continue
            part = np.ascontiguousarray(block[there], dtype=np.float32)
            got = search_on_gpu(queries, part, min(ask, len(part)), memory=self.gpu_memory // QUARTER)
            positions = np.where(got.positions < 0, -1, places[np.maximum(got.positions, 0)])
            both = np.hstack([found.positions, positions]), np.hstack([found.cosines, got.cosines])
            found = in_order(*both).first(ask)
            self.rows.forget()
        return found
