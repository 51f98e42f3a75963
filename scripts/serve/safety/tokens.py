"""TokenFile let programs and members of a team in; the file keeps names, roles and digests, from which no token can be made."""

import fcntl
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from pathlib import Path
from threading import Lock

from indexing.errors import InputError
from indexing.storage.outputs import output, parents
from indexing.storage.whole_file import refuse_folder, writing_file

TOKEN_BYTES = 32
REMEDY = "'heroic serve-token FILE NAME' writes one"


class Role(IntEnum):
    """It says what somebody may do; a higher one may all that the lower ones may."""

    READ = 1
    LABEL = 2
    ADMIN = 3


@dataclass(frozen=True)
class Visitor:
    """It is somebody who was let in."""

    name: str
    role: Role


@dataclass(frozen=True)
class TokenRecord:
    """It is what is kept of a token: whose it is, what it allows, its sha256, and when it ends (ISO 8601)."""

    name: str
    role: str
    sha256: str
    expires: str

    def __post_init__(self) -> None:
        if not all(isinstance(value, str) and value.strip() for value in vars(self).values()):
            raise InputError("name, role, sha256 and expires are texts")
        if self.role.upper() not in Role.__members__:
            raise InputError(f"role {self.role!r}: choose from read, label, admin")
        if datetime.fromisoformat(self.expires).tzinfo is None:
            raise InputError(f"expires {self.expires!r}: name the time zone, such as +00:00")

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.name, Role[self.role.upper()])

    @property
    def ended(self) -> bool:
        return datetime.now(UTC) >= datetime.fromisoformat(self.expires)


def digest(token: str) -> str:
    """Return the sha256 of a token. It needs no salt and no slow hash: a token is 256 bits of chance, not a password."""
    return hashlib.sha256(token.encode()).hexdigest()


def read_tokens(path: Path) -> list[TokenRecord]:
    """Return the records of a file. Raises InputError for one that is missing, no such file, or writable by others."""
    try:
        _refuse_open(path)
        raw = json.loads(path.read_text(encoding="utf-8"))
        return [TokenRecord(**entry) for entry in raw["tokens"]]
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file of tokens: {REMEDY}") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        if str(path) in str(error) and isinstance(error, InputError):
            raise
        raise InputError(f"{path}: is no file of tokens ({' '.join(str(error).split())}): {REMEDY}") from error


def _refuse_open(path: Path) -> None:
    """Raise InputError for a file that others than its owner may write, or put another one in the place of."""
    if os.stat(path).st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise InputError(f"{path}: others may write it, and so let themselves in: chmod go-w it")
    mode = os.stat(path.resolve().parent).st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:  # as /tmp has: each may replace their own files alone
        raise InputError(f"{path}: everybody may write into its folder, and so let themselves in: chmod o-w the folder")


def add_token(path: Path, name: str, role: Role, days: int) -> str:
    """Return a new token that a file then knows; it cannot be read again. Raises InputError for a name that has one."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    expires = (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds")
    with _alone(path):
        kept = read_tokens(path) if path.exists() else []
        if any(record.name == name for record in kept):
            raise InputError(f"{path}: {name!r} has a token: take that one back first (--revoke)")
        _write(path, [*kept, TokenRecord(name, role.name.lower(), digest(token), expires)])
    return token


def revoke_token(path: Path, name: str) -> None:
    """Take a token back: a running server refuses it from its next request on. Raises InputError for an unknown name."""
    read_tokens(path)  # where there is no such file, nothing is made
    with _alone(path):
        kept = read_tokens(path)
        left = [record for record in kept if record.name != name]
        if len(left) == len(kept):
            known = ", ".join(record.name for record in kept) or "nobody"
            raise InputError(f"{path}: nobody in it is named {name!r} (it has {known}): name one of them")
        _write(path, left)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time read and write a file: else one that adds a token brings back one that another takes.

    The lock beside it goes at the end, so that whoever waited for it has to see whether it is still the one that lies there.
    """
    refuse_folder(path)
    place = path.resolve()
    beside = place.with_name(f".{place.name}.lock")
    with output(path), parents(place):
        lock = _locked(beside)
        try:
            yield
        finally:
            beside.unlink()
            os.close(lock)


def _locked(beside: Path) -> int:
    """Return the descriptor of the lock file that lies there, locked; it is made where there is none."""
    while True:
        lock = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), os.stat(beside)):
                return lock
        os.close(lock)


def _write(path: Path, records: list[TokenRecord]) -> None:
    with writing_file(path) as file:
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_text(json.dumps({"tokens": [asdict(record) for record in records]}, indent=1), encoding="utf-8")


class TokenFile:
    """They are the tokens of a file as it is now: what the file no longer holds is no longer known."""

    def __init__(self, path: Path) -> None:
        """Raises InputError for a file that cannot be used."""
        self.path, self._lock = path, Lock()
        self._seen: tuple[int, int, int] | None = None
        self._records: dict[str, TokenRecord] = {}
        self._look()

    def find(self, sha256: str) -> Visitor | None:
        """Return who has the token with this digest, None for nobody, and where it has ended."""
        with self._lock:
            try:
                self._look()
            except InputError:
                return None  # a file that cannot be read lets nobody in
            record = self._records.get(sha256)
        return None if record is None or record.ended else record.visitor

    def _look(self) -> None:
        """Read the file again where it has changed."""
        try:
            found = os.stat(self.path)
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        except OSError:
            seen = None
        if seen is None or seen != self._seen:
            self._seen, self._records = None, {}
            self._records = {record.sha256: record for record in read_tokens(self.path)}
            self._seen = seen
