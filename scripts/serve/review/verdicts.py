"""Verdicts of a queue's pairs are followed as they come into a store, from this server and from others."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from eval.review.queue import ReviewQueue
from indexing.arrays import Bools1d
from reranking.labels.label import Label, PairVerdict
from reranking.labels.reviews import ReviewEvent, ReviewStore

MOST_NOTES = 200


@dataclass
class Verdicts:
    """They are those that count, of each reviewer and pair the newest that is not undone."""

    queue: ReviewQueue
    _read_to: int = 0
    _standing: dict[int, ReviewEvent] = field(default_factory=dict)  # by number, rising; undone ones are gone
    _said: dict[int, dict[str, list[int]]] = field(
        default_factory=dict
    )  # by row and reviewer: numbers, the last counts

    def follow(self, store: ReviewStore) -> None:
        """Take in what was written since the last time."""
        events = store.review_events(after=self._read_to)
        pairs = [
            (label.left, label.right) for label in map(label_of, (one for one in events if one.review is not None))
        ]
        rows = iter(self.queue.rows(pairs).tolist())
        for event in events:
            self._read_to = event.seq
            if event.undoes is None:
                self._say(next(rows), event)
            elif (undone := self._standing.pop(event.undoes, None)) is not None:
                self._unsay(undone)

    def on_row(self, row: int) -> tuple[ReviewEvent, ...]:
        """Return what each reviewer says of a pair, the oldest first."""
        return tuple(sorted(map(self._last, self._said.get(row, {}).values()), key=lambda event: event.seq))

    def decided(self) -> Bools1d:
        """Return which pairs (p,) somebody has decided."""
        return self._marked(self._said)

    def by_others_alone(self, reviewer: str) -> Bools1d:
        """Return which pairs (p,) others have decided and this reviewer has not."""
        return self._marked(row for row, said in self._said.items() if reviewer not in said)

    def disputed(self) -> Bools1d:
        """Return of which pairs (p,) sure reviewers say different things."""
        return self._marked(row for row, said in self._said.items() if len(said) > 1 and len(self._sure(said)) > 1)

    def reviewers(self) -> dict[str, Counter[str]]:
        """Return how often each reviewer said what of the queue's pairs."""
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for said in self._said.values():
            for reviewer, numbers in said.items():
                counts[reviewer][label_of(self._last(numbers)).verdict.value] += 1
        return dict(counts)

    def notes(self) -> list[ReviewEvent]:
        """Return the newest verdicts of the queue's pairs that have a note, the newest first."""
        last = sorted((numbers[-1] for said in self._said.values() for numbers in said.values()), reverse=True)
        found = (self._standing[number] for number in last)
        return [event for event in found if event.review is not None and event.review.note][:MOST_NOTES]

    def _last(self, numbers: list[int]) -> ReviewEvent:
        return self._standing[numbers[-1]]

    def _sure(self, said: dict[str, list[int]]) -> set[PairVerdict]:
        return {label_of(self._last(numbers)).verdict for numbers in said.values()} - {PairVerdict.UNSURE}

    def _marked(self, rows: Iterable[int]) -> Bools1d:
        marked = np.zeros(len(self.queue), dtype=bool)
        marked[list(rows)] = True
        return marked

    def _say(self, row: int, event: ReviewEvent) -> None:
        self._standing[event.seq] = event
        if row >= 0:
            self._said.setdefault(row, {}).setdefault(event.reviewer, []).append(event.seq)

    def _unsay(self, event: ReviewEvent) -> None:
        label = label_of(event)
        (row,) = self.queue.rows([(label.left, label.right)]).tolist()
        if row < 0:
            return
        said = self._said[row]
        said[event.reviewer].remove(event.seq)
        if not said[event.reviewer]:
            del said[event.reviewer]
        if not said:
            del self._said[row]


def label_of(event: ReviewEvent) -> Label:
    """Return the label of a verdict, which an undo is not."""
    assert event.review is not None, "an undo is no verdict"
    return event.review.label
