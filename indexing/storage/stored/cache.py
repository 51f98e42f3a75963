"""What lies in stores is copied into a cache of this machine when it is read, and it is known from where."""

import hashlib
import os
from pathlib import Path

from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.storage.outputs import refuse_unwritable
from indexing.storage.stored_versions import Copied, fetch_artefact
from indexing.storage.stores import url_of

CACHE_VARIABLE = "HEROIC_CACHE"
ORIGIN = ".origin"  # beside what was copied into the cache


def fetched_to_cache(path: Path, *, progress: Progress = silent) -> Path:
    """Return a path as it is, or, where it is a URL, the folder in the cache that the store's newest version was copied to: by
    one process at a time, the others wait."""
    url = url_of(path)
    if url is None:
        return path
    fetch_newest(url, progress=progress)
    return cached_at(url)


def fetch_newest(url: str, *, progress: Progress = silent) -> Copied:
    """Copy the newest version at a URL into the cache; return which it is."""
    try:
        copied = fetch_artefact(url, cached_at(url), wait=True, progress=progress)
    except InputError:
        refuse_unwritable_cache(cached_at(url))  # not before: what is there already can be read all the same
        raise
    write_origin(url)
    return copied


def write_origin(url: str) -> None:
    """Write beside what lies in the cache of a URL from where it came, unless that is known."""
    folder = cached_at(url)
    if origin_of(folder) != url:  # else others who read it now would find it empty for a moment
        (folder.parent / ORIGIN).write_text(url, encoding="utf-8")


def origin_of(folder: Path) -> str | None:
    """Return the URL that a folder in the cache was copied from; None for any other folder."""
    try:
        url = (folder.absolute().parent / ORIGIN).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return url if cached_at(url).absolute() == folder.absolute() else None


def cached_at(url: str) -> Path:
    """Return the folder in the cache that what lies at a URL is copied to."""
    own = hashlib.sha256(url.encode()).hexdigest()[:16]
    return cache_folder() / own / (url.rstrip("/").rpartition("/")[2] or "artefact")


def refuse_unwritable_cache(folder: Path) -> None:
    """Raise InputError where nothing can be written into a folder of the cache, with what names another one."""
    try:
        refuse_unwritable(folder)
    except InputError as error:
        raise InputError(f"{error}, by {CACHE_VARIABLE}") from error


def cache_folder() -> Path:
    """Return the folder that what lies in stores is copied to: $HEROIC_CACHE, or one in the user's own cache. Raises InputError where
    nothing says where that is, as in a container whose user has no home."""
    asked = os.environ.get(CACHE_VARIABLE)
    if asked:
        return Path(asked)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "heroic"
    except RuntimeError as error:
        raise InputError(f"there is no home folder to keep a cache in: name a folder by {CACHE_VARIABLE}") from error
