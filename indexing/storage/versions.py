"""An artefact's folder has versions: a reader holds the one it opened, and a replaced one goes when nobody does.

A held folder is read through its open handle, so that whatever is renamed, all files come from the same version.
The hold is a shared lock on the folder, which dies with its process.
"""

import fcntl
import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from indexing.errors import InputError

ATTEMPTS = 100


@dataclass
class Hold:
    """A hold keeps a version of `folder` for as long as it lives; `place` is where the version's files are to be
    read."""

    folder: Path
    place: Path
    handle: int | None = None

    def release(self) -> None:
        """Let go of the version: files that are not open yet can no longer be read."""
        handle, self.handle = self.handle, None
        if handle is not None:
            os.close(handle)

    def __del__(self) -> None:
        with suppress(OSError, AttributeError):
            self.release()

    @contextmanager
    def read(self) -> Iterator[Path]:
        """Yield where to read from; what is found wrong there is said of the folder that the user named."""
        try:
            yield self.place
        except InputError as error:
            error.args = (str(error).replace(str(self.place), str(self.folder)), *error.args[1:])
            raise


def hold_version(folder: Path) -> Hold:
    """Hold what `folder` is now. Where the system has no such locks or handles, the folder is read by its name."""
    for _ in range(ATTEMPTS):
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            break  # it is not there: whoever reads it says so
        place = Path(f"/proc/{os.getpid()}/fd/{handle}")
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle), os.stat(folder)):
                return Hold(folder, place if place.is_dir() else folder, handle)
        except BlockingIOError:
            pass  # it was replaced and is being removed: the next try finds the new one
        except OSError:
            os.close(handle)
            break
        os.close(handle)
    return Hold(folder, folder)


def discard(version: Path, path: Path) -> None:
    """Remove a version that was replaced; while a reader holds it, it stays beside `path` as NAME.old-N."""
    try:
        handle = os.open(version, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return
    try:
        if _free(handle):
            shutil.rmtree(version, ignore_errors=True)  # while locked: nobody takes hold of it any more
        elif not version.name.startswith(f"{path.name}.old-"):
            number = next(n for n in count(1) if not path.with_name(f"{path.name}.old-{n}").exists())
            os.rename(version, path.with_name(f"{path.name}.old-{number}"))
    finally:
        os.close(handle)


def remove_retired(path: Path) -> None:
    """Remove the versions of `path` that stayed for a reader and are no longer held."""
    for name in glob.glob(f"{glob.escape(str(path))}.old-*"):
        discard(Path(name), path)


def _free(handle: int) -> bool:
    """Return whether nobody holds an open folder; nobody does where there are no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
