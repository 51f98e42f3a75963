"""Parts are files that tasks write: each once, under its name when it is whole, whoever writes it and how often."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from indexing.running.same_versions import own_versions
from indexing.running.tasks import Task
from indexing.storage.artefact import fingerprint_of
from indexing.storage.stored.output import stored_url
from indexing.storage.stored.part_store import RUN_MARK, PartStore
from indexing.storage.stores import open_store
from indexing.storage.whole_file import sync

UNFINISHED = ".tmp"
GONE = ".gone-"
PARTS = ".parts-"  # behind the name of what is made of them


class Parts(Protocol):
    """It keeps parts by name where every worker sees them."""

    def make(self) -> None:
        """Make room for them; what a run that was cut short left stays."""
        ...

    def has(self, name: str) -> bool:
        """Return whether a part is there, which then is whole."""
        ...

    def put(self, name: str, write: Callable[[BinaryIO], None]) -> None:
        """Keep what `write` writes: nobody sees half of it. A part that is there already is written again, alike."""
        ...

    def local(self, name: str) -> Path:
        """Return a file of this machine with the content of a part, to be read or mapped, never changed."""
        ...

    def missing(self, names: Iterable[str]) -> list[str]:
        """Return those of these parts that are not there."""
        ...

    def clear(self) -> None:
        """Remove all parts. A worker that still writes one fails, and does no harm."""
        ...


@dataclass(frozen=True)
class PartFolder:
    """It keeps parts in a folder that all machines share, which is named by the `work` that they are for, and by the `run` that has
    them made. Workers never make the folder: where it was removed, or another run has taken it over, their work is over, and what
    comes late finds no place."""

    work: Path
    run: str = ""

    @property
    def folder(self) -> Path:
        """Return where the parts are."""
        return self.work.with_name(f"{self.work.name}{RUN_MARK}{self.run}") if self.run else self.work

    def make(self) -> None:
        """Make the folder, or take over what a run that was cut short left: under a name that its workers do not know."""
        for before in sorted(self.work.parent.glob(f"{_escaped(self.work.name)}{RUN_MARK}*")):
            if before != self.folder and GONE not in before.name and not self.folder.exists():
                os.rename(before, self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def has(self, name: str) -> bool:
        return (self.folder / name).is_file()

    def put(self, name: str, write: Callable[[BinaryIO], None]) -> None:
        unfinished = self.folder / f"{name}.{uuid.uuid4().hex}{UNFINISHED}"
        try:
            with unfinished.open("xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, self.folder / name)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink()
            raise
        sync(self.folder)

    def local(self, name: str) -> Path:
        return self.folder / name

    def clear(self) -> None:
        """Move the folder away before it is emptied, so that no late writer finds it."""
        gone = self.folder.with_name(f"{self.folder.name}{GONE}{uuid.uuid4().hex}")
        with suppress(FileNotFoundError):
            os.rename(self.folder, gone)
            shutil.rmtree(gone, ignore_errors=True)

    def missing(self, names: Iterable[str]) -> list[str]:
        """Return those of these parts that are not there."""
        there = {file.name for file in self.folder.iterdir()}
        return [name for name in names if name not in there]


def tasks_ahead(parts: Parts, tasks: Sequence[Task], last: Callable[[int], str]) -> list[Task]:
    """Return the tasks that are still to be done: `last` names from a task's number the part that it writes last."""
    missing = set(parts.missing(last(task.number) for task in tasks))
    return [task for task in tasks if last(task.number) in missing]


def put_array(parts: Parts, name: str, array: npt.NDArray[np.generic]) -> None:
    """Keep an array as a part, in NumPy's format."""
    parts.put(name, lambda file: np.save(file, array, allow_pickle=False))


def put_text(parts: Parts, name: str, text: str) -> None:
    """Keep a text as a part, in UTF-8."""
    put_bytes(parts, name, text.encode())


def put_bytes(parts: Parts, name: str, content: bytes) -> None:
    """Keep a content as a part."""

    def write(file: BinaryIO) -> None:
        file.write(content)

    parts.put(name, write)


def read_array(parts: Parts, name: str) -> npt.NDArray[np.generic]:
    """Return an array that is kept as a part, mapped: only what is looked at is read. It is a plain one: each slice of a
    `memmap` asks again what it maps, which took an eighth of a join's time."""
    return np.asarray(np.load(parts.local(name), mmap_mode="r", allow_pickle=False))


def clear_leftovers(beside: Path) -> None:
    """Remove the parts of all work that was for `beside`, also of earlier runs with other options."""
    for folder in beside.parent.glob(f"{_escaped(beside.name)}{PARTS}*"):
        PartFolder(folder).clear()


def parts_beside(output: Path, fingerprint: str) -> Parts:
    """Return the parts of a run of a work beside the file that is made of them: in a folder, or in the store that the file is in."""
    url = stored_url(output)
    if url is None:
        return parts_for(output.absolute(), fingerprint)
    return PartStore(f"{url}{PARTS}{fingerprint_of(fingerprint, own_versions())}", _new_run())


def clear_beside(output: Path) -> None:
    """Remove the parts of all work that was for a file, also of earlier runs with other options."""
    url = stored_url(output)
    if url is None:
        clear_leftovers(output.absolute())
        return
    above, _, name = url.rpartition("/")
    for folder in open_store(above).folders(f"{name}{PARTS}"):
        PartStore(f"{above}/{folder}").clear()


def parts_for(beside: Path, fingerprint: str) -> PartFolder:
    """Return the folder of parts of a run of a work, by what it depends on, beside what is made of them. Parts that other versions
    have computed are none of it."""
    return PartFolder(
        beside.with_name(f"{beside.name}{PARTS}{fingerprint_of(fingerprint, own_versions())}"), _new_run()
    )


def _new_run() -> str:
    """Return the name of a run, of which each asks for parts of its own, also in one process: what machines still do for those before
    is none of it."""
    return uuid.uuid4().hex[:12]


def _escaped(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)
