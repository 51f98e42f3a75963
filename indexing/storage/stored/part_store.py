"""Parts are objects in a store such as s3://team/scores: each is put once, by whoever is first, and read from a copy here."""

import io
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

from indexing.storage.stores import Store, open_store

BEGUN = "begun"


@dataclass(frozen=True)
class PartStore:
    """It keeps parts below a URL. Who finds, when it has put one, that the work is over, takes it away again."""

    url: str

    def make(self) -> None:
        """Say that the work has begun; what a run that was cut short left stays."""
        self._store.create(BEGUN, b"")

    def has(self, name: str) -> bool:
        return self._store.has(name)

    def put(self, name: str, write: Callable[[BinaryIO], None]) -> None:
        content = io.BytesIO()
        write(content)
        created = self._store.create(name, content.getvalue())
        if created and not self.has(BEGUN):
            self._store.remove([name])
            raise FileNotFoundError(f"{self.url}/{name}: the work that it is for is over")

    def local(self, name: str) -> Path:
        """Return a copy of a part, fetched once in each process."""
        file = _copies(self.url) / name
        if not file.exists():
            unfinished = file.with_name(f"{name}.part")
            self._store.fetch(name, unfinished)
            unfinished.rename(file)
        return file

    def missing(self, names: Iterable[str]) -> list[str]:
        """Return those of these parts that are not there."""
        there = self._store.names("")
        return [name for name in names if name not in there]

    def clear(self) -> None:
        """Remove all parts, what says that the work goes on first."""
        names = self._store.names("")
        self._store.remove([name for name in (BEGUN,) if name in names])
        self._store.remove([name for name in self._store.names("") if name != BEGUN])

    @property
    def _store(self) -> Store:
        return _opened(self.url)


@cache
def _opened(url: str) -> Store:
    return open_store(url)


_kept: dict[str, tempfile.TemporaryDirectory[str]] = {}  # goes away with the process


def _copies(url: str) -> Path:
    """Return the folder of this process with copies of what is at a URL; those of work before go away."""
    if url not in _kept:
        for folder in _kept.values():
            folder.cleanup()
        _kept.clear()
        _kept[url] = tempfile.TemporaryDirectory(prefix="heroic-")
    return Path(_kept[url].name)
