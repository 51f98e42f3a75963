"""A file of events is one SQLite file that several processes add to and nobody changes: how it is made, opened and checked."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from indexing.errors import InputError
from indexing.storage.whole_file import refuse_folder

BUSY_S = 10.0
ID_NAMES = {"integer": "integers", "text": "text"}  # what SQLite calls types of ids, for people


@dataclass(frozen=True)
class EventFile:
    """It is a kind of such files: `name` says in errors what they are, `application` marks them in SQLite's own header, and
    `version` is that of the schema, `tables`."""

    name: str
    application: int
    version: int
    tables: str

    def connect(self, path: Path, *, create: bool, busy_s: float = BUSY_S) -> sqlite3.Connection:
        """Connect to a file; with `create` it is made where there is none.

        Raises InputError when it is missing, of another kind, damaged, locked, or of a newer schema; nothing of it changes then.
        """
        path = Path(path)
        if create and not path.exists():
            self._make(path)
        if not path.is_file():
            raise InputError(f"{path}: {'is a folder' if path.is_dir() else 'no such file'}: a {self.name} is needed")
        if path.stat().st_size == 0:
            raise InputError(
                f"{path}: is empty, which a {self.name} never is: it was cut off; take a copy that is whole"
            )
        with self.telling(path, busy_s):
            connection = sqlite3.connect(_uri(path), uri=True, timeout=busy_s, isolation_level=None)
            try:
                self._check(connection, path)
                connection.execute("PRAGMA synchronous = FULL")  # an answer that is taken survives a power cut
                connection.execute("PRAGMA foreign_keys = ON")
            except BaseException:
                connection.close()
                raise
        return connection

    @contextmanager
    def writing(self, connection: sqlite3.Connection, path: Path, busy_s: float) -> Iterator[None]:
        """Run a block as one transaction that no other writer comes between."""
        with self.telling(path, busy_s):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                connection.execute("COMMIT")
            except BaseException:
                roll_back(connection)
                raise

    @contextmanager
    def telling(self, path: Path, busy_s: float = BUSY_S) -> Iterator[None]:
        """Make one line of what SQLite says of a file that is busy, damaged, full or not to be written."""
        try:
            yield
        except sqlite3.IntegrityError:
            raise  # what is written here is checked before: a mistake of ours
        except sqlite3.DatabaseError as error:
            name = getattr(error, "sqlite_errorname", "")
            if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise InputError(
                    f"{path}: another process has locked it for {busy_s:g} s: try again when it ends"
                ) from error
            if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
                raise self._damaged(path, str(error)) from error
            if isinstance(error, sqlite3.OperationalError):
                raise InputError(f"{path}: cannot be read or written ({error})") from error
            raise

    def _make(self, path: Path) -> None:
        """Make an empty file under another name and give it its own, unless another process was faster."""
        refuse_folder(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.new")
        marks = f"PRAGMA application_id = {self.application}; PRAGMA user_version = {self.version};"
        try:
            with self.telling(path):
                connection = sqlite3.connect(unfinished, isolation_level=None)
                try:
                    connection.execute("PRAGMA journal_mode = WAL")
                    connection.executescript(f"BEGIN; {marks} {self.tables} COMMIT;")
                finally:
                    connection.close()
            with suppress(FileExistsError):
                os.link(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)

    def _check(self, connection: sqlite3.Connection, path: Path) -> None:
        version = _pragma(connection, "user_version")
        if _pragma(connection, "application_id") != self.application:
            raise InputError(f"{path}: is a database, but no {self.name} of heroic: name another file")
        if version != self.version:
            raise InputError(
                f"{path}: has schema version {version}, this heroic reads {self.version}: use a heroic of that version"
            )
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise self._damaged(path, str(found))

    def _damaged(self, path: Path, said: str) -> InputError:
        said = " ".join(said.split())
        return InputError(
            f"{path}: is damaged or no {self.name} ({said}): take a copy that is whole; this one was left as it is"
        )


class OpenEvents:
    """It is an open file of events of one `kind`; use it in a `with` block, which closes it. Errors are InputError, in one line that
    names the file."""

    kind: ClassVar[EventFile]

    def __init__(self, path: Path, connection: sqlite3.Connection, busy_s: float) -> None:
        self.path = path
        self._connection = connection
        self._busy_s = busy_s

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def _writing(self) -> AbstractContextManager[None]:
        """Run a block as one transaction that no other writer comes between."""
        return self.kind.writing(self._connection, self.path, self._busy_s)

    def _telling(self) -> AbstractContextManager[None]:
        return self.kind.telling(self.path, self._busy_s)


def which_file(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one in its place, None where there is none: what is written into a file that was moved
    away while it is open is in no file of that name."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def roll_back(connection: sqlite3.Connection) -> None:
    """End a transaction, unless SQLite ended it by itself, as on a full disk."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _uri(path: Path) -> str:
    """Return how SQLite is told of a file: one that nobody may write, and nobody is writing, is read as it is."""
    wal = path.with_name(path.name + "-wal")
    fixed = not (os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK)) and not wal.exists()
    return f"{path.absolute().as_uri()}?{'immutable=1' if fixed else 'mode=rw'}"


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
