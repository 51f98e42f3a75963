"""Decisions are kept as events in one SQLite file: what was decided, and what was taken back. Nothing is ever changed or removed.

Several processes may write; a decision is on disk when it is taken, and none is taken that contradicts those that stand.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from indexing.errors import InputError
from indexing.storage.event_file import BUSY_S, ID_NAMES, EventFile, OpenEvents, roll_back
from reranking.grouping.bounds import Bounds
from reranking.grouping.decisions import Decision, DecisionKind, KeptDecision
from reranking.grouping.seen_titles import SeenTitles, keep_seen, read_seen
from reranking.labels.label import Id, named

TABLES = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    reviewer TEXT NOT NULL CHECK (trim(reviewer) <> ''),
    kind TEXT CHECK (kind IN ('lock', 'merge', 'split')),
    undoes INTEGER UNIQUE REFERENCES events (seq),
    CHECK ((undoes IS NULL) = (kind IS NOT NULL))
);
CREATE TABLE members (
    seq INTEGER NOT NULL REFERENCES events (seq),
    side INTEGER NOT NULL CHECK (side IN (0, 1)),
    product_id NOT NULL,
    UNIQUE (seq, product_id)
);
CREATE INDEX decisions_by_product ON members (product_id, seq);
CREATE VIEW standing AS
    SELECT seq, at, reviewer, kind FROM events AS event
    WHERE kind IS NOT NULL AND NOT EXISTS (SELECT 1 FROM events AS undo WHERE undo.undoes = event.seq);
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are only added'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are only added'); END;
CREATE TRIGGER members_stay BEFORE UPDATE ON members BEGIN SELECT RAISE(ABORT, 'members are only added'); END;
CREATE TRIGGER members_remain BEFORE DELETE ON members BEGIN SELECT RAISE(ABORT, 'members are only added'); END;
"""
DECISIONS = EventFile("file of decisions", application=0x48524344, version=1, tables=TABLES)  # "HRCD"


class DecisionStore(OpenEvents):
    """It is an open file of decisions. A DecisionsDisagree names decisions, other errors the file."""

    kind = DECISIONS

    def __init__(self, path: Path, connection: sqlite3.Connection, busy_s: float) -> None:
        super().__init__(path, connection, busy_s)
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("CREATE TEMP TABLE asked (product_id)")

    def record(self, decision: Decision, titles: Mapping[Id, str | None] | None = None) -> int:
        """Keep a decision with the `titles` that its products were seen with, and return its number; it is on disk when this returns.

        Raises DecisionsDisagree where those that stand say otherwise, and InputError for ids of another type than the file's.
        """
        with self._writing():
            self._refuse_type(decision)
            Bounds.of([*self._near(decision.members), KeptDecision(0, "", decision)])
            now = _now()
            done = self._connection.execute(
                "INSERT INTO events (at, reviewer, kind) VALUES (?, ?, ?)",
                (now, decision.reviewer, decision.kind.value),
            )
            seq = int(done.lastrowid or 0)
            sides = enumerate((decision.one, decision.other))
            rows = ((seq, side, member) for side, members in sides for member in members)
            self._connection.executemany("INSERT INTO members (seq, side, product_id) VALUES (?, ?, ?)", rows)
            keep_seen(self._connection, seq, now, decision.reviewer, titles or {})
            return seq

    def confirm(self, reviewer: str, seq: int, titles_of: Callable[[Iterable[Id]], Mapping[Id, str | None]]) -> bool:
        """Keep that a decision was looked at again, with the titles that its products have now, and found right; return whether it
        stands."""
        name = named(reviewer)
        with self._writing():
            if self._connection.execute("SELECT 1 FROM standing WHERE seq = ?", (seq,)).fetchone() is None:
                return False
            (kept,) = self._decisions([seq])
            keep_seen(self._connection, seq, _now(), name, titles_of(kept.decision.members))
            return True

    def seen(self, seq: int | None = None) -> SeenTitles:
        """Return what was last seen of the products of the decisions that stand, or of one of them."""
        with self._telling():
            return read_seen(self._connection, seq)

    def undo(self, reviewer: str, seq: int | None = None) -> KeptDecision | None:
        """Take a decision back, whoever took it, or, without its number, the reviewer's last one, and return it; None where it
        does not stand."""
        name = named(reviewer)
        with self._writing():
            found = self._connection.execute(
                "SELECT seq FROM standing WHERE CASE WHEN ? IS NULL THEN reviewer = ? ELSE seq = ? END "
                "ORDER BY seq DESC LIMIT 1",
                (seq, name, seq),
            ).fetchone()
            if found is None:
                return None
            (undone,) = self._decisions([found[0]])
            self._connection.execute(
                "INSERT INTO events (at, reviewer, undoes) VALUES (?, ?, ?)", (_now(), name, undone.seq)
            )
            return undone

    def standing(self) -> list[KeptDecision]:
        """Return the decisions that are not taken back, the oldest first."""
        with self._reading():
            rows = self._connection.execute("SELECT seq FROM standing ORDER BY seq").fetchall()
            return self._decisions([row[0] for row in rows])

    def about(self, ids: Iterable[Id]) -> Iterator[KeptDecision]:
        """Return those of them that name one of these products, the oldest first, each read when its turn comes."""
        with self._reading():
            seqs = self._naming(ids)
        return map(self._kept, seqs)

    def latest(self, offset: int, limit: int) -> tuple[int, Iterator[KeptDecision]]:
        """Return how many decisions stand, and some of them, the last one first, from `offset` on; each is read when its turn
        comes, as it may name many products."""
        with self._reading():
            total = int(self._connection.execute("SELECT count(*) FROM standing").fetchone()[0])
            rows = self._connection.execute(
                "SELECT seq FROM standing ORDER BY seq DESC LIMIT ? OFFSET ?", (limit, offset)
            ).fetchall()
        return total, map(self._kept, [row[0] for row in rows])

    def _kept(self, seq: int) -> KeptDecision:
        with self._telling():
            return self._decisions([seq])[0]

    def named_products(self) -> tuple[list[int], list[Id]]:
        """Return the products that standing decisions name, each behind the number of the decision."""
        with self._telling():
            rows = self._connection.execute("SELECT seq, product_id FROM standing JOIN members USING (seq)").fetchall()
            return [row[0] for row in rows], [row[1] for row in rows]

    def last_event(self) -> int:
        """Return the number of the last event, 0 where there is none."""
        with self._telling():
            return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0])

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Run a block that sees the file as it is at one moment."""
        with self._telling():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                roll_back(self._connection)

    def _refuse_type(self, decision: Decision) -> None:
        row = self._connection.execute("SELECT typeof(product_id) FROM members LIMIT 1").fetchone()
        own = "integer" if isinstance(decision.one[0], int) else "text"
        if row is not None and row[0] != own:
            raise InputError(
                f"{self.path}: its ids are {ID_NAMES[row[0]]}, {decision.one[0]!r} is not: decide on each catalogue in a "
                "file of its own"
            )

    def _near(self, ids: Iterable[Id]) -> list[KeptDecision]:
        """Return the decisions that could contradict one of these products: those that name one, or one that others keep
        together with it."""
        found: dict[int, KeptDecision] = {}
        seen, ahead = set(ids), set(ids)
        while ahead:
            new = self._decisions([seq for seq in self._naming(ahead) if seq not in found])
            found.update((kept.seq, kept) for kept in new)
            bound = (kept.decision for kept in new if kept.decision.kind != DecisionKind.SPLIT)
            ahead = {member for decision in bound for member in decision.members} - seen
            seen |= ahead
        return list(found.values())

    def _naming(self, ids: Iterable[Id]) -> list[int]:
        self._connection.execute("DELETE FROM asked")
        self._connection.executemany("INSERT INTO asked VALUES (?)", ((product_id,) for product_id in ids))
        rows = self._connection.execute(
            "SELECT DISTINCT seq FROM asked JOIN members USING (product_id) JOIN standing USING (seq) ORDER BY seq"
        )
        return [row[0] for row in rows]

    def _decisions(self, seqs: Iterable[int]) -> list[KeptDecision]:
        found = []
        for seq in seqs:
            at, reviewer, kind = self._connection.execute(
                "SELECT at, reviewer, kind FROM events WHERE seq = ?", (seq,)
            ).fetchone()
            sides: tuple[list[Id], list[Id]] = ([], [])
            for side, member in self._connection.execute(
                "SELECT side, product_id FROM members WHERE seq = ? ORDER BY rowid", (seq,)
            ):
                sides[side].append(member)
            decision = Decision(DecisionKind(kind), tuple(sides[0]), tuple(sides[1]), reviewer)
            found.append(KeptDecision(seq, at, decision))
        return found


def open_decisions(path: Path, *, create: bool = False, busy_s: float = BUSY_S) -> DecisionStore:
    """Open a file of decisions; with `create` it is made where there is none. `busy_s` is how long another writer is waited
    for.

    Raises InputError when it is missing, no such file, damaged, locked, or of a newer schema.
    """
    return DecisionStore(Path(path), DECISIONS.connect(Path(path), create=create, busy_s=busy_s), busy_s)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
