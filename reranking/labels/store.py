"""A label store keeps events in one SQLite file: verdicts, and undos that take one back. Nothing is ever changed or removed.

Several processes may write; each answer is a transaction of its own, on disk before the next question is asked.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from indexing.errors import InputError
from indexing.storage.event_file import BUSY_S, ID_NAMES, OpenEvents
from reranking.labels.label import Id, Label, PairVerdict, Purpose, Question, named
from reranking.labels.store_file import LABELS

INSERT = """INSERT INTO events (at, reviewer, purpose, left_id, right_id, verdict, why, probability, draw, stratum,
index_fingerprint, model_fingerprint, shown) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
COLUMNS = """seq, left_id, right_id, verdict, reviewer, purpose, why, probability, draw, stratum, index_fingerprint,
model_fingerprint, shown"""
NOT_UNDONE = "undoes IS NULL AND NOT EXISTS (SELECT 1 FROM events AS undo WHERE undo.undoes = events.seq)"


@dataclass(frozen=True)
class Kept:
    """It is a label with the number of its event: later ones have larger numbers."""

    seq: int
    label: Label


@dataclass(frozen=True)
class Note:
    """It is a text that a program left in the store, such as the design of a sample."""

    seq: int
    kind: str
    content: str


class LabelStore(OpenEvents):
    """It is an open store of labels."""

    kind = LABELS

    def __init__(self, path: Path, connection: sqlite3.Connection, busy_s: float) -> None:
        super().__init__(path, connection, busy_s)
        self._recorded: list[int] = []  # numbers of the events since it was opened that are its own
        self._opened_at = self._last()

    def record(self, answer: Label) -> int:
        """Keep an answer and return its number; it is on disk when this returns."""
        return self.record_all([answer])[0]

    def record_all(self, answers: Iterable[Label]) -> list[int]:
        """Keep answers, all of them or, after an error, none. Raises InputError for ids of another type than the store's."""
        with self._writing():
            numbers = self._insert(answers)
        self._recorded += numbers
        return numbers

    def record_new(self, answers: Iterable[Label]) -> int:
        """Keep those answers that their reviewer has not given already, and return how many these are."""
        with self._writing():
            given = {_pair_key(kept.label): kept.label.verdict for kept in self._standing()}
            fresh = {}
            for answer in answers:
                key = _pair_key(answer)
                if given.get(key) != answer.verdict:
                    fresh[key] = answer
            numbers = self._insert(fresh.values())
        self._recorded += numbers
        return len(numbers)

    def undo(self, reviewer: str, purpose: Purpose = Purpose.LEARNING, *, draw: int | None = None) -> Label | None:
        """Take back the last answer of a reviewer, in one sample where `draw` names it, that is not taken back, and return it;
        None where there is none.

        What they had said of the pair before counts again. What somebody else records under the same name while this store is open
        is not taken back by it.
        """
        name = named(reviewer)
        with self._writing():
            row = self._connection.execute(
                f"SELECT {COLUMNS} FROM events WHERE reviewer = ? AND purpose = ? AND (? IS NULL OR draw = ?) AND {NOT_UNDONE} "
                "AND (seq <= ? OR seq IN (SELECT value FROM json_each(?))) ORDER BY seq DESC LIMIT 1",
                (name, purpose.value, draw, draw, self._opened_at, json.dumps(self._recorded)),
            ).fetchone()
            if row is None:
                return None
            self._connection.execute(
                "INSERT INTO events (at, reviewer, purpose, undoes) VALUES (?, ?, ?, ?)",
                (now_told(), name, purpose.value, row[0]),
            )
            return _kept(row).label

    def standing(self) -> list[Kept]:
        """Return the answers that count, by falling age: of each reviewer, pair, purpose and draw the newest that is not undone."""
        with self._telling():
            return self._standing()

    def count_events(self) -> int:
        """Return how many events there are, undos and answers that no longer count among them."""
        with self._telling():
            return int(self._connection.execute("SELECT count(*) FROM events").fetchone()[0])

    def add_note(self, kind: str, content: str) -> int:
        """Keep a text and return its number, that of before where it is kept already."""
        with self._writing():
            known = self._connection.execute(
                "SELECT seq FROM notes WHERE kind = ? AND content = ?", (kind, content)
            ).fetchone()
            if known is not None:
                return int(known[0])
            done = self._connection.execute(
                "INSERT INTO notes (at, kind, content) VALUES (?, ?, ?)", (now_told(), kind, content)
            )
            return int(done.lastrowid or 0)

    def notes(self, kind: str, *, after: int = 0, since: datetime | None = None) -> list[Note]:
        """Return the texts of a kind, the oldest first: only those of a number above `after`, kept at a time in UTC or later."""
        earliest = "" if since is None else _told(since)
        with self._telling():
            rows = self._connection.execute(
                "SELECT seq, kind, content FROM notes WHERE kind = ? AND seq > ? AND at >= ? ORDER BY seq",
                (kind, after, earliest),
            )
            return [Note(*row) for row in rows]

    def _insert(self, answers: Iterable[Label]) -> list[int]:
        known, now, numbers = self._id_type(), now_told(), []
        for answer in answers:
            if answer.question.purpose == Purpose.REVIEW:
                raise InputError(f"{self.path}: a review is kept with the score that was seen, not among labels")
            own = "integer" if isinstance(answer.left, int) else "text"
            if known not in (None, own):
                raise InputError(
                    f"{self.path}: its ids are {ID_NAMES[known or own]}, {answer.left!r} is not: label each catalogue in a store "
                    "of its own"
                )
            known = own
            done = self._connection.execute(INSERT, (now, *_row(answer)))
            numbers.append(int(done.lastrowid or 0))
        return numbers

    def _last(self) -> int:
        """Return the number of the last event, 0 where there is none."""
        with self._telling():
            return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0])

    def _id_type(self) -> str | None:
        row = self._connection.execute("SELECT typeof(left_id) FROM events WHERE undoes IS NULL LIMIT 1").fetchone()
        return None if row is None else str(row[0])

    def _standing(self) -> list[Kept]:
        return [_kept(row) for row in self._connection.execute(f"SELECT {COLUMNS} FROM standing ORDER BY seq")]


def open_store(path: Path, *, create: bool = False, busy_s: float = BUSY_S) -> LabelStore:
    """Open a store; with `create` it is made where there is none. `busy_s` is how long another writer is waited for.

    Raises InputError when it is missing, no label store, damaged, locked, or of a newer schema.
    """
    return LabelStore(Path(path), LABELS.connect(Path(path), create=create, busy_s=busy_s), busy_s)


def now_told() -> str:
    """Return the time in UTC, as the store tells it."""
    return _told(datetime.now(UTC))


def _told(time: datetime) -> str:
    """Return a time in UTC as the store tells it, so that texts are ordered as times are."""
    return time.isoformat(timespec="microseconds")


def _pair_key(answer: Label) -> tuple[Id, Id, str, Purpose]:
    return answer.left, answer.right, answer.reviewer, answer.question.purpose


def _row(answer: Label) -> tuple[Any, ...]:
    asked = answer.question
    return (
        answer.reviewer,
        asked.purpose.value,
        answer.left,
        answer.right,
        answer.verdict.value,
        asked.why or None,
        asked.probability,
        asked.draw,
        asked.stratum,
        asked.index_fingerprint,
        asked.model_fingerprint,
        asked.shown,
    )


def _kept(row: tuple[Any, ...]) -> Kept:
    seq, left, right, verdict, reviewer, purpose, why, *asked = row
    return Kept(seq, Label(left, right, PairVerdict(verdict), reviewer, Question(Purpose(purpose), why or "", *asked)))
