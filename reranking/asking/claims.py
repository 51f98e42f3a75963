"""Sessions that run at once claim the pairs that they are about to ask, so that no two reviewers are asked the same one.

Claims are notes in the store. Of two claims of a pair the one that was written first holds, for an hour; a session that was killed keeps
nobody waiting for longer.
"""

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from reranking.labels.label import Id
from reranking.labels.store import LabelStore

NOTE = "asking"
HELD = timedelta(hours=1)
Pair = tuple[Id, Id]


class Claims:
    """They are the claims of one session in a store."""

    def __init__(self, store: LabelStore, reviewer: str) -> None:
        self._store, self._reviewer, self._session = store, reviewer, uuid.uuid4().hex

    def of_others(self) -> set[Pair]:
        """Return the pairs that other sessions claim now."""
        return {pair for _, session, pairs in self._standing() if session != self._session for pair in pairs}

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
        own = self._store.add_note(NOTE, json.dumps(content))
        earlier = (pairs for number, session, pairs in self._standing() if session != self._session and number < own)
        return wanted.difference(*earlier)

    def _standing(self) -> list[tuple[int, str, set[Pair]]]:
        """Return the claims that hold: number, session and pairs."""
        found = []
        for note in self._store.notes(NOTE):
            content = json.loads(note.content)
            if datetime.fromisoformat(content["at"]) > datetime.now(UTC) - HELD:
                found.append((note.seq, content["session"], {(left, right) for left, right in content["pairs"]}))
        return found
