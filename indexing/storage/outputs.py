"""What stands in the way of an output is said in one line: its path, the reason, and what to do."""

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from indexing.errors import InputError, Unfinished

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
REMEDIES = {
    errno.ENAMETOOLONG: "give a shorter name",
    errno.EROFS: "name a place that can be written",
    errno.EACCES: "name another place, or allow writing there",
    errno.EPERM: "name another place, or allow writing there",
    errno.EMFILE: "allow more open files (ulimit -n)",
    errno.ENFILE: "allow more open files",
    errno.ENOMEM: "make memory free, or give a smaller --memory",
}
ELSEWHERE = "name another place"
CUT_SHORT = " requested and "  # what NumPy says, without a number, where a file took less than it was given


@contextmanager
def output(path: Path, again: str = "then run it again") -> Iterator[None]:
    """Say of an error of the system in this block that `path` cannot be written; what names a file elsewhere passes.

    Raises Unfinished where the disk is full, with `again` for what to do once there is room; else InputError.
    """
    try:
        yield
    except OSError as error:
        told = refusal(path, error, again)
        if told is None:
            raise
        raise told from error


def refusal(path: Path, error: OSError, again: str = "then run it again") -> InputError | None:
    """Return what to say of an error met while `path` is written; None where the error is of something else."""
    full = full_disk(error)
    if full is not None:
        return Unfinished(f"{path}: the disk is full ({full}): make room, {again}")
    if error.errno in (None, errno.EPIPE) or not _is_of(path, error):
        return None
    return InputError(f"{path}: cannot be written ({os.strerror(error.errno)}): {REMEDIES.get(error.errno, ELSEWHERE)}")


def full_disk(error: BaseException) -> str | None:
    """Return how the system says that there is no room for a file; None where the error is another one."""
    if not isinstance(error, OSError):
        return None
    if error.errno in FULL:
        return os.strerror(error.errno)
    return os.strerror(errno.ENOSPC) if error.errno is None and CUT_SHORT in str(error) else None


def refuse_unwritable(path: Path) -> None:
    """Raise InputError where nothing of this name can be written, before work on it begins: a file is among its
    folders, its name is too long or an address elsewhere, or its folder takes nothing."""
    if re.match("[a-z][a-z0-9+.-]+:/", str(path)) and not Path(path.parts[0]).exists():
        raise InputError(f"{path}: is no place on this machine: name a local file or folder, and copy it from there")
    with output(path):
        with suppress(FileNotFoundError, NotADirectoryError):
            os.lstat(path.with_name(path.name + ".partial"))
        above = next(parent for parent in path.absolute().parents if parent.exists())
        if not above.is_dir():
            raise InputError(f"{path}: {above} is a file: name another folder")
    try:
        with tempfile.TemporaryFile(dir=above):
            pass
    except OSError as error:  # also where permissions would allow it, as in /proc
        reason = f"nothing can be written into {above} ({error.strerror})"
        raise InputError(f"{path}: {reason}: name another folder") from error


@contextmanager
def parents(path: Path) -> Iterator[None]:
    """Make the folders above `path`; after an error remove those that it made, unless they hold something."""
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for folder in made:
                if folder.exists():
                    folder.rmdir()
        raise


def _is_of(path: Path, error: OSError) -> bool:
    """Return whether an error is of the output, its unfinished form or what is in it, or of the folders above; one that
    names no file is."""
    if not isinstance(error.filename, str | bytes):
        return True
    named, place = Path(os.fsdecode(error.filename)).absolute(), path.absolute()
    if named in place.parents:
        return True
    beside = named.parts[len(place.parent.parts) :]
    return named.is_relative_to(place.parent) and beside[0].removeprefix(".").startswith(place.name.removeprefix("."))
