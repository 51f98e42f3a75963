"""What the user names becomes a list of table files: files, folders, patterns, zips and URLs."""

import glob
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from urllib.parse import urlsplit

from indexing.errors import InputError
from indexing.files.content.sources import PACKED_SUFFIXES, zip_members
from indexing.files.tables import SUFFIXES
from indexing.storage.stores import WRITTEN, open_store, url_of

NAMED_ONLY = (".txt", ".yml")  # mostly something else: no tables of a folder, but when they are named


def list_tables(paths: Sequence[Path]) -> list[Path]:
    """List the files named, by name of a folder the table files in it, of a pattern the files that it finds, and of a
    zip the tables in it.

    Raises InputError when there are none.
    """
    found = [table for path in paths for table in _tables_of(Path(path))]
    if not found:
        raise InputError("no files: name a table (parquet, CSV, JSON, XML …), or a folder of them")
    return found


def _tables_of(path: Path) -> Iterator[Path]:
    url = url_of(path)
    if url is not None:
        yield from _in_store(path, url)
    elif path.is_dir():
        yield from _inside(path)
    elif path.exists() or not glob.has_magic(str(path)):
        yield from _members(path)
    else:
        found = sorted(glob.glob(str(path)))
        if not found:
            raise InputError(f"{path}: no file has such a name")
        for name in found:
            yield from _tables_of(Path(name))


def _in_store(path: Path, url: str) -> Iterator[Path]:
    """Yield the tables in a folder of a store, of a pattern those below its folder that it fits, and any other URL as it is."""
    if urlsplit(url).scheme not in WRITTEN:
        yield path
        return
    folder, _, pattern = url.rpartition("/") if glob.has_magic(url) else (url, "", "*")
    names = open_store(folder).names("")
    inside = sorted(name for name in names if "/" not in name and fnmatchcase(name, pattern))
    if pattern != "*" and not inside:
        raise InputError(f"{url}: no file has such a name")
    tables = [name for name in inside if pattern != "*" or _is_table(PurePath(name))]
    yield from (Path(f"{folder}/{name}") for name in tables) if tables else [path]


def _inside(folder: Path) -> Iterator[Path]:
    inside = sorted(path for path in folder.iterdir() if _is_table(path) and path.suffix.lower() not in NAMED_ONLY)
    if not inside:
        raise InputError(f"{folder}: the folder holds no file ending in {', '.join(sorted(SUFFIXES))}")
    for path in inside:
        yield from _members(path)


def _is_table(path: PurePath) -> bool:
    packed = path.suffix.lower() in PACKED_SUFFIXES
    suffix = (path.with_suffix("") if packed else path).suffix.lower()
    return suffix in SUFFIXES or path.suffix.lower() == ".zip"


def _members(path: Path) -> Iterator[Path]:
    """Yield a file, or of a zip the tables in it where there are several."""
    members = [name for name in zip_members(path) if _is_table(PurePath(name))] if path.suffix.lower() == ".zip" else []
    yield from [path / name for name in members] if len(members) > 1 else [path]
