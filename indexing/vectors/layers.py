"""Where an updated index keeps its products: rows of the build, some of them dead, and rows of a delta beside them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from indexing.arrays import Ints1d
from indexing.errors import InputError

STORED_FILE = "stored.npy"


@dataclass(frozen=True)
class Layers:
    """`stored` (n,) is the row of each product: below `main` (rows of the build) there, else in the delta.

    In each of the two layers rows stand in the order of positions.
    """

    stored: Ints1d
    main: int
    delta: int

    def __len__(self) -> int:
        return len(self.stored)

    @cached_property
    def position(self) -> Ints1d:
        """The position of each row (main + delta,), -1 where its product was deleted or changed."""
        positions = np.full(self.main + self.delta, -1, dtype=np.int64)
        positions[self.stored] = np.arange(len(self.stored))
        return positions

    @cached_property
    def dead(self) -> int:
        """How many rows of the build nobody uses any more."""
        return int((self.position[: self.main] < 0).sum())

    @property
    def share(self) -> float:
        """How much of the index is delta or dead: what compacting would mend."""
        return (self.delta + self.dead) / max(len(self), 1)

    def save(self, folder: Path) -> None:
        """Write `stored`; the manifest keeps the sizes."""
        folder.mkdir(exist_ok=True)
        np.save(folder / STORED_FILE, self.stored)


def open_layers(folder: Path, main: int, delta: int, size: int) -> Layers:
    """What `save` wrote, memory-mapped. Raises InputError when it is damaged or of another catalogue."""
    try:
        stored = np.load(folder / STORED_FILE, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{folder}: the update cannot be read ({error}): build the index again") from error
    if len(stored) != size:
        raise InputError(f"{folder}: places of {len(stored)} products, the catalogue has {size}: build the index again")
    return Layers(stored, main, delta)


def unlayered(size: int) -> Layers:
    """The layers of an index that was never updated."""
    return Layers(np.arange(size, dtype=np.int64), size, 0)
