"""A label store is one SQLite file: what its tables are, how it is made, and how it is opened and checked."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from indexing.errors import InputError
from indexing.storage.whole_file import refuse_folder

APPLICATION = 0x4852434C  # "HRCL": which program's file it is, in SQLite's own header
SCHEMA_VERSION = 1
BUSY_S = 10.0
HEADER = b"SQLite format 3\0"
SUFFIXES = (".db", ".sqlite", ".sqlite3")
TABLES = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    reviewer TEXT NOT NULL CHECK (trim(reviewer) <> ''),
    purpose TEXT NOT NULL CHECK (purpose IN ('learning', 'audit')),
    undoes INTEGER UNIQUE REFERENCES events (seq),
    left_id,
    right_id,
    verdict TEXT CHECK (verdict IN ('match', 'no match', 'unsure')),
    why TEXT,
    probability REAL,
    draw INTEGER REFERENCES notes (seq),
    stratum INTEGER,
    index_fingerprint TEXT,
    model_fingerprint TEXT,
    shown TEXT,
    CHECK ((undoes IS NULL) = (verdict IS NOT NULL)),
    CHECK (verdict IS NULL OR (left_id < right_id AND typeof(left_id) = typeof(right_id)))
);
CREATE TABLE notes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    content TEXT NOT NULL
);
CREATE INDEX verdicts_by_pair ON events (left_id, right_id, reviewer, purpose, seq);
CREATE VIEW standing AS
    SELECT max(seq) AS seq, at, reviewer, purpose, left_id, right_id, verdict, why, probability, draw, stratum,
           index_fingerprint, model_fingerprint, shown
    FROM events AS event
    WHERE undoes IS NULL AND NOT EXISTS (SELECT 1 FROM events AS undo WHERE undo.undoes = event.seq)
    GROUP BY left_id, right_id, reviewer, purpose, draw;
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are only added'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are only added'); END;
CREATE TRIGGER notes_stay BEFORE UPDATE ON notes BEGIN SELECT RAISE(ABORT, 'notes are only added'); END;
CREATE TRIGGER notes_remain BEFORE DELETE ON notes BEGIN SELECT RAISE(ABORT, 'notes are only added'); END;
"""


def is_store(path: Path) -> bool:
    """Say whether a file is, or by its name is meant to be, a label store."""
    path = Path(path)
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(HEADER)) == HEADER
    except OSError:
        return False


def connect(path: Path, *, create: bool, busy_s: float = BUSY_S) -> sqlite3.Connection:
    """Connect to a store; with `create` it is made where there is none.

    Raises InputError when it is missing, no label store, damaged, locked, or of a newer schema; nothing of it changes then.
    """
    path = Path(path)
    if create and not path.exists():
        _make(path)
    if not path.is_file():
        raise InputError(f"{path}: {'is a folder' if path.is_dir() else 'no such file'}: a label store is needed")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: is empty, which a label store never is: it was cut off; take a copy that is whole")
    with telling(path, busy_s):
        connection = sqlite3.connect(_uri(path), uri=True, timeout=busy_s, isolation_level=None)
        try:
            _check(connection, path)
            connection.execute("PRAGMA synchronous = FULL")  # an answer that is taken survives a power cut
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def telling(path: Path, busy_s: float = BUSY_S) -> Iterator[None]:
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
            raise _damaged(path, str(error)) from error
        if isinstance(error, sqlite3.OperationalError):
            raise InputError(f"{path}: cannot be read or written ({error})") from error
        raise


def _make(path: Path) -> None:
    """Make an empty store under another name and give it its own, unless another process was faster."""
    refuse_folder(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with telling(path):
            connection = sqlite3.connect(unfinished, isolation_level=None)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(
                    f"BEGIN; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {SCHEMA_VERSION}; {TABLES} COMMIT;"
                )
            finally:
                connection.close()
        with suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _uri(path: Path) -> str:
    """Return how SQLite is told of a file: one that nobody may write, and nobody is writing, is read as it is."""
    wal = path.with_name(path.name + "-wal")
    fixed = not (os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK)) and not wal.exists()
    return f"{path.absolute().as_uri()}?{'immutable=1' if fixed else 'mode=rw'}"


def _check(connection: sqlite3.Connection, path: Path) -> None:
    version = _pragma(connection, "user_version")
    if _pragma(connection, "application_id") != APPLICATION:
        raise InputError(f"{path}: is a database, but no label store of heroic: name another file")
    if version != SCHEMA_VERSION:
        raise InputError(
            f"{path}: has schema version {version}, this heroic reads {SCHEMA_VERSION}: use a heroic of that version"
        )
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _damaged(path, str(found))


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _damaged(path: Path, said: str) -> InputError:
    said = " ".join(said.split())
    return InputError(
        f"{path}: is damaged or no label store ({said}): take a copy that is whole; this one was left as it is"
    )
