"""Pairs of two files wait on disk in parts, so that the same pair of both, in either order, is in the same part."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.storage.scratch import scratch_output
from reranking.pairs.repeats import PART_KEYS

ROW = np.dtype([("left", "i4"), ("right", "i4"), ("score", "f8"), ("code", "i4"), ("fresh", "?")])
Rows = npt.NDArray[np.void]


class PartedPairs:
    """It has as many parts as `expected` pairs need, for no more than about PART_KEYS of either file to be in memory at once."""

    def __init__(self, folder: Path, expected: int) -> None:
        self.folder, self.count = folder, max(1, -(-expected // PART_KEYS))

    def add(self, left: Ints1d, right: Ints1d, scores: Floats1d, codes: Ints1d) -> None:
        """Take scored pairs (b,) of positions, with their categories."""
        rows = np.zeros(len(left), dtype=ROW)
        rows["left"], rows["right"], rows["score"], rows["code"] = left, right, scores, codes
        self._append("pairs", rows, _keys(rows))

    def add_before(self, left: Ints1d, right: Ints1d) -> None:
        """Take pairs (b,) that were scored before."""
        rows = np.zeros(len(left), dtype=ROW)
        rows["left"], rows["right"] = left, right
        keys = _keys(rows)
        self._append("before", keys, keys)

    def parts(self, *, compared: bool) -> Iterator[tuple[Rows, int]]:
        """Yield the pairs of each part, each once, as it stands in the file first, and how many rows repeat one; where they are
        `compared`, those are fresh that were not there before."""
        for part in range(self.count):
            rows: Rows = self._read("pairs", part, ROW)
            keys = _keys(rows)
            _, first = np.unique(keys, return_index=True)
            first = np.sort(first)
            once = rows[first]
            if compared:
                once["fresh"] = _absent(keys[first], self._read("before", part, np.dtype("i8")))
            yield once, len(rows) - len(once)

    def _append(self, name: str, rows: npt.NDArray[Any], keys: Ints1d) -> None:
        part_of = keys % self.count
        with scratch_output(self.folder):
            for part in np.unique(part_of).tolist():
                with self._file(name, part).open("ab") as file:
                    file.write(rows[part_of == part].tobytes())

    def _read(self, name: str, part: int, kind: np.dtype[Any]) -> npt.NDArray[Any]:
        file = self._file(name, part)
        return np.fromfile(file, dtype=kind) if file.exists() else np.zeros(0, dtype=kind)

    def _file(self, name: str, part: int) -> Path:
        return self.folder / f"{name}_{part}.bin"


def _keys(rows: Rows) -> Ints1d:
    """Return one number a pair, the same for either order: positions are below 2^31."""
    low = np.minimum(rows["left"], rows["right"]).astype(np.int64)
    return np.asarray((low << 31) | np.maximum(rows["left"], rows["right"]), dtype=np.int64)


def _absent(keys: Ints1d, before: Ints1d) -> Bools1d:
    return np.asarray(~np.isin(keys, before), dtype=np.bool_)
