"""Scores are a file, in whose place a newer one may come, or the newest file of a folder: which they are now, and what was before."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from indexing.errors import InputError
from indexing.storage.scratch import scratch_folder

SUFFIXES = (".parquet", ".csv")


@dataclass(frozen=True)
class ScoresFiles:
    """They are the scores to review and those of before, if any is told; `version` changes with the content of either."""

    scores: Path
    previous: Path | None
    version: str


def scores_files(place: Path, previous: Path | None) -> ScoresFiles:
    """Return which files are reviewed now: `place` itself or, of a folder, its newest file, with the newest but one as that of
    before unless `previous` is given. Raises InputError for a folder without scores, and OSError for what is not there."""
    found = [place]
    if place.is_dir():
        found = _newest_first(place)
        if not found:
            raise InputError(f"{place}: has no scores: put a .parquet file of heroic score into it")
    before = previous if previous is not None else found[1] if len(found) > 1 else None
    seen = [_seen(path) for path in (found[0], before) if path is not None]
    return ScoresFiles(found[0], before, hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:16])


class HeldFile:
    """It is an open file: what was in it can still be read when another one was put into its place."""

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, path.open("rb")

    def __enter__(self) -> "HeldFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    @property
    def replaced(self) -> bool:
        """Say whether another file is in its place."""
        own = os.fstat(self._file.fileno())
        try:
            now = os.stat(self._path)
        except OSError:
            return True
        return (own.st_dev, own.st_ino) != (now.st_dev, now.st_ino)

    @contextmanager
    def as_path(self) -> Iterator[Path | None]:
        """Yield a path that it can be read by, None where the system has none for open files, or it was not replaced."""
        handle = Path(f"/proc/self/fd/{self._file.fileno()}")
        if not self.replaced or not handle.exists():
            yield None
            return
        with scratch_folder() as folder:
            link = folder / f"before{self._path.suffix}"  # its format is told by the end of its name
            link.symlink_to(handle)
            yield link


def _newest_first(folder: Path) -> list[Path]:
    files = [path for path in folder.iterdir() if path.suffix in SUFFIXES and not path.name.startswith(".")]
    return sorted((path for path in files if path.is_file()), key=lambda path: (-path.stat().st_mtime_ns, path.name))


def _seen(path: Path) -> tuple[str, int, int, int, int]:
    about = os.stat(path)
    return path.name, about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns
