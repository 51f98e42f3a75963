"""A dense view of the new version is opened by workers: its lists of before, its rows now, and the cells that are compared."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from indexing.machine.memory import forget
from indexing.product_index import DELTA, ProductIndex
from indexing.running.parts import PartFolder, read_array
from indexing.update.joining.cell_comparison import UpdatedRows
from indexing.update.joining.kept_lists import OldLists
from indexing.update.joining.partners import Cells, Looking, Visits
from indexing.update.joining.parts.stored_lists import StoredLists
from indexing.vectors.layers import LayeredRows, open_layers
from indexing.vectors.rows import FusedRows, Rows
from indexing.vectors.vectors import open_vectors

FLOORS, ORDER, BOUNDS, CELL_CODES, CENTRES = "floors.npy", "order.npy", "bounds.npy", "cell_codes.npy", "centres.npy"


@dataclass(frozen=True)
class OpenTiles:
    """It is a view that a worker has opened: its lists of before, and its rows now. The products of the places `edges[r]` to
    `edges[r + 1]` of the cells are compared by a task, with each of so many `batches` of those that are searched for."""

    old: OldLists
    updated: UpdatedRows
    parts: PartFolder
    edges: tuple[int, ...]
    batches: int
    probes: int
    grouped: bool

    @property
    def ranges(self) -> int:
        """Return how many tasks the cells are divided among."""
        return len(self.edges) - 1

    @property
    def looking(self) -> Looking | None:
        """Return who looks at which cell; None where all look at the only one."""
        if not self.probes:
            return None
        return Looking(self.array(CELL_CODES), np.array(self.array(CENTRES)), self.probes, self.grouped)

    def array(self, name: str) -> Any:
        """Return a part, mapped."""
        return read_array(self.parts, name)

    def cells(self, first: int, last: int) -> tuple[Cells, slice]:
        """Return the cells, or what they have of these places, as if there were no others; and which they are."""
        bounds = np.asarray(self.array(BOUNDS))
        which = slice(int(np.searchsorted(bounds, first, "right")) - 1, int(np.searchsorted(bounds, last)))
        own = np.clip(bounds[which.start : which.stop + 1], first, last) - first
        return Cells(np.array(self.array(ORDER)[first:last]), own), which

    def visits(self, batch: int, which: slice) -> Visits:
        """Return those of a batch, and who of them visits these cells."""
        starts = np.asarray(self.array(f"visit_starts_{batch:05d}.npy")[which.start : which.stop + 1])
        visitors = self.array(f"visitors_{batch:05d}.npy")
        targets = np.array(self.array(f"targets_{batch:05d}.npy"))
        looking = [np.array(visitors[a:b]) for a, b in pairwise(starts.tolist())]
        rows = self.updated.rows.take(targets) if starts[-1] > starts[0] else np.zeros((len(targets), 1), np.float32)
        return Visits(targets, rows, looking, np.zeros(0, dtype=np.int64))

    def compared(self, name: str, batch: int) -> Iterator[tuple[str, Any]]:
        """Yield a part of every task that compared cells with a batch: its number as it is written, and what is there."""
        for number in range(self.ranges):
            digits = f"{batch * self.ranges + number:05d}"
            yield digits, self.array(f"{name}_{digits}.npy")

    def forget(self) -> None:
        """Give back the pages of rows and lists."""
        self.updated.rows.forget()
        forget(self.old.before.positions)
        forget(self.old.before.cosines)


@dataclass(frozen=True)
class TileRecipe:
    """It opens the lists of before, and the rows of the new version, whose delta is in a folder: `main` of them are of the build,
    `delta` beside it."""

    lists: StoredLists
    folder: Path
    main: int
    delta: int
    edges: tuple[int, ...] = (0,)
    batches: int = 0
    probes: int = 0
    grouped: bool = False

    def open(self) -> OpenTiles:
        opened = self.lists.open()
        rows, old = self._rows(opened.index, len(opened.old)), opened.old
        updated = UpdatedRows(rows, old.is_again, old.k, opened.sources)
        return OpenTiles(old, updated, self.lists.parts, self.edges, self.batches, self.probes, self.grouped)

    def _rows(self, index: ProductIndex, size: int) -> Rows:
        if self.lists.view != "fused":
            return self._layered(index, self.lists.view, size)
        text, image = (self._layered(index, view, size) for view in ("text", "image"))
        return FusedRows(text, image, index.fusion)

    def _layered(self, index: ProductIndex, view: str, size: int) -> LayeredRows:
        before, place = index.vectors(view), self.folder / DELTA
        main = before.main if isinstance(before, LayeredRows) else before
        assert main is not None
        delta = open_vectors(place / "vectors" / view) if self.delta else None
        return LayeredRows(main, delta, open_layers(place, self.main, self.delta, size))


def floors_name(number: int) -> str:
    """Return the name of what may come into the lists of a range of products."""
    return f"floors_{number:05d}.npy"


def carried_name(number: int) -> str:
    """Return the name of those of a range that are to be searched for: the last part of it."""
    return f"searched_{number:05d}.npy"


def looked_name(number: int) -> str:
    """Return the name of what a batch will surely find: the last part of it."""
    return f"target_floors_{number:05d}.npy"


def compared_name(number: int) -> str:
    """Return the name of what was found by comparing cells with a batch: the last part of it."""
    return f"found_{number:05d}.npy"
