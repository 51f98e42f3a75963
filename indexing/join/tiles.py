"""Cosines are computed a tile at a time: a matrix product, and of it only what may be among somebody's best."""

import threading
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.join.plan import STRIPE_ROWS, TILE_COLUMNS, Tile
from indexing.join.probing_plan import ProbingPlan
from indexing.join.rows import PlacedRows
from indexing.search.best_lists import entries_of

SHORT = np.uint16  # of columns of a tile


@dataclass(frozen=True)
class Survivors:
    """They are entries (m,) with the places (m,), ascending, whose lists they may come into."""

    places: Ints1d
    entries: Ints1d


@dataclass(frozen=True)
class Floors:
    """They are the least cosines that may come into the lists of places `start` and following, `values` (w,) one after the
    other, as they rise; into those of other places nothing may."""

    start: int
    values: Floats1d

    def read(self, start: int, stop: int) -> Floats1d:
        """Return those of places start to stop."""
        if start >= self.start and stop <= self.start + len(self.values):
            return self.values[start - self.start : stop - self.start]
        return self.gather(np.arange(start, stop))

    def gather(self, places: Ints1d) -> Floats1d:
        """Return those of these places, ascending."""
        first, last = np.searchsorted(places, [self.start, self.start + len(self.values)])
        found = np.full(len(places), np.inf, dtype=np.float32)
        found[first:last] = self.values[places[first:last] - self.start]
        return found


@dataclass(frozen=True)
class Hits:
    """They are the pairs (m,) of a tile that may come into a list: where they stand in the tile, by row and column, and in the
    tile as one row after the other (`flat`), ascending."""

    flat: Ints1d
    row: Ints1d
    column: Ints1d

    @classmethod
    def of(cls, mask: npt.NDArray[np.bool_]) -> "Hits":
        """Return where a mask (rows, columns) of few places holds."""
        rows, width = mask.shape
        flat = np.flatnonzero(mask.ravel())
        # where each row ends: to divide every place by the width takes far longer
        ends = np.searchsorted(flat, np.arange(1, rows + 1) * width)
        row = np.repeat(np.arange(rows), np.diff(ends, prepend=0))
        return cls(flat, row, flat - row * width)

    def where(self, stays: Bools1d) -> "Hits":
        """Return those that stay."""
        return Hits(self.flat[stays], self.row[stays], self.column[stays])


@dataclass
class TileWork:
    """It computes tiles; `units` and `sources` (u,) are by place, and `floor` is read as it rises. `probing` is the
    plan of a join whose pairs may stand in two tiles."""

    rows: PlacedRows
    units: Ints1d
    floor: Floors
    sources: Ints1d | None = None
    probing: ProbingPlan | None = None
    _room: threading.local = field(default_factory=threading.local)

    def compute(self, tile: Tile) -> tuple[Survivors, Survivors]:
        """Return what the rows of the tile may take of its columns, and what its columns may take of its rows."""
        cosines, (mask, other) = self._buffers(tile.b - tile.a, tile.width)
        places = tile.places
        np.matmul(self.rows.read(tile.a, tile.b), self._columns(tile).T, out=cosines)
        floor_of_rows, floor_of_columns = self.floor.read(tile.a, tile.b), self.floor.gather(places)
        np.greater_equal(cosines, floor_of_rows[:, None], out=mask)
        np.greater_equal(cosines, floor_of_columns[None, :], out=other)
        mask |= other
        hits = Hits.of(mask)
        if self.sources is not None:
            own, theirs = self.sources[tile.a : tile.b][hits.row], self.sources[places][hits.column]
            hits = hits.where((own != theirs) | (own < 0))
        if self.probing is not None and tile.gathered is not None:
            hits = hits.where(~self.probing.elsewhere(tile.a, tile.b, places, hits.row, hits.column))
        return self._split(tile, places, hits, cosines.ravel()[hits.flat], floor_of_rows, floor_of_columns)

    def probe(self, first: int, last: int, columns: Ints1d | slice, keep: int) -> Floats1d:
        """Return the keep-th best cosine of rows first to last among some columns, -inf where there are fewer."""
        others = np.arange(columns.start, columns.stop) if isinstance(columns, slice) else columns
        right = self.rows.read(columns.start, columns.stop) if isinstance(columns, slice) else self.rows.gather(columns)
        cosines = self.rows.read(first, last) @ right.T
        if self.sources is not None:
            own, theirs = self.sources[first:last, None], self.sources[others][None, :]
            cosines[(own == theirs) & (own >= 0)] = -np.inf
        if cosines.shape[1] < keep:
            return np.full(last - first, -np.inf, dtype=np.float32)
        return np.partition(cosines, cosines.shape[1] - keep, axis=1)[:, cosines.shape[1] - keep]

    def _split(
        self, tile: Tile, places: Ints1d, hits: Hits, values: Floats1d, *floors: Floats1d
    ) -> tuple[Survivors, Survivors]:
        """Give each hit to the rows, the columns or both, as it may be of use to them."""
        row, column = hits.row, hits.column
        for_row, for_column = values >= floors[0][row], values >= floors[1][column]
        if tile.overlap:  # there each pair stands twice
            for_column &= column >= tile.b - tile.a
        own = Survivors(row[for_row] + tile.a, entries_of(values[for_row], self.units[places][column[for_row]]))
        theirs = np.flatnonzero(for_column)
        theirs = theirs[np.argsort(column[theirs].astype(SHORT), kind="stable")]  # two bytes are sorted by counting
        of_rows = self.units[tile.a : tile.b][row[theirs]]
        return own, Survivors(places[column[theirs]], entries_of(values[theirs], of_rows))

    def _columns(self, tile: Tile) -> Floats2d:
        if tile.gathered is not None:
            return self.rows.gather(tile.gathered)
        if len(tile.ranges) == 1:
            return self.rows.read(*tile.ranges[0])
        return np.concatenate([self.rows.read(c, d) for c, d in tile.ranges])

    def _buffers(self, rows: int, columns: int) -> tuple[Floats2d, npt.NDArray[np.bool_]]:
        """Return room for a tile, one a thread: new memory for each would cost as much as comparing."""
        if not hasattr(self._room, "cosines"):
            self._room.cosines = np.empty(STRIPE_ROWS * TILE_COLUMNS, dtype=np.float32)
            self._room.hit = np.empty((2, STRIPE_ROWS * TILE_COLUMNS), dtype=bool)
        size = rows * columns
        return self._room.cosines[:size].reshape(rows, columns), self._room.hit[:, :size].reshape(2, rows, columns)
