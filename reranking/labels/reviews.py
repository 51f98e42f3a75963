"""Reviews are verdicts of pairs whose score was seen: they lie in a table of their own of a label store, so that nothing takes them
for blind labels or an audit's.

Like its events they are only ever added, each on disk before the next pair is shown. A store has the table from its first
review on; programs that know of none pass it over.
"""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexing.errors import InputError
from indexing.storage.event_file import BUSY_S, ID_NAMES
from reranking.labels.label import Id, Label, PairVerdict, Purpose, Question, named
from reranking.labels.store import LabelStore, now_told
from reranking.labels.store_file import LABELS

WHY = "near a threshold"
NOTE_CHARS = 2_000
TABLE = """CREATE TABLE IF NOT EXISTS reviews (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    reviewer TEXT NOT NULL CHECK (trim(reviewer) <> ''),
    undoes INTEGER UNIQUE REFERENCES reviews (seq),
    left_id,
    right_id,
    verdict TEXT CHECK (verdict IN ('match', 'no match', 'unsure')),
    note TEXT,
    scores TEXT,
    score REAL,
    threshold REAL,
    index_fingerprint TEXT,
    model_fingerprint TEXT,
    shown TEXT,
    CHECK ((undoes IS NULL) = (verdict IS NOT NULL)),
    CHECK (verdict IS NULL OR (left_id < right_id AND typeof(left_id) = typeof(right_id)))
)"""
TRIGGERS = (
    "CREATE TRIGGER IF NOT EXISTS reviews_stay BEFORE UPDATE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews are only added'); END",
    "CREATE TRIGGER IF NOT EXISTS reviews_remain BEFORE DELETE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews are only added'); END",
)
INSERT = """INSERT INTO reviews (at, reviewer, left_id, right_id, verdict, note, scores, score, threshold, index_fingerprint,
model_fingerprint, shown) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
COLUMNS = """seq, at, reviewer, undoes, left_id, right_id, verdict, note, scores, score, threshold, index_fingerprint,
model_fingerprint, shown"""
NOT_UNDONE = "undoes IS NULL AND NOT EXISTS (SELECT 1 FROM reviews AS undo WHERE undo.undoes = reviews.seq)"


@dataclass(frozen=True)
class SeenScore:
    """It is what was seen when a pair was reviewed: its score in the file `scores`, and the threshold of its category, None where
    nothing is called a match."""

    scores: str
    score: float
    threshold: float | None


@dataclass(frozen=True)
class Review:
    """It is a verdict of a pair whose score was seen, with a note in the reviewer's words, empty for none."""

    label: Label
    seen: SeenScore
    note: str = ""

    def __post_init__(self) -> None:
        if self.label.question.purpose != Purpose.REVIEW:
            raise InputError(f"a review is a label for {Purpose.REVIEW}, not for {self.label.question.purpose}")
        if len(self.note) > NOTE_CHARS:
            raise InputError(f"the note has {len(self.note):,} characters: write at most {NOTE_CHARS:,}")


@dataclass(frozen=True)
class ReviewEvent:
    """It is a row of the table: a review, or the number of the one that its reviewer took back; `at` is when, in UTC."""

    seq: int
    at: str
    reviewer: str
    undoes: int | None
    review: Review | None


class ReviewStore(LabelStore):
    """It is an open label store that takes reviews as well; see `LabelStore`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, busy_s: float) -> None:
        super().__init__(path, connection, busy_s)
        self._reviewed: list[int] = []  # numbers of the reviews since it was opened that are its own
        self._reviews_at = self._newest_review()  # when it was opened

    def record_review(self, review: Review) -> int:
        """Keep a review and return its number; it is on disk when this returns. Raises InputError for ids of another type than
        the store's."""
        with self._writing():
            self._make_table()
            self._refuse_type(review.label.left)
            number = int(self._connection.execute(INSERT, (now_told(), *_row(review))).lastrowid or 0)
        self._reviewed.append(number)
        return number

    def last_review(self, reviewer: str) -> ReviewEvent | None:
        """Return the last review of a reviewer that is not taken back, None where there is none. What somebody else recorded
        under the same name while this store is open is none of these."""
        with self._telling():
            return self._last_review(named(reviewer)) if self._has_table() else None

    def undo_review(self, reviewer: str) -> Review | None:
        """Take back the last review of a reviewer that is not taken back, and return it; None where there is none.

        What they had said of the pair before counts again. It is the one that `last_review` returns.
        """
        name = named(reviewer)
        with self._writing():
            self._make_table()
            event = self._last_review(name)
            if event is None:
                return None
            self._connection.execute(
                "INSERT INTO reviews (at, reviewer, undoes) VALUES (?, ?, ?)", (now_told(), name, event.seq)
            )
            return event.review

    def review_events(self, *, after: int = 0) -> list[ReviewEvent]:
        """Return reviews and undos of a number above `after`, the oldest first."""
        with self._telling():
            if not self._has_table():
                return []
            rows = self._connection.execute(f"SELECT {COLUMNS} FROM reviews WHERE seq > ? ORDER BY seq", (after,))
            return [_event(row) for row in rows]

    def standing_reviews(self) -> list[Review]:
        """Return the reviews that count: of each reviewer and pair the newest that is not undone, by falling age."""
        events = self.review_events()
        undone = {event.undoes for event in events}
        newest: dict[tuple[Id, Id, str], Review] = {}
        for event in events:
            if event.review is not None and event.seq not in undone:
                label = event.review.label
                newest.pop((label.left, label.right, label.reviewer), None)
                newest[label.left, label.right, label.reviewer] = event.review
        return list(newest.values())

    def _newest_review(self) -> int:
        with self._telling():
            if not self._has_table():
                return 0
            return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM reviews").fetchone()[0])

    def _last_review(self, name: str) -> ReviewEvent | None:
        row = self._connection.execute(
            f"SELECT {COLUMNS} FROM reviews WHERE reviewer = ? AND {NOT_UNDONE} "
            "AND (seq <= ? OR seq IN (SELECT value FROM json_each(?))) ORDER BY seq DESC LIMIT 1",
            (name, self._reviews_at, json.dumps(self._reviewed)),
        ).fetchone()
        return None if row is None else _event(row)

    def _has_table(self) -> bool:
        named_so = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'reviews'"
        return self._connection.execute(named_so).fetchone() is not None

    def _make_table(self) -> None:
        for statement in (TABLE, *TRIGGERS):
            self._connection.execute(statement)

    def _refuse_type(self, own: Id) -> None:
        kind = "integer" if isinstance(own, int) else "text"
        known = [self._id_type()]
        known += (
            self._connection.execute("SELECT typeof(left_id) FROM reviews WHERE undoes IS NULL LIMIT 1").fetchone()
            or ()
        )
        for other in known:
            if other not in (None, kind):
                raise InputError(
                    f"{self.path}: its ids are {ID_NAMES[other]}, {own!r} is not: review each catalogue in a store of its own"
                )


def open_reviews(path: Path, *, create: bool = False, busy_s: float = BUSY_S) -> ReviewStore:
    """Open a store for reviews, as `open_store` does."""
    return ReviewStore(Path(path), LABELS.connect(Path(path), create=create, busy_s=busy_s), busy_s)


def read_reviews(path: Path) -> list[Label]:
    """Return the reviews of a store that count, as labels."""
    with open_reviews(path) as store:
        return [review.label for review in store.standing_reviews()]


def _row(review: Review) -> tuple[Any, ...]:
    label, seen = review.label, review.seen
    asked = label.question
    return (
        label.reviewer,
        label.left,
        label.right,
        label.verdict.value,
        review.note or None,
        seen.scores,
        seen.score,
        seen.threshold,
        asked.index_fingerprint,
        asked.model_fingerprint,
        asked.shown,
    )


def _event(row: tuple[Any, ...]) -> ReviewEvent:
    seq, at, reviewer, undoes, left, right, verdict, note, scores, score, threshold, index, model, shown = row
    if undoes is not None:
        return ReviewEvent(seq, at, reviewer, undoes, None)
    question = Question(Purpose.REVIEW, WHY, index_fingerprint=index, model_fingerprint=model, shown=shown)
    label = Label(left, right, PairVerdict(verdict), reviewer, question)
    return ReviewEvent(seq, at, reviewer, None, Review(label, SeenScore(scores, score, threshold), note or ""))
