"""Sessions that run at once claim the pairs that they are about to ask, so that no two reviewers are asked the same one.

Claims are notes in the store. Of two claims of a pair the one that was written first holds, for an hour, or until its session ends. A
session that was killed is ended by the next one that looks, whoever's that is: its lock is gone. Names tell nothing: two people may
label under one.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reranking.asking.presence import Presence
from reranking.labels.label import Id
from reranking.labels.store import LabelStore, Note

NOTE = "asking"
HELD = timedelta(hours=1)
Pair = tuple[Id, Id]


@dataclass(frozen=True)
class _Holder:
    """It is the session that holds a pair, since when, and whether it has a lock as long as it runs."""

    session: str
    at: datetime
    locked: bool

    def holds(self, now: datetime) -> bool:
        return self.at > now - HELD


class Claims:
    """They are the claims of one session in a store."""

    def __init__(self, store: LabelStore, reviewer: str) -> None:
        """Begin a session; its notes name the reviewer."""
        self._store, self._reviewer, self._presence = store, reviewer, Presence(store.path)
        self._session = self._presence.session
        self._holders: dict[Pair, _Holder] = {}
        self._read_to = 0  # the number of the last note that was followed

    def of_others(self) -> set[Pair]:
        """Return the pairs that other sessions hold now."""
        self._read()
        return {pair for pair, holder in self._holders.items() if holder.session != self._session}

    def claim(self, pairs: Iterable[Pair]) -> set[Pair]:
        """Claim pairs, and those again that this session claimed half an hour ago; return those that no other session holds."""
        wanted = set(pairs)
        self._read()
        due = [pair for pair in wanted if self._is_due(self._holders.get(pair))]
        if due:
            self._add(pairs=sorted(due))
            self._read()
        return {pair for pair, holder in self._holders.items() if holder.session == self._session} & wanted

    def _is_due(self, holder: _Holder | None) -> bool:
        if holder is None:
            return True
        return holder.session == self._session and holder.at <= datetime.now(UTC) - HELD / 2

    def release(self) -> None:
        """Hold nothing any more."""
        self._read()
        if self._session in {holder.session for holder in self._holders.values()}:
            self._add(ends=[self._session])
        self._presence.end()

    def _add(self, *, pairs: Sequence[Pair] = (), ends: Sequence[str] = ()) -> None:
        """Leave a note that claims pairs, or ends what sessions hold."""
        said = {"session": self._session, "reviewer": self._reviewer, "at": datetime.now(UTC).isoformat()}
        content = {**said, "locked": self._presence.locked, "pairs": list(pairs), "ends": list(ends)}
        self._store.add_note(NOTE, json.dumps(content))

    def _read(self) -> None:
        """Follow the notes that came since they were read last, and end the sessions that are gone, for all who read."""
        self._follow_new()
        gone = self._presence.gone({holder.session for holder in self._holders.values() if holder.locked})
        if gone:
            self._add(ends=sorted(gone))
            self._follow_new()

    def _follow_new(self) -> None:
        """Follow the notes that came since they were read last, and forget who holds a pair no longer.

        The first time these are the notes of two hours: who claimed a pair an hour ago may have been refused it.
        """
        now = datetime.now(UTC)
        for note in self._store.notes(NOTE, after=self._read_to, since=now - 2 * HELD):
            _follow(self._holders, note)
            self._read_to = note.seq
        self._holders = {pair: holder for pair, holder in self._holders.items() if holder.holds(now)}


def _follow(holders: dict[Pair, _Holder], note: Note) -> None:
    """End what a note ends, and let its session hold what it claims there and nobody else held at that time."""
    content = json.loads(note.content)
    at = datetime.fromisoformat(content["at"])
    new = _Holder(content["session"], at, content.get("locked", False))  # notes of before say nothing of locks
    ended = set(content.get("ends", ()))
    for pair in [pair for pair, old in holders.items() if old.session in ended]:
        del holders[pair]
    for left, right in content["pairs"]:
        old = holders.get((left, right))
        if old is None or old.session == new.session or not old.holds(new.at):
            holders[left, right] = new
