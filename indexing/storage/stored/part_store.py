"""Parts are objects in a store such as s3://team/scores: each is put once, by whoever is first, and read from a copy here."""

import io
import json
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, BinaryIO

from indexing.storage.stores import Store, open_store

BEGUN = "begun"
RUN_MARK = ".run-"  # between the name of a part, or of the work that parts are for, and that of a run
MOST_COPIED = 1 << 30  # bytes of copies in a process
MOST_FILES = 64  # copies in a process, each of which is an open file; what is mapped of one is another


@dataclass(frozen=True)
class PartStore:
    """It keeps parts below a URL, each by the name of the `run` that has them made; what earlier runs had made when this one began is
    its own too. Who finds, when it has put one, that the work is over, takes it away again."""

    url: str
    run: str = ""

    def make(self) -> None:
        """Say that the run has begun, and that others are over; what one that was cut short left is taken over."""
        names = sorted(self._store.names(""))
        _taken_over.pop((self.url, self.run), None)  # of work that was done, where this process does it once more
        self._store.create(self._own(BEGUN), json.dumps(self._left(names)).encode())
        self._store.remove([name for name in names if _part_of(name) == BEGUN and name != self._own(BEGUN)])

    def has(self, name: str) -> bool:
        return name in self._taken() or self._store.has(self._own(name))

    def put(self, name: str, write: Callable[[BinaryIO], None]) -> None:
        content = io.BytesIO()
        write(content)
        own = self._own(name)
        created = self._store.create(own, content.getvalue())
        if created and not self._store.has(self._own(BEGUN)):
            # where a run has begun, it may have taken the part over
            if not any(_part_of(there) == BEGUN for there in self._store.names("")):
                self._store.remove([own])
            raise FileNotFoundError(f"{self.url}/{own}: the work that it is for is over")

    def local(self, name: str) -> Path:
        """Return a copy of a part, to be opened before another one is asked for. It has no name of its own, so that nothing of it is
        left when the process ends, however that is."""
        return _copies.of(self.url, self._taken().get(name, self._own(name)))

    def missing(self, names: Iterable[str]) -> list[str]:
        """Return those of these parts that are not there."""
        there, taken = self._store.names(""), self._taken()
        return [name for name in names if name not in taken and self._own(name) not in there]

    def clear(self) -> None:
        """Remove all parts, what says that the work goes on first."""
        names = self._store.names("")
        self._store.remove([name for name in names if _part_of(name) == BEGUN])
        self._store.remove([name for name in self._store.names("") if _part_of(name) != BEGUN])
        _copies.forget()

    def _left(self, names: list[str]) -> dict[str, str]:
        """Return what the run before had made or taken over, by the parts' names: what came late for earlier ones is none of it."""
        taken: dict[str, str] = {}
        for begun in (name for name in names if _part_of(name) == BEGUN and name != self._own(BEGUN)):
            taken |= json.loads(self._store.read(begun) or b"{}")
            run = begun.removeprefix(BEGUN)
            own = {_part_of(name): name for name in names if name.endswith(run) and _part_of(name) != BEGUN}
            taken = own | taken
        return taken

    def _own(self, name: str) -> str:
        return f"{name}{RUN_MARK}{self.run}" if self.run else name

    def _taken(self) -> Mapping[str, str]:
        """Return the objects of parts that earlier runs had made, by the parts' names."""
        if self.run and (self.url, self.run) not in _taken_over and self._store.has(self._own(BEGUN)):
            _taken_over[self.url, self.run] = json.loads(self._store.read(self._own(BEGUN)))
        return _taken_over.get((self.url, self.run), {})

    @property
    def _store(self) -> Store:
        return _opened(self.url)


_taken_over: dict[tuple[str, str], Mapping[str, str]] = {}  # by URL and run: it does not change once a run has begun


@cache
def _opened(url: str) -> Store:
    return open_store(url)


def _part_of(name: str) -> str:
    return name.partition(RUN_MARK)[0]


class _Copies:
    """They are the copies of this process, of which the oldest go where they are more than a few."""

    def __init__(self) -> None:
        self._files: OrderedDict[tuple[str, str], tuple[IO[bytes], int]] = OrderedDict()

    def of(self, url: str, name: str) -> Path:
        """Return a file with the content of an object, fetched unless it is there."""
        if (url, name) not in self._files:
            file = tempfile.TemporaryFile(prefix="heroic-")  # noqa: SIM115 it is closed when it is forgotten
            _opened(url).fetch(name, _path_of(file))
            self._files[url, name] = file, _path_of(file).stat().st_size
            while len(self._files) > 1 and self._too_many():
                self._files.popitem(last=False)[1][0].close()
        self._files.move_to_end((url, name))
        return _path_of(self._files[url, name][0])

    def _too_many(self) -> bool:
        return len(self._files) > MOST_FILES or sum(size for _, size in self._files.values()) > MOST_COPIED

    def forget(self) -> None:
        """Let all copies go; what maps one keeps it."""
        for file, _ in self._files.values():
            file.close()
        self._files.clear()


_copies = _Copies()


def _path_of(file: IO[bytes]) -> Path:
    return Path(f"/proc/self/fd/{file.fileno()}")
