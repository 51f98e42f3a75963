"""A layered index is a dense index with a delta beside it: both are searched, what is dead is skipped, the best of both
are given."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.search.index import Index
from indexing.search.neighbours import Neighbours, best, in_order, keep, no_neighbours
from indexing.vectors.layers import Layers

SKIPPED = 4  # neighbours fetched beyond those asked for and the share of dead rows among them


@dataclass(frozen=True)
class LayeredIndex:
    """`main` holds the rows of the build, `delta` (None: no row) those added; answers are positions."""

    main: Index[Any]
    delta: Index[Any] | None
    layers: Layers

    def __len__(self) -> int:
        return len(self.layers)

    def search(self, queries: Floats2d, k: int, *, allowed: Bools1d | None = None) -> Neighbours:
        """Return what an index of all rows would answer."""
        if self.delta is None and not self.layers.dead and allowed is None:
            return self.main.search(queries, k)

        def fetch(rows: Ints1d, ask: int) -> Neighbours:
            chosen = queries if len(rows) == len(queries) else queries[rows]
            layers = [self._in_main(chosen, ask, allowed)]
            if self.delta is not None:
                layers.append(self._in_delta(self.delta, chosen, ask, allowed))
            positions = np.hstack([layer.positions for layer in layers])
            found = in_order(positions, np.hstack([layer.cosines for layer in layers]))
            return found.first(ask)

        return best(fetch, len(queries), k, len(self))

    def _in_main(self, queries: Floats2d, ask: int, allowed: Bools1d | None) -> Neighbours:
        """Fetch some more than asked for and skip the dead; who then lacks some searches the living alone."""
        if allowed is not None or self.layers.dead * 2 > self.layers.main:
            return self._among_living(queries, ask, allowed)
        more = ask + SKIPPED + 2 * ask * self.layers.dead // max(self.layers.main, 1)
        try:
            got = self.main.search(queries, more)
        except InputError:  # more than a GPU finds
            return self._among_living(queries, ask, allowed)
        positions = self._positions(got.positions, 0)
        found = keep(Neighbours(positions, got.cosines), positions >= 0, ask)
        short = np.flatnonzero((found.positions[:, -1] < 0) & (got.positions[:, -1] >= 0))
        if short.size:
            again = self._among_living(queries[short], ask, allowed)
            found.positions[short], found.cosines[short] = again.positions, again.cosines
        return found

    def _among_living(self, queries: Floats2d, ask: int, allowed: Bools1d | None) -> Neighbours:
        living = self._rows_of(allowed)[: self.layers.main]
        if not living.any():
            return no_neighbours(len(queries), ask)
        got = self.main.search(queries, ask, allowed=living)
        return Neighbours(self._positions(got.positions, 0), got.cosines)

    def _in_delta(self, delta: Index[Any], queries: Floats2d, ask: int, allowed: Bools1d | None) -> Neighbours:
        chosen = None if allowed is None else self._rows_of(allowed)[self.layers.main :]
        if chosen is not None and not chosen.any():
            return no_neighbours(len(queries), ask)
        got = delta.search(queries, min(ask, self.layers.delta), allowed=chosen)
        return Neighbours(self._positions(got.positions, self.layers.main), got.cosines)

    def _positions(self, rows: Any, first: int) -> Any:
        """Return the positions of rows of a layer that begins at `first`, -1 for no neighbour and for the dead."""
        return np.where(rows < 0, -1, self.layers.position[np.maximum(rows, 0) + first])

    def _rows_of(self, allowed: Bools1d | None) -> Bools1d:
        """Return which rows (main + delta,) are of products that are allowed."""
        position = self.layers.position
        there = position >= 0
        return there if allowed is None else there & allowed[np.maximum(position, 0)]
