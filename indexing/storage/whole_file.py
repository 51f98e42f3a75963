"""A file is written whole: nobody ever sees half of it, and it is on the disk before it has its name."""

import fcntl
import hashlib
import os
import shutil
import socket
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from indexing.errors import InputError
from indexing.storage.outputs import output, parents, refuse_unwritable
from indexing.storage.scratch import scratch_folder
from indexing.storage.stores import url_of


def refuse_folder(path: Path) -> None:
    """Raise InputError when a file cannot have this name, because a folder has it, a file is among its folders, the name is
    too long, or nothing can be written there."""
    path = target_of(path)
    with output(path):
        if path.is_dir():
            raise InputError(f"{path}: is a folder: name a file")
    if is_device(path):
        if not os.access(path, os.W_OK):
            raise InputError(f"{path}: nothing can be written into it: name another file")
        return
    refuse_unwritable(path)


def refuse_input(option: str, path: Path, read: Iterable[Path | None]) -> None:
    """Raise InputError when an option's file is one of those that are `read`, which would be lost."""
    if path.resolve() in {file.resolve() for file in read if file is not None}:
        raise InputError(f"{option} {path}: is read too, and would be lost: name another file")


@contextmanager
def writing_file(path: Path) -> Iterator[Path]:
    """Yield a name to write under, `path`.partial, which becomes `path` when the block ends without an error.

    After an error nothing of `path` has changed and the unfinished file is removed. The folders on the way
    are made, and after an error removed. Of a link the target is replaced; a device or a pipe stays, and is written into
    at the end. Raises InputError where nothing can be written there or another process is writing the same file, and
    Unfinished where the disk is full.
    """
    refuse_folder(path)
    path = target_of(path)
    if is_device(path):
        with output(path), _poured_into(path) as unfinished:
            yield unfinished
        return
    unfinished = path.absolute().with_name(path.name + ".partial")  # Arrow takes `a:/b` for an address
    with output(path), parents(path), _alone(unfinished, path):
        try:
            yield unfinished
            sync(unfinished)
            os.replace(unfinished, path)
            sync(path.parent)
        finally:
            unfinished.unlink(missing_ok=True)


def target_of(path: Path) -> Path:
    """Return the file that a link leads to, and any other path as it is, a link to a device too: its place in /proc has no
    name. Raises InputError for links in a circle."""
    with output(path):
        if not path.is_symlink() or is_device(path):
            return path
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:
        raise InputError(f"{path}: is a link that leads nowhere: name a file") from error


def is_device(path: Path) -> bool:
    """Return whether a path is of a device, a pipe or a socket: what can be written into, but not replaced."""
    try:
        kind = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(kind) or stat.S_ISDIR(kind))


def sync(path: Path) -> None:
    """Bring a file's content, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def digest_of(path: Path) -> str:
    """Return the sha256 of a file's content."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def _poured_into(device: Path) -> Iterator[Path]:
    """Yield a file of its own, whose content goes into the device when the block ends without an error."""
    with scratch_folder() as folder:
        unfinished = folder / device.name
        yield unfinished
        with unfinished.open("rb") as content, device.open("wb", buffering=0) as target:
            shutil.copyfileobj(content, target)


@contextmanager
def _alone(unfinished: Path, path: Path) -> Iterator[None]:
    """Hold the unfinished file open and locked; the lock dies with its process. Raises InputError where it is held."""
    while True:
        handle = os.open(unfinished, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _lock(handle):
                raise InputError(f"{path}: another process is writing it: wait for it to end, or name another file")
            if not _is_at(handle, unfinished):
                continue  # who held it has ended meanwhile: the lock is on its finished file
            yield
            return
        finally:
            os.close(handle)


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Let nobody else work for a file or folder meanwhile, who would share what lies beside it until it is whole. The claim
    dies with its process. Raises InputError, which names the process that has it, or where nothing can be written; devices, places in stores and the root are nobody's."""
    if is_device(path) or url_of(path) is not None or not path.absolute().name:
        yield
        return
    refuse_unwritable(path if path.name else path.absolute())  # in the words of who writes it
    claim = path.absolute().with_name(f".{path.name}.claim")
    with parents(claim):
        with output(path):
            handle = _claim(claim, path)
        try:
            yield
        finally:
            claim.unlink(missing_ok=True)  # while held: nobody else's is removed
            os.close(handle)


def _claim(claim: Path, path: Path) -> int:
    """Return the handle of the locked file, which says who has it."""
    while True:
        handle = os.open(claim, os.O_RDWR | os.O_CREAT, 0o666)
        if not _lock(handle):
            told = os.read(handle, 200).decode(errors="replace") or "another process"
            os.close(handle)
            raise InputError(f"{path}: {told} is making it: wait for it to end, or name another --out")
        if _is_at(handle, claim):
            os.ftruncate(handle, 0)
            os.write(handle, f"process {os.getpid()} on {socket.gethostname()}".encode())
            return handle
        os.close(handle)  # who held it has ended meanwhile, and took the file away


def _lock(handle: int) -> bool:
    """Take the lock of an open file; return whether nobody else has it. Where there are no locks, nobody does."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except OSError:
        return False
