"""Neighbour files keep the neighbours on disk and are written in portions: a killed run goes on behind the last portion
that was marked."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexing.arrays import Ints1d
from indexing.errors import InputError
from indexing.machine.memory import forget
from indexing.search.neighbours import Neighbours
from indexing.storage.mapped import new_mapped

STATE = "made.json"
NOBODY_ROWS = 131_072
MARK_S = 5.0  # at most so much work is lost by a kill: marking more often costs more than it saves
QUICK_S = 0.25  # that a mark may take: after a longer one, the next waits as much longer


@dataclass
class NeighbourFiles:
    """They are positions.npy (size, k) int64 and cosines.npy (size, k) float32 in `folder`, with `made`: all that they
    depend on.

    `done` counts what has been written, in the writer's own order and units.
    """

    folder: Path
    size: int
    k: int
    made: Mapping[str, Any] = field(default_factory=dict)
    done: int = 0
    _marked: float = 0.0
    _took: float = 0.0

    def open(self, total: int, *, order: str = "") -> int:
        """Open the files for writing, new ones unless they are of this work; return how much of `total` is done
        already.

        `order` names the order of work: where it is another one, what was done counts for nothing.
        """
        self._head = {"made": json.loads(json.dumps(self.made)), "total": total, "order": order}
        self.folder.mkdir(parents=True, exist_ok=True)
        state = read_state(self.folder)
        there = all((self.folder / name).exists() for name in ("positions.npy", "cosines.npy"))
        same = there and {name: state.get(name) for name in self._head} == self._head
        self.done = int(state["done"]) if same else 0
        if not same:
            (self.folder / STATE).unlink(missing_ok=True)  # before the files change under it
        self._positions = self._mapped("positions.npy", np.int64, same)
        self._cosines = self._mapped("cosines.npy", np.float32, same)
        self._marked = time.monotonic()
        return self.done

    def _mapped(self, name: str, kind: npt.DTypeLike, there: bool) -> Any:
        """Open a file for writing, a new one unless it is `there`."""
        path = self.folder / name
        return np.lib.format.open_memmap(path, "r+") if there else new_mapped(path, kind, (self.size, self.k))

    def nobody(self) -> None:
        """Write that nobody has a neighbour, which holds until one is written."""
        for start in range(0, self.size, NOBODY_ROWS):
            self._positions[start : start + NOBODY_ROWS] = -1
            self._cosines[start : start + NOBODY_ROWS] = np.nan
            self._forget()

    def write(self, products: Ints1d | slice, found: Neighbours, done: int) -> None:
        """Write the neighbours of these products; now so much is done."""
        self._positions[products] = found.positions
        self._cosines[products] = found.cosines
        self.done = done
        if time.monotonic() - self._marked >= MARK_S * max(self._took / QUICK_S, 1):
            self.mark()

    def mark(self) -> None:
        """Put on disk what is written, and then that it is. Products that lie far apart touch many pages: on a slow disk that takes as long
        as finding them did."""
        begun = time.monotonic()
        for pages in (self._positions, self._cosines):
            pages.flush()
        self._forget()
        unfinished = self.folder / f"{STATE}.tmp"
        with unfinished.open("w", encoding="utf-8") as file:
            json.dump({**self._head, "done": self.done}, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self.folder / STATE)
        self._marked = time.monotonic()
        self._took = self._marked - begun

    def _forget(self) -> None:
        forget(self._positions)
        forget(self._cosines)

    def finish(self) -> None:
        """Forget how far it is: nothing goes on from here."""
        (self.folder / STATE).unlink(missing_ok=True)


def read_state(folder: Path) -> dict[str, Any]:
    """Read what a folder of neighbours says of its making; return nothing where that is not known."""
    try:
        found = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and "done" in found else {}


def open_neighbours(folder: Path, size: int) -> Neighbours:
    """Open the finished files, memory-mapped. Raises InputError when they are damaged or of another catalogue."""
    try:
        positions = np.load(folder / "positions.npy", mmap_mode="r", allow_pickle=False)
        cosines = np.load(folder / "cosines.npy", mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{folder}: the neighbours cannot be read ({error}): build the index again") from error
    if len(positions) != size:
        raise InputError(f"{folder}: neighbours of {len(positions)} products, the catalogue has {size}: build again")
    return Neighbours(positions, cosines)
