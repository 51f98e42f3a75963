"""Rejects may be as many as cells: a log holds the last ones, and the files of a folder those before."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from indexing.catalog.rejects import HELD, HELD_CHARS, Reject, StoredRejects, write_rejects


class RejectLog:
    """A log takes rejects one after another and gives them in that order. `bad_rows` counts the rows of files that they
    stand in; what cannot be used of a picture stands in none."""

    def __init__(self, folder: Path) -> None:
        """Begin a log whose files are to lie in `folder`, which is made when there are any, in the place of what an
        interrupted run left there."""
        self._folder = folder
        self.bad_rows = 0
        self._rows: dict[str, bytearray] = {}  # by file, a bit for each row
        self._files: list[tuple[StoredRejects, int]] = []
        self._held: list[Reject] = []
        self._chars = 0
        shutil.rmtree(folder, ignore_errors=True)

    def append(self, reject: Reject) -> None:
        """Take one more."""
        self._mark(reject)
        self._held.append(reject)
        self._chars += len(reject.value)
        if len(self._held) >= HELD or self._chars >= HELD_CHARS:
            self._folder.mkdir(exist_ok=True)
            path = self._folder / f"{len(self._files):05d}.parquet"
            self._files.append((StoredRejects(path), write_rejects(self._held, path)))
            self._held, self._chars = [], 0

    def extend(self, rejects: Iterable[Reject]) -> None:
        """Take several more."""
        for reject in rejects:
            self.append(reject)

    def clear(self) -> None:
        """Let go of all of them, and of the files."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._files, self._held, self._chars = [], [], 0

    def __len__(self) -> int:
        return sum(count for _, count in self._files) + len(self._held)

    def __iter__(self) -> Iterator[Reject]:
        for file, _ in self._files:
            yield from file
        yield from self._held

    def _mark(self, reject: Reject) -> None:
        if reject.row < 0:
            return
        byte, bit = divmod(reject.row, 8)
        rows = self._rows.setdefault(reject.file, bytearray())
        if byte >= len(rows):
            rows.extend(bytes(byte + 1))
        self.bad_rows += not rows[byte] >> bit & 1
        rows[byte] |= 1 << bit
