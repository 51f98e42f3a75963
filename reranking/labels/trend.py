"""The F1 that sessions estimate while they ask is kept in their store, so that its trend outlives each of them."""

import json

from reranking.labels.store import LabelStore

NOTE = "estimated F1"


class Trend:
    """It has the estimates of all sessions of a store, one for each number of labels, the newest."""

    def __init__(self, store: LabelStore) -> None:
        self._store = store
        self._by_labels: dict[int, float] = {}
        self._read_to = 0  # the number of the last note that was read
        self.read()

    def read(self) -> None:
        """Take in what was kept since the last time, by other sessions too."""
        for note in self._store.notes(NOTE, after=self._read_to):
            self._read_to = note.seq
            kept = json.loads(note.content)
            self._by_labels[int(kept["labels"])] = float(kept["f1"])

    def add(self, labels: int, f1: float) -> None:
        """Keep an estimate, which was made of so many labels."""
        self._store.add_note(NOTE, json.dumps({"labels": labels, "f1": round(f1, 6)}))
        self.read()

    def up_to(self, labels: int) -> tuple[tuple[int, float], ...]:
        """Return the estimates (labels, F1) by rising labels, without those of more labels than are there now: some were taken back."""
        return tuple((count, f1) for count, f1 in sorted(self._by_labels.items()) if count <= labels)
