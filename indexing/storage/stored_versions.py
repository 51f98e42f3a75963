"""Versions of an artefact lie in a store: files by their digests, each made once, and a manifest a version, which comes last.

A reader takes the latest manifest, so that it sees the old version or the new one. A later version shares with the earlier
ones the files that did not change.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.storage.artefact import (
    MANIFEST,
    SCHEMA_VERSION,
    Manifest,
    read_manifest,
    write_json,
    writing,
)
from indexing.storage.stored.transfer import FILES, MIB, Fetching, Sending, named_files
from indexing.storage.stores import Store, open_store
from indexing.storage.versions import hold_version

VERSIONS = "versions"
TRIED = "create-only"  # an object that is made to see whether a second one of its name is refused


@dataclass(frozen=True)
class Copied:
    """It says which version was copied, and how many files and bytes were moved for it; the others were there. `number` is
    its own in the store; `dropped` older ones were removed."""

    manifest: Manifest
    number: int
    files: int
    moved_bytes: int
    dropped: int = 0

    def lines(self) -> Iterator[str]:
        """Yield what a user should hear of what was moved, a line at a time."""
        size = self.moved_bytes / MIB
        yield f"moved: {self.files:,} of {len(self.manifest.files):,} files, {size:,.1f} MiB; the others were there"
        if self.dropped:
            yield f"dropped: {self.dropped} older version{'' if self.dropped == 1 else 's'}"


def send_artefact(
    folder: Path, url: str, *, keep: int = 2, after: int | None = None, progress: Progress = silent
) -> Copied:
    """Copy an artefact's folder into a store as its newest version; the last `keep` versions stay there.

    A killed run is gone on with: files that arrived are not sent again. Where the newest version there is the same but for the time at
    which it was made, it stays the newest. Raises InputError for a folder that is none or
    damaged, a store of another kind of artefact, where another process wrote a version meanwhile, or where the newest is another
    one than that of the number `after` (0: none), from which the artefact was made.
    """
    if keep < 1:
        raise InputError(f"--keep {keep}: keep at least the version that is copied")
    hold, store = hold_version(folder), open_store(url)
    try:
        with hold.read() as place:
            manifest = read_manifest(place)
            numbers = _numbers(store)
            latest = _read_version(store, numbers[-1]) if numbers else None
            if latest is not None and latest.kind != manifest.kind:
                raise InputError(f"{url}: holds a {latest.kind}, {folder} is a {manifest.kind}: name another place")
            if latest is not None and latest.is_again(manifest):
                return Copied(latest, numbers[-1], 0, 0)
            if after is not None and after != (numbers[-1] if numbers else 0):
                raise _meanwhile(url, numbers[-1] if numbers else 0)
            sent = Sending(place, manifest, store, progress).run(_named(store, numbers))
    finally:
        hold.release()
    number = (numbers[-1] if numbers else 0) + 1
    if not store.create(_version_name(number), json.dumps(vars(manifest), ensure_ascii=False).encode()):
        raise _meanwhile(url, number)
    return Copied(manifest, number, *sent, dropped=_drop_older(store, [*numbers, number], keep))


def fetch_artefact(url: str, path: Path, *, wait: bool = False, progress: Progress = silent) -> Copied:
    """Copy the newest version in a store into a folder, where it takes the place of an earlier one of the same kind.

    Files that are there already, or came before a run was killed, are not fetched again; each one's digest is checked. With
    `wait` another process that writes the same folder is waited for. Raises InputError where there is one otherwise, the store
    holds no version, or a file of it is damaged.
    """
    store = open_store(url)
    numbers = _numbers(store)
    if not numbers:
        raise InputError(f"{url}: holds no artefact: heroic copy FOLDER {url}")
    manifest = _read_version(store, numbers[-1])
    before = _entries_at(path)
    if before is not None and before[0] == manifest:
        return Copied(manifest, numbers[-1], 0, 0)
    with writing(path, manifest.kind, keep=lambda _: True, wait=wait) as folder:
        before = _entries_at(path)  # who was waited for may have fetched it
        fetched = Fetching(store, manifest, path, {} if before is None else before[1], progress).into(folder)
        write_json(folder / MANIFEST, vars(manifest))
    return Copied(manifest, numbers[-1], *fetched)


def newest_version(store: Store) -> tuple[int, Manifest | None]:
    """Return the number and the manifest of the newest version in a store; 0 and None where there is none."""
    numbers = _numbers(store)
    return (numbers[-1], _read_version(store, numbers[-1])) if numbers else (0, None)


def versions_in(store: Store) -> dict[int, Manifest]:
    """Return the manifests of all versions in a store, by number. Raises InputError where one cannot be read."""
    return {number: _read_version(store, number) for number in _numbers(store)}


def refuse_unconditional(store: Store) -> None:
    """Raise InputError, before work for a store, where nothing can be written into it, or where it makes a second object of one name:
    of two writers the second would not be refused."""
    if not store.create(TRIED, b""):
        return  # one that was left says the same
    refused = not store.create(TRIED, b"")
    with suppress(InputError):  # not every key may remove: it stays, and is asked again
        store.remove([TRIED])
    if not refused:
        raise InputError(
            f"{store.url}: this store makes an object where there is one of its name already (it does not keep If-None-Match), so that "
            "two writers could lose a version: write into a folder, and see to it that one process at a time copies it there"
        )


def _meanwhile(url: str, number: int) -> InputError:
    what = f"wrote version {number}" if number else "removed what was there"
    return InputError(f"{url}: another process {what} meanwhile: run it again")


def _numbers(store: Store) -> list[int]:
    """Return the numbers of the versions in a store, the latest last."""
    stems = (name.removesuffix(".json") for name in store.names(VERSIONS))
    return sorted(int(stem) for stem in stems if stem.isdecimal())


def _version_name(number: int) -> str:
    return f"{VERSIONS}/{number:08d}.json"


def _read_version(store: Store, number: int) -> Manifest:
    where, content = f"{store.url}/{_version_name(number)}", store.read(_version_name(number))
    try:
        raw = json.loads(content)
        version = raw["schema_version"]
        manifest = Manifest(**raw) if version == SCHEMA_VERSION else None
        for name, entry in ({} if manifest is None else manifest.files).items():
            _refuse_outside(name, entry)
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{where}: cannot be read ({error}): copy the artefact there again") from error
    if manifest is None:
        raise InputError(f"{where}: has schema version {version}, this heroic reads {SCHEMA_VERSION}")
    return manifest


def _refuse_outside(name: str, entry: Mapping[str, Any]) -> None:
    """Raise ValueError for a name that leads out of the folder, and what is no digest or no size."""
    parts, size = Path(name).parts, entry["bytes"]
    outside = Path(name).is_absolute() or ".." in parts or not parts or "\0" in name
    if outside or not str(entry["sha256"]).isalnum() or type(size) is not int or size < 0:
        raise ValueError(f"{name!r} is no file of an artefact")


def _named(store: Store, numbers: list[int]) -> set[str]:
    """Return the objects that versions name; one that cannot be read is known to name none."""
    named: set[str] = set()
    for number in numbers:
        with suppress(InputError):
            named.update(named_files(_read_version(store, number)))
    return named


def _drop_older(store: Store, numbers: list[int], keep: int) -> int:
    """Remove versions before the last `keep`, and the files that none of those needs; return how many versions."""
    older = numbers[:-keep]
    if not older:
        return 0
    needed = {key for number in numbers[-keep:] for key in named_files(_read_version(store, number))}
    files = {key for number in older for key in named_files(_read_version(store, number))}
    store.remove([_version_name(number) for number in older])
    there = store.names(FILES)
    store.remove(sorted(name for name in files - needed if name.removeprefix(f"{FILES}/") in there))
    return len(older)


def _entries_at(path: Path) -> tuple[Manifest, dict[str, str]] | None:
    """Return the manifest of the artefact at a path, and its files by digest; None where there is none that is whole."""
    try:
        manifest = read_manifest(path)
    except InputError:
        return None
    return manifest, {str(entry["sha256"]): name for name, entry in manifest.files.items()}
