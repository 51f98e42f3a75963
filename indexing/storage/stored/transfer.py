"""Files of an artefact lie in a store under their digests: each is sent where it is missing, and fetched and checked."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from indexing.errors import Damaged, InputError
from indexing.machine.progress import Progress
from indexing.storage.artefact import Manifest, link_or_copy
from indexing.storage.stores import Store

FILES = "files"  # the folder below a URL that they lie in
RELIED_DAYS = 1.0  # in which a file that no version names has come that is counted on: nobody removes it as early
ROUNDS = 4  # of sending what is missing, until nothing is
MIB = 1 << 20


def named_files(manifest: Manifest) -> dict[str, int]:
    """Return the objects that a version consists of, with their sizes in bytes."""
    return {_object_of(entry): entry["bytes"] for entry in manifest.files.values()}


def came_within(days: float, came: datetime | None, now: datetime | None) -> bool:
    """Return whether an object came so short a time ago; not where nobody knows."""
    return came is not None and now is not None and now - came <= timedelta(days=days)


@dataclass(frozen=True)
class Sending:
    """It brings the files of an artefact into a store."""

    place: Path
    manifest: Manifest
    store: Store
    progress: Progress

    def run(self, named: set[str]) -> tuple[int, int]:
        """Send what the store lacks; return how many files and bytes that was.

        Somebody may remove meanwhile what is not `named` by a version (see `stored.leftovers`): such a file is counted on where it came
        within RELIED_DAYS, else it is sent again, and so is what is gone at the end.
        """
        sent: dict[str, int] = {}
        for _ in range(ROUNDS):
            lacking = self._lacking(named, sent)
            if not lacking:
                break
            self._send(lacking)
            sent |= lacking
        return len(sent), sum(sent.values())

    def _lacking(self, named: set[str], sent: dict[str, int]) -> dict[str, int]:
        """Return the objects that are not there, and those that may not stay there, with their sizes."""
        there = {f"{FILES}/{name}": size for name, size in self.store.names(FILES).items()}
        wanted = named_files(self.manifest)
        lacking = {key: size for key, size in wanted.items() if there.get(key) != size}
        loose = [key for key in wanted if key not in lacking and key not in named and key not in sent]
        if loose and not (lacking or sent):  # by one that comes now the clock of the store is read
            lacking = {key: wanted[key] for key in sorted(loose, key=wanted.__getitem__)[:1]}
        elif loose and sent:
            now = self.store.came(next(reversed(sent)))
            lacking |= {key: wanted[key] for key in loose if not came_within(RELIED_DAYS, self.store.came(key), now)}
        return lacking

    def _send(self, sizes: Mapping[str, int]) -> None:
        entries = {_object_of(entry): (name, entry) for name, entry in self.manifest.files.items()}
        for key in _in_turn("send, MiB", sizes, self.progress):
            name, entry = entries[key]
            if _digest(self.place / name) != entry["sha256"]:
                raise Damaged(
                    f"{name}: is damaged: its content is not what the manifest says: make the {self.manifest.kind} again"
                )
            self.store.send(self.place / name, key)


@dataclass(frozen=True)
class Fetching:
    """It brings the files of a version into a folder."""

    store: Store
    manifest: Manifest
    path: Path
    known: Mapping[str, str]
    progress: Progress

    def into(self, folder: Path) -> tuple[int, int]:
        """Fetch what is neither there nor in the version before; return how many files and bytes that was."""
        wanted = self.manifest.files
        for left in [file for file in folder.rglob("*") if file.is_file()]:
            if str(left.relative_to(folder)) not in wanted:
                left.unlink()
        missing = {name: entry for name, entry in wanted.items() if not self._have(folder / name, entry)}
        sizes = {name: entry["bytes"] for name, entry in missing.items()}
        for name in _in_turn("fetch, MiB", sizes, self.progress):
            self._fetch(name, missing[name], folder / name)
        return len(sizes), sum(sizes.values())

    def _have(self, file: Path, entry: Mapping[str, Any]) -> bool:
        """Return whether a file is there: from a killed run, or linked from the version before."""
        if file.is_file():
            if file.stat().st_size == entry["bytes"] and _digest(file) == entry["sha256"]:
                return True
            file.unlink()
        same = self.known.get(str(entry["sha256"]))
        if same is None or _digest(self.path / same) != entry["sha256"]:
            return False
        file.parent.mkdir(parents=True, exist_ok=True)
        link_or_copy(self.path / same, file)
        return True

    def _fetch(self, name: str, entry: Mapping[str, Any], file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.store.fetch(_object_of(entry), file)
        if file.stat().st_size != entry["bytes"] or _digest(file) != entry["sha256"]:
            file.unlink()
            raise InputError(
                f"{self.store.url}: {name} is damaged there: its content is not what the manifest says: copy the "
                f"{self.manifest.kind} there again"
            )


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _object_of(entry: Mapping[str, Any]) -> str:
    digest = str(entry["sha256"])
    return f"{FILES}/{digest[:2]}/{digest}"


def _in_turn(stage: str, sizes: Mapping[str, int], progress: Progress) -> Iterator[str]:
    """Yield names of files, and tell after each how many MiB have moved: all of them when the last one has, and not before."""
    whole, done = max(-(-sum(sizes.values()) // MIB), 1), 0
    for left, (name, size) in zip(reversed(range(len(sizes))), sizes.items(), strict=True):
        yield name
        done += size
        progress(stage, min(done // MIB, whole - 1) if left else whole, whole)
