"""A file is written whole: nobody ever sees half of it."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from indexing.errors import InputError


def refuse_folder(path: Path) -> None:
    """Raise InputError when a file cannot have this name, because a folder has it, a file is among its folders, or nothing can be written there."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder: name a file")
    above = next(parent for parent in path.absolute().parents if parent.exists())
    if not above.is_dir():
        raise InputError(f"{path}: {above} is a file: name another folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"{path}: nothing can be written into {above}: name another folder")


def refuse_input(option: str, path: Path, read: Iterable[Path | None]) -> None:
    """Raise InputError when an option's file is one of those that are `read`, which would be lost."""
    if path.resolve() in {file.resolve() for file in read if file is not None}:
        raise InputError(f"{option} {path}: is read too, and would be lost: name another file")


@contextmanager
def writing_file(path: Path) -> Iterator[Path]:
    """Yield a name to write under, `path`.partial, which becomes `path` when the block ends without an error.

    After an error nothing of `path` has changed and the unfinished file is removed. Folders on the way are made.
    """
    refuse_folder(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".partial")
    try:
        yield unfinished
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
