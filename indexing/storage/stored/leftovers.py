"""Leftovers are files in a store that no version of its artefact names: of commands that were killed, and of versions that went."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.storage.artefact import Manifest
from indexing.storage.stored.transfer import FILES, MIB, RELIED_DAYS, came_within, named_files
from indexing.storage.stored_versions import versions_in
from indexing.storage.stores import Store, open_store

KEPT_DAYS = 7.0  # by default
LEAST_DAYS = 2.0 * RELIED_DAYS  # so that a command which sends has as long for it as it counts on files
_OURS = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{62}")  # a file by its digest, below FILES


@dataclass(frozen=True)
class Amount:
    """It is so many `files`, of so many `bytes` together."""

    files: int
    bytes: int

    @classmethod
    def of(cls, files: Mapping[str, int]) -> "Amount":
        return cls(len(files), sum(files.values()))

    def __str__(self) -> str:
        return f"{self.files:,} file{'' if self.files == 1 else 's'}, {self.bytes / MIB:,.1f} MiB"


@dataclass(frozen=True)
class StoredPlace:
    """It says what lies in a store: the `versions` by number, the oldest first, and the files that none of them names, `unused`, those
    of them that came long ago in `old`; None where the store does not say when."""

    versions: dict[int, Manifest]
    unused: Amount
    old: Amount | None

    def files(self, number: int) -> Amount:
        """Return what a version consists of."""
        return Amount.of(named_files(self.versions[number]))

    def alone(self, number: int) -> Amount:
        """Return what no other version shares of one."""
        others = {key for other, manifest in self.versions.items() if other != number for key in named_files(manifest)}
        return Amount.of({key: size for key, size in named_files(self.versions[number]).items() if key not in others})


def look_into(url: str, *, older_than_days: float = KEPT_DAYS) -> StoredPlace:
    """Say what lies in a store, and, by this machine's clock, what of it `remove_leftovers` would remove. Raises InputError where a
    version cannot be read."""
    store = open_store(url)
    unused, versions = _unused(store)
    now, came = datetime.now().astimezone(), {key: store.came(key) for key in unused}
    old = {key: unused[key] for key in unused if came[key] and not came_within(older_than_days, came[key], now)}
    return StoredPlace(versions, Amount.of(unused), Amount.of(old) if any(came.values()) or not unused else None)


def remove_leftovers(url: str, *, older_than_days: float = KEPT_DAYS, progress: Progress = silent) -> Amount:
    """Remove what no version of a store names and came longer ago than so many days, by the store's own clock; return what that was.

    What another command is just sending stays, as long as it takes less time for that than there is between RELIED_DAYS and this age.
    Raises InputError for an age under LEAST_DAYS, where a version cannot be read, and where the store does not say when a file came.
    """
    if not older_than_days >= LEAST_DAYS:
        raise InputError(
            f"--older-than {older_than_days:g}: give {LEAST_DAYS:g} days or more: what another command is just sending must stay"
        )
    store = open_store(url)
    unused, _ = _unused(store)
    removed = _removing(store, unused, older_than_days, progress) if unused else ()
    return Amount.of({key: unused[key] for key in removed})


def _removing(store: Store, unused: dict[str, int], days: float, progress: Progress) -> Iterator[str]:
    """Remove old files, and yield their names; each is looked at just before: it may have been sent anew."""
    now = _clock(store)
    if now is None:
        raise InputError(f"{store.url}: this store does not say when a file came: nothing is removed")
    for done, key in enumerate(sorted(unused), 1):
        came = store.came(key)
        if came is not None and not came_within(days, came, now):  # else it is gone already, or too young
            store.remove([key])
            yield key
        progress("look at files", done, len(unused))


def _unused(store: Store) -> tuple[dict[str, int], dict[int, Manifest]]:
    """Return the files that no version names, with their sizes, and the versions, which are read last: a file that comes meanwhile is
    not listed, and a version that does so names what is too young to go."""
    there = {f"{FILES}/{name}": size for name, size in store.names(FILES).items() if _OURS.fullmatch(name)}
    versions = versions_in(store)
    named = {key for manifest in versions.values() for key in named_files(manifest)}
    return {key: size for key, size in there.items() if key not in named}, versions


def _clock(store: Store) -> datetime | None:
    """Return what time it is in a store: when an object came that is put there and taken away again."""
    name = f"clock-{uuid4().hex}"
    store.create(name, b"")
    try:
        return store.came(name)
    finally:
        with suppress(InputError):
            store.remove([name])
