"""Whoever asks a reviewer, at a terminal or on a page, takes pairs from a session and gives it the verdicts."""

from dataclasses import dataclass
from typing import Protocol

from reranking.labels.label import Id, PairVerdict


@dataclass(frozen=True)
class AskedPair:
    """It is a pair to be shown, by id and by the positions of both products in the catalogue. Which stands on the left is chance: it
    says nothing."""

    left: Id
    right: Id
    left_position: int
    right_position: int


@dataclass(frozen=True)
class SessionProgress:
    """It says how many pairs were asked of how many in all, how many of them match, and how many this reviewer answered. `note` is more
    to be said, in one line; `estimates` are the F1 that a session estimated, by the number of labels, the last one newest."""

    asked: int
    total: int
    matches: int
    note: str = ""
    own: int = 0
    estimates: tuple[tuple[int, float], ...] = ()


class LabelSession(Protocol):
    """A session asks pairs of one reviewer; each answer is kept before the next pair is asked."""

    def next_pair(self) -> AskedPair | None:
        """Return the pair that is asked now, the same until it is answered; None when there is no more."""

    def answer(self, pair: AskedPair, verdict: PairVerdict) -> None:
        """Keep a verdict."""

    def undo(self) -> bool:
        """Take the reviewer's last verdict back, so that its pair is asked next; False when there is none."""

    def progress(self) -> SessionProgress:
        """Say how far it is."""
