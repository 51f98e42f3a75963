"""An artefact is a folder with a manifest, which is written under another name and then renamed into place.

A reader sees the old folder or the new one, never a mixture. A killed writer leaves `NAME.partial`, which the
next run of the same work may use.
"""

import ctypes
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from indexing.errors import InputError, Unfinished
from indexing.machine.threads import thread_count
from indexing.storage.outputs import full_disk, output, parents, refuse_unwritable
from indexing.storage.stores import refuse_url
from indexing.storage.versions import discard, remove_retired
from indexing.storage.whole_file import digest_of, sync

MANIFEST = "manifest.json"
SCHEMA_VERSION = 1
AFRESH = ".updating"  # behind the name of an artefact: what is made of it, to take its place
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@dataclass(frozen=True)
class Manifest:
    """A manifest says what an artefact is and how it was made. `files` maps each file to its size in bytes and
    sha256."""

    kind: str
    made: dict[str, Any]
    fingerprint: str = ""
    schema_version: int = SCHEMA_VERSION
    heroic_version: str = ""
    created: str = ""
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.made, dict) or not isinstance(self.files, dict):
            raise InputError("'made' and 'files' are objects")
        if not all(isinstance(entry, dict) and "bytes" in entry for entry in self.files.values()):
            raise InputError("a file has no size")

    def is_again(self, other: "Manifest") -> bool:
        """Return whether the other one is of the same artefact, whenever each was made."""
        return replace(other, created=self.created) == self

    def digests(self, *folders: str) -> dict[str, str]:
        """Return the sha256 of each file in some of its folders, by name."""
        below = tuple(f"{folder}/" for folder in folders)
        return {name: entry.get("sha256", "") for name, entry in self.files.items() if name.startswith(below)}


def fingerprint_of(*parts: Any) -> str:
    """Return 16 hexadecimal digits that change when any part (JSON-able) does."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@contextmanager
def writing(
    path: Path, kind: str, *, afresh: bool = False, keep: Callable[[Path], bool] | None = None, wait: bool = False
) -> Iterator[Path]:
    """Yield a folder to write an artefact in; it takes the place of `path` when the block ends without an error.

    The caller ends by writing the manifest (`write_manifest`). After an error nothing of `path` has changed and
    `path`.partial is removed. Work that can be gone on with gives `keep`: then that stays for the next run after a kill, an
    interrupt, on a full disk, and where `keep` says that it holds work worth going on with. `afresh` writes under
    another name, for work over an artefact whose files it links: nobody else must write into them. Another process that
    writes the same artefact is waited for with `wait`. Raises InputError when there is one otherwise, `path` is something
    that Heroic did not make, or the system lets nothing be written there.
    """
    path = _real(Path(path), kind)
    refuse_artefact(path, kind)
    partial = path.absolute().with_name(path.name + (AFRESH if afresh else ".partial"))
    resumes = keep is not None and not afresh
    again = "then run the same command again: it goes on where it was" if resumes else "then run it again"
    with output(path, again), parents(path), locked(path, wait=wait):
        remove_retired(path)
        if not resumes:
            shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(exist_ok=True)
        try:
            yield partial
            read_manifest(partial, kind)  # a caller that forgot the manifest must not replace anything
            _replace(partial, path)
        except BaseException as error:
            unfinished = isinstance(error, KeyboardInterrupt | Unfinished) or full_disk(error) is not None
            if keep is None or afresh or not (unfinished or keep(partial)):
                shutil.rmtree(partial, ignore_errors=True)
            raise


def take_place(made: Path, path: Path) -> None:
    """Put an artefact that is whole in the place of `path`, of the same file system. A process that writes that is waited for; who reads
    what was there goes on with it."""
    with output(path), parents(path), locked(path, wait=True):
        remove_retired(path)
        _replace(made, path)


def remove_afresh(path: Path, kind: str) -> None:
    """Remove what a killed process was writing `afresh` over an artefact: nobody goes on with that."""
    path = _real(Path(path), kind)
    shutil.rmtree(path.absolute().with_name(path.name + AFRESH), ignore_errors=True)


def refuse_artefact(path: Path, kind: str) -> None:
    """Raise InputError where no artefact of this kind can be written, before work on it begins."""
    path = _real(Path(path), kind)
    refuse_unwritable(path)
    _refuse_foreign(path, kind)


def _real(path: Path, kind: str) -> Path:
    """Return the folder behind a link, which stays; raise InputError for one without a name of its own, and for a URL."""
    refuse_url(path, kind)
    if path.name in ("", ".."):
        raise InputError(f"{path}: is the folder you are in, or one above: name one of its own for the {kind}")
    try:
        with output(path):
            return path.resolve() if path.is_symlink() else path
    except RuntimeError as error:
        raise InputError(f"{path}: is a link that leads nowhere: name a folder") from error


def write_manifest(
    folder: Path, manifest: Manifest, *, known: Mapping[str, Mapping[str, Any]] | None = None
) -> Manifest:
    """Complete the manifest with version, date and the files' sizes and digests, and write it.

    Every file and folder that it names is brought to the disk first, then the manifest. `known` are entries of files that
    are links to those of another artefact: they are neither read nor synced again.
    """
    inside = sorted(folder.rglob("*"))
    names = [file for file in inside if file.is_file() and file.name != MANIFEST]

    def entry(file: Path) -> tuple[str, dict[str, Any]]:
        name = str(file.relative_to(folder))
        if known is not None and name in known:
            return name, dict(known[name])
        sync(file)
        return name, {"bytes": file.stat().st_size, "sha256": digest_of(file)}

    for part in (part for part in inside if part.is_dir()):
        sync(part)
    with ThreadPoolExecutor(thread_count()) as pool:
        files = dict(pool.map(entry, names))
    created = datetime.now(UTC).isoformat(timespec="seconds")
    full = Manifest(
        manifest.kind, manifest.made, manifest.fingerprint, SCHEMA_VERSION, heroic_version(), created, files
    )
    write_json(folder / MANIFEST, vars(full))
    return full


def read_manifest(folder: Path, kind: str | None = None) -> Manifest:
    """Return the manifest of an artefact of a kind (None: any kind) whose files all have their sizes.

    Raises InputError for a folder that is missing, no artefact, of another kind or schema version, or truncated.
    """
    folder = Path(folder)
    what = kind or "heroic artefact"
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder: an {what} is needed" if what[0] in "aeiou" else
                         f"{folder}: no such folder: a {what} is needed")  # fmt: skip
    try:
        raw = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        version = raw["schema_version"] if isinstance(raw, dict) and "schema_version" in raw else SCHEMA_VERSION
        manifest = Manifest(**raw) if version == SCHEMA_VERSION else None
    except FileNotFoundError as error:
        raise InputError(f"{folder}: has no {MANIFEST}: it is no {what}, or its making did not end") from error
    except (ValueError, TypeError) as error:
        raise InputError(f"{folder}/{MANIFEST}: cannot be read ({error}): make the {what} again") from error
    if manifest is None:
        raise InputError(f"{folder}: has schema version {version}, this heroic reads {SCHEMA_VERSION}: make it again")
    if kind is not None and manifest.kind != kind:
        raise InputError(f"{folder}: is a {manifest.kind}, a {kind} is needed")
    _check_sizes(folder, manifest)
    return manifest


def link_or_copy(source: str | Path, target: str | Path) -> None:
    """Give a file a second name where the file system can, else copy it. Such a file is never changed in place."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def damaged_files(folder: Path, manifest: Manifest) -> list[str]:
    """List the files whose content is not what the manifest says (reads them all)."""
    return [name for name, entry in manifest.files.items() if digest_of(Path(folder) / name) != entry["sha256"]]


def write_json(path: Path, content: Any) -> None:
    """Write JSON and sync it to disk."""
    with path.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())


def heroic_version() -> str:
    """Return the installed version for manifests, or `not installed`."""
    from importlib.metadata import PackageNotFoundError, version  # late: who reads an artefact does not ask

    try:
        return version("heroic")
    except PackageNotFoundError:
        return "not installed"


def _check_sizes(folder: Path, manifest: Manifest) -> None:
    for name, entry in manifest.files.items():
        file = folder / name
        if not file.is_file():
            raise InputError(f"{folder}: the file {name} is missing: make the {manifest.kind} again")
        if file.stat().st_size != entry["bytes"]:
            size = file.stat().st_size
            raise InputError(f"{file}: has {size} bytes, not {entry['bytes']}: make the {manifest.kind} again")


def _refuse_foreign(path: Path, kind: str) -> None:
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: is a file: name a folder for the {kind}")
    if not path.is_dir() or not any(path.iterdir()):
        return
    manifest = path / MANIFEST
    try:
        found = json.loads(manifest.read_text(encoding="utf-8"))["kind"] if manifest.exists() else "something else"
    except (ValueError, KeyError, TypeError):
        return  # a damaged artefact of ours may be replaced
    if found != kind:
        raise InputError(f"{path}: holds {found}, not a heroic {kind}: name another folder")


@contextmanager
def locked(path: Path, *, wait: bool = False, told: str | None = None) -> Iterator[None]:
    """Let one process at a time into the block for a path, by a file beside it; the others are refused, in words about what is
    `told` of, or wait."""
    import filelock  # late: who reads an artefact takes no lock

    file = path.with_name(path.name + ".lock")
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o644))  # its error says why, filelock would only wait
    lock = filelock.FileLock(file)
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except filelock.Timeout as error:
        raise InputError(f"{told or path}: another process is writing it: wait for it to end") from error
    try:
        yield
    finally:
        file.unlink(missing_ok=True)  # while held: nobody else's is removed
        lock.release()


def _replace(partial: Path, path: Path) -> None:
    """Put `partial` in the place of `path`; the old folder goes away afterwards."""
    sync(partial)
    if not path.exists():
        os.rename(partial, path)
    elif _exchange(partial, path):
        discard(partial, path)
    else:
        old = path.with_name(path.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        os.rename(path, old)
        os.rename(partial, path)
        discard(old, path)
    sync(path.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step (Linux renameat2); return False where the system cannot."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(other))
