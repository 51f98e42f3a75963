"""Finding a pair that occurs twice in a file of any length: keys go to disk in parts, each part is sorted alone."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from indexing.arrays import Ints1d

PART_KEYS = 1_000_000


@dataclass
class RepeatFinder:
    """Collects the keys of pairs. With `expected` of them, no more than about PART_KEYS are in memory at once."""

    folder: Path
    expected: int
    _parts: list[BinaryIO] = field(default_factory=list)

    def __post_init__(self) -> None:
        parts = max(1, -(-self.expected // PART_KEYS))
        self._parts = [(self.folder / f"keys_{part}.bin").open("w+b") for part in range(parts)]

    def add(self, keys: Ints1d) -> None:
        """Keys (p,) of the next pairs of the file."""
        part_of = keys % len(self._parts)
        for number, part in enumerate(self._parts):
            keys[part_of == number].tofile(part)

    def repeated(self) -> tuple[int, int]:
        """How many keys occur again, and one of them (-1 if none)."""
        count, example = 0, -1
        for part in self._parts:
            part.flush()
            part.seek(0)
            keys = np.sort(np.fromfile(part, dtype=np.int64))
            again = keys[1:][keys[1:] == keys[:-1]]
            count += len(again)
            example = int(again[0]) if again.size and example < 0 else example
        return count, example

    def close(self) -> None:
        for part in self._parts:
            part.close()
