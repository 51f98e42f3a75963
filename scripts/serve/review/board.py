"""A review board has a queue and everybody's verdicts of it: it says what is looked at next, and keeps what is said."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from eval.review.queue import ReviewQueue
from indexing.arrays import Bools1d, Ints1d
from reranking.labels.label import Id, Label, PairVerdict, Purpose, Question
from reranking.labels.reviews import WHY, Review, ReviewEvent, ReviewStore, SeenScore
from reranking.labels.settled import id_column, shown_of
from scripts.serve.engine.served import Identity, Served
from scripts.serve.review.verdicts import Verdicts, label_of

HELD_S = 600.0  # for so long others are not shown what somebody looks at


class NotHere(Exception):
    """What is asked of a board cannot be done, for a reason that is no fault of the request's form."""


class QueuePart(StrEnum):
    """It says which pairs are looked at: those that nobody has decided, those that others have and the reviewer has not, and those
    of which sure reviewers say different things."""

    OPEN = "open"
    OTHERS = "others"
    DISPUTES = "disputes"


@dataclass(frozen=True)
class Wanted:
    """It says what a reviewer looks at: a part of the queue, of one category and the fresh pairs alone where that is asked, beyond
    the row `after` of the `version` that was shown, the current one where that is None."""

    part: QueuePart = QueuePart.OPEN
    category: str | None = None
    fresh: bool = False
    after: int = -1
    version: str | None = None


@dataclass(frozen=True)
class BoardPair:
    """It is a row of the queue, with the positions of its products in the index that is served, and the verdicts that count."""

    row: int
    left: Id
    right: Id
    left_position: int
    right_position: int
    verdicts: tuple[ReviewEvent, ...]


@dataclass(frozen=True)
class Said:
    """It is what a reviewer says of a pair, with a note, in the `version` of the queue that they were shown."""

    reviewer: str
    verdict: PairVerdict
    note: str = ""
    version: str | None = None


@dataclass(frozen=True)
class QueueVersion:
    """It is a queue, and what tells it from the one of another file, or of other content."""

    version: str
    queue: ReviewQueue


@dataclass
class ReviewBoard:
    """It is of one thread, as its store is; `look` takes in the index that is served, and what others wrote meanwhile.

    A queue that took the place of another knows the one before: whoever was shown that goes on where they were.
    """

    current: QueueVersion
    store: ReviewStore
    clock: Callable[[], float] = time.monotonic
    before: QueueVersion | None = None
    verdicts: Verdicts = field(init=False)
    _passed: dict[str, Ints1d] = field(default_factory=dict)  # rows that a reviewer passed over in queues before
    _shown: dict[str, tuple[int, float]] = field(default_factory=dict)  # to whom which row, until when
    _served: tuple[Identity | None, ...] = ()  # whose positions these are
    _positions: Ints1d = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        self.verdicts = Verdicts(self.queue)

    @property
    def queue(self) -> ReviewQueue:
        return self.current.queue

    def renewed(self, current: QueueVersion) -> "ReviewBoard":
        """Return the board of a newer queue, which nobody is shown any pair of that somebody looks at now."""
        board = ReviewBoard(current, self.store, self.clock, self.current)
        for reviewer, (row, until) in self._shown.items():
            (now,) = board.queue.rows([self.queue.pair(row)]).tolist()
            if now >= 0:
                board._shown[reviewer] = (now, until)
        board._passed = {reviewer: board.queue.rows_of(self.queue, rows) for reviewer, rows in self._passed.items()}
        return board

    def look(self, served: Served) -> None:
        """Find the products in a newer version of the index, and read what was written since the last time."""
        if self._served != served.identity:
            self._positions, self._served = served.index.catalog.lookup.find(self.queue.ids), served.identity
        self.verdicts.follow(self.store)

    def next(self, reviewer: str, wanted: Wanted) -> BoardPair | None:
        """Return the first pair that is wanted and there in the index; None where there is none."""
        after, among = self.after(reviewer, wanted), self.wanted(reviewer, wanted)
        among[self._passed_by(reviewer)] = False
        rows = np.flatnonzero(among[after + 1 :])
        return self._show(reviewer, int(rows[0]) + after + 1) if len(rows) else None

    def begin(self, reviewer: str) -> None:
        """Show the reviewer again what they passed over in queues before."""
        self._passed.pop(reviewer, None)

    def _passed_by(self, reviewer: str) -> Ints1d:
        return self._passed.get(reviewer, np.zeros(0, dtype=np.int64))

    def after(self, reviewer: str, wanted: Wanted) -> int:
        """Return the row of this queue beyond which is looked. What was passed over in the queue before is from now on passed over
        here, wherever it stands; of a queue before that nothing is known."""
        if wanted.version in (None, self.current.version):
            return wanted.after
        if self.before is not None and wanted.version == self.before.version:
            newly = self.queue.rows_of(self.before.queue, slice(wanted.after + 1))
            self._passed[reviewer] = np.union1d(self._passed_by(reviewer), newly)
        return -1

    def wanted(self, reviewer: str, wanted: Wanted) -> Bools1d:
        """Return which pairs (p,) are wanted, those up to `after` too. Raises InputError for a category that is not there."""
        inside = self.queue.inside(wanted.category, fresh=wanted.fresh) & self.there()
        if wanted.part == QueuePart.DISPUTES:
            return inside & self.verdicts.disputed()
        if wanted.part == QueuePart.OTHERS:
            return inside & self.verdicts.by_others_alone(reviewer)
        now = self.clock()
        held = [row for other, (row, until) in self._shown.items() if other != reviewer and until > now]
        inside[held] = False
        return inside & ~self.verdicts.decided()

    def there(self) -> Bools1d:
        """Return of which pairs (p,) the index has both products."""
        return (self._positions[self.queue.left] >= 0) & (self._positions[self.queue.right] >= 0)

    def answer(self, ids: tuple[str, str], review: Said, served: Served) -> None:
        """Keep a verdict of the pair of these ids, which is on disk when this returns. Raises NotHere where it is none of the queue's
        that the reviewer was shown."""
        queue = self._shown_queue(review.version)
        (row,) = queue.rows([ids]).tolist()
        places = served.index.catalog.lookup.find(id_column(queue.pair(row))) if row >= 0 else np.array([-1])
        if (places < 0).any():
            raise NotHere(
                f"the pair {ids[0]!r} and {ids[1]!r} is none of these scores and this index: ask for the next one"
            )
        seen = SeenScore(queue.file, float(queue.scores[row]), queue.threshold(row))
        label = _label(queue, row, places, review, served)
        self.store.record_review(Review(label, seen, review.note))
        self.verdicts.follow(self.store)

    def _shown_queue(self, version: str | None) -> ReviewQueue:
        before = self.before
        return before.queue if before is not None and version == before.version else self.queue

    def undo(self, reviewer: str) -> BoardPair:
        """Take the reviewer's last verdict back and return its pair. Raises NotHere where there is none, or it is of other scores."""
        last = self.store.last_review(reviewer)
        if last is None:
            raise NotHere("there is no verdict of yours to take back")
        label = label_of(last)
        row = self._row(label.left, label.right)
        if row is None:
            raise NotHere(
                f"your last verdict, of {label.left!r} and {label.right!r}, is of a pair that is not shown here"
            )
        self.store.undo_review(reviewer)
        self.verdicts.follow(self.store)
        return self._show(reviewer, row)

    def _row(self, left: Id, right: Id) -> int | None:
        """Return the row of a pair, None for one that is not in the queue, or not in the index."""
        (row,) = self.queue.rows([(left, right)]).tolist()
        return row if row >= 0 and self.there()[row] else None

    def _show(self, reviewer: str, row: int) -> BoardPair:
        self._shown[reviewer] = (row, self.clock() + HELD_S)
        return self._pair(row)

    def _pair(self, row: int) -> BoardPair:
        left, right = (int(self._positions[side[row]]) for side in (self.queue.left, self.queue.right))
        return BoardPair(row, *self.queue.pair(row), left, right, self.verdicts.on_row(row))


def _label(queue: ReviewQueue, row: int, places: Ints1d, said: Said, served: Served) -> Label:
    """Return the label of a pair, with a digest of the titles at its `places` (2,), of which that of the smaller id is first."""
    left, right = queue.pair(row)
    turned = left > right  # type: ignore[operator]  # ids of one type
    (shown,) = shown_of(served.index.catalog, *np.split(places[::-1] if turned else places, 2))
    model = None if queue.made is None else queue.made.model_fingerprint
    asked = Question(Purpose.REVIEW, WHY, None, None, None, served.index.fingerprint, model, shown)
    return Label(left, right, said.verdict, said.reviewer, asked)
