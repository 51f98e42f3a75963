"""Sessions that run at once claim the pairs that they are about to ask, so that no two reviewers are asked the same one.

Claims are notes in the store. Of two claims of a pair the one that was written first holds, for an hour; a session that was killed keeps
nobody waiting for longer.
"""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reranking.labels.label import Id
from reranking.labels.store import LabelStore, Note

NOTE = "asking"
HELD = timedelta(hours=1)
Pair = tuple[Id, Id]


@dataclass(frozen=True)
class _Holder:
    """It is the session that holds a pair, since when."""

    session: str
    at: datetime

    def holds(self, now: datetime) -> bool:
        return self.at > now - HELD


class Claims:
    """They are the claims of one session in a store."""

    def __init__(self, store: LabelStore, reviewer: str) -> None:
        self._store, self._reviewer, self._session = store, reviewer, uuid.uuid4().hex

    def of_others(self) -> set[Pair]:
        """Return the pairs that other sessions hold now."""
        now = datetime.now(UTC)
        holders = self._holders().items()
        return {pair for pair, holder in holders if holder.session != self._session and holder.holds(now)}

    def claim(self, pairs: Iterable[Pair]) -> set[Pair]:
        """Claim pairs; return those of them that no other session had claimed before."""
        wanted = set(pairs)
        if not wanted:
            return wanted
        content = {
            "session": self._session,
            "reviewer": self._reviewer,
            "at": datetime.now(UTC).isoformat(),
            "pairs": sorted(wanted),
        }
        self._store.add_note(NOTE, json.dumps(content))
        holders = self._holders()
        return {pair for pair in wanted if holders[pair].session == self._session}

    def _holders(self) -> dict[Pair, _Holder]:
        """Return who holds each pair, or held it last: who was refused it holds nothing, though the note of that claim stays."""
        found: dict[Pair, _Holder] = {}
        for note in self._store.notes(NOTE):
            _follow(found, note)
        return found


def _follow(holders: dict[Pair, _Holder], note: Note) -> None:
    """Let the session of a note hold what it claims there and nobody held at that time."""
    content = json.loads(note.content)
    new = _Holder(content["session"], datetime.fromisoformat(content["at"]))
    for left, right in content["pairs"]:
        old = holders.get((left, right))
        if old is None or old.session == new.session or not old.holds(new.at):
            holders[left, right] = new
