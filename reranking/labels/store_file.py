"""A label store is one SQLite file of events: what its tables are, and how it is known among files."""

from pathlib import Path

from indexing.storage.event_file import EventFile

SUFFIXES = (".db", ".sqlite", ".sqlite3")
HEADER = b"SQLite format 3\0"
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
LABELS = EventFile("label store", application=0x4852434C, version=1, tables=TABLES)  # "HRCL"


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
