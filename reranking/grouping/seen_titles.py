"""What decided products were called when somebody looked at them is kept beside the decisions, which bind ids: a shop may give an id
to another product, which would be bound without a word.

A file has the table from the first such decision on; programs that know of none pass it over.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from indexing.catalog.catalog import Catalog, rows_at
from reranking.labels.label import Id
from reranking.labels.settled import id_column

STATEMENTS = (
    """CREATE TABLE IF NOT EXISTS seen (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    seq INTEGER NOT NULL REFERENCES events (seq),
    at TEXT NOT NULL,
    reviewer TEXT NOT NULL CHECK (trim(reviewer) <> ''),
    product_id NOT NULL,
    title TEXT
)""",
    "CREATE INDEX IF NOT EXISTS seen_by_decision ON seen (seq, product_id, number)",
    "CREATE TRIGGER IF NOT EXISTS seen_stay BEFORE UPDATE ON seen BEGIN SELECT RAISE(ABORT, 'what was seen is only added'); END",
    "CREATE TRIGGER IF NOT EXISTS seen_remain BEFORE DELETE ON seen BEGIN SELECT RAISE(ABORT, 'what was seen is only added'); END",
)
INSERT = "INSERT INTO seen (seq, at, reviewer, product_id, title) VALUES (?, ?, ?, ?, ?)"
NEWEST = """SELECT seq, product_id, title, max(number) FROM seen JOIN standing USING (seq) {}
GROUP BY seq, product_id ORDER BY seq, max(number)"""
MOST_CHARS = 200  # of a title that is told


@dataclass(frozen=True)
class Retitled:
    """It is a product of the decision `seq` that reads otherwise now than it was `seen`; None is no title."""

    seq: int
    product_id: Id
    seen: str | None
    now: str | None

    @property
    def change(self) -> str:
        """Say what it was called, and is."""
        seen, now = (f"as {title!r}" if title else "without a title" for title in self.titles(MOST_CHARS))
        return f"seen {seen}, now {now}"

    def titles(self, most: int) -> tuple[str | None, str | None]:
        """Return the title that was seen and that of now, both cut to `most` characters around where they begin to differ."""
        seen, now = self.seen or "", self.now or ""
        same = sum(1 for _ in takewhile(lambda signs: signs[0] == signs[1], zip(seen, now, strict=False)))
        whole = max(len(seen), len(now)) <= most
        start = 0 if whole or same < most // 2 else same - most // 4
        return _cut(self.seen, start, most), _cut(self.now, start, most)


@dataclass(frozen=True)
class SeenTitles:
    """They hold of each product (n,) of standing decisions the decision's number `seqs`, its id, and the title that it was last
    seen with; of products that the index did not have then, nothing."""

    seqs: Sequence[int]
    ids: Sequence[Id]
    titles: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.seqs)

    def retitled(self, catalog: Catalog) -> list[Retitled]:
        """Return the products that have another title in the catalogue now. Who is not there any more is none of them."""
        now = titles_of(catalog, self.ids)
        found = zip(self.seqs, self.ids, self.titles, strict=True)
        return [
            Retitled(seq, product_id, title, now[product_id])
            for seq, product_id, title in found
            if product_id in now and (now[product_id] or "") != (title or "")
        ]


def titles_of(catalog: Catalog, ids: Iterable[Id]) -> dict[Id, str | None]:
    """Return the titles of those of these products that the catalogue has."""
    asked = list(dict.fromkeys(ids))
    places = catalog.lookup.find(id_column(asked))
    known = np.flatnonzero(places >= 0)
    titles = rows_at(catalog.table.select(["id", "title"]), places[known])["title"].to_pylist()
    return {asked[row]: title for row, title in zip(known.tolist(), titles, strict=True)}


def keep_seen(
    connection: sqlite3.Connection, seq: int, at: str, reviewer: str, titles: Mapping[Id, str | None]
) -> None:
    """Keep within a transaction what was seen of the products of a decision."""
    if not titles:
        return
    for statement in STATEMENTS:
        connection.execute(statement)
    connection.executemany(INSERT, ((seq, at, reviewer, product_id, title) for product_id, title in titles.items()))


def read_seen(connection: sqlite3.Connection, seq: int | None = None) -> SeenTitles:
    """Return what was last seen of the products of the decisions that stand, or of one of them."""
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'seen'").fetchone()
    asked = ("", ()) if seq is None else ("WHERE seen.seq = ?", (seq,))  # which the index leads to, among those of all
    rows = [] if there is None else connection.execute(NEWEST.format(asked[0]), asked[1]).fetchall()
    return SeenTitles([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])


def _cut(title: str | None, start: int, most: int) -> str | None:
    if title is None:
        return None
    end = start + most
    return f"{'…' if start else ''}{title[start:end]}{'…' if len(title) > end else ''}"
