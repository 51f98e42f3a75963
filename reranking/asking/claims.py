"""Sessions that run at once claim the pairs that they are about to ask, so that no two reviewers are asked the same one.

Claims are notes in the store. Of two claims of a pair the one that was written first holds, for an hour, or until its session ends: a
session that was killed keeps nobody waiting for longer. Its reviewer need not wait: sessions of before are ended by the next one.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reranking.labels.label import Id
from reranking.labels.store import LabelStore, Note

NOTE = "asking"
HELD = timedelta(hours=1)
Pair = tuple[Id, Id]


@dataclass(frozen=True)
class _Holder:
    """It is the session that holds a pair, whose that is, and since when."""

    session: str
    reviewer: str
    at: datetime

    def holds(self, now: datetime) -> bool:
        return self.at > now - HELD


class Claims:
    """They are the claims of one session in a store."""

    def __init__(self, store: LabelStore, reviewer: str) -> None:
        """Begin a session, which ends what the reviewer's other sessions hold."""
        self._store, self._reviewer, self._session = store, reviewer, uuid.uuid4().hex
        self._holders: dict[Pair, _Holder] = {}
        self._read_to = 0  # the number of the last note that was followed
        self._read()
        self._end({holder.session for holder in self._holders.values() if holder.reviewer == reviewer})

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
        self._end({self._session} & {holder.session for holder in self._holders.values()})

    def _end(self, sessions: set[str]) -> None:
        if sessions:
            self._add(ends=sorted(sessions))

    def _add(self, *, pairs: Sequence[Pair] = (), ends: Sequence[str] = ()) -> None:
        """Leave a note that claims pairs, or ends what sessions hold."""
        content = {"session": self._session, "reviewer": self._reviewer, "at": datetime.now(UTC).isoformat()}
        self._store.add_note(NOTE, json.dumps({**content, "pairs": list(pairs), "ends": list(ends)}))

    def _read(self) -> None:
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
    new = _Holder(content["session"], content["reviewer"], datetime.fromisoformat(content["at"]))
    ended = set(content.get("ends", ()))
    for pair in [pair for pair, old in holders.items() if old.session in ended]:
        del holders[pair]
    for left, right in content["pairs"]:
        old = holders.get((left, right))
        if old is None or old.session == new.session or not old.holds(new.at):
            holders[left, right] = new
