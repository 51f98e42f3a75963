"""At a desk one reviewer labels pairs, one after another; all desks write into one store, each from a thread of its own."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

from indexing.errors import InputError
from indexing.storage.event_file import which_file
from reranking.asking.open_session import open_session
from reranking.asking.session import LearningSession
from reranking.labels.label import Label
from reranking.labels.reviews import read_reviews
from reranking.labels.store import LabelStore, open_store
from scripts.serve.engine.current import Current
from scripts.serve.engine.limits import Limits
from scripts.serve.engine.logged_progress import LoggedProgress
from scripts.serve.engine.served import Served
from scripts.serve.engine.workers import TooLate, Workers

Found = TypeVar("Found")
MOST_DESKS = 100
WAITING = 4  # requests of one reviewer


class StillChoosing(Exception):
    """The pairs that may be asked are still being chosen among all candidates."""


@dataclass
class _Desk:
    """It is one reviewer's: its thread, and the session that it has open, of which version of the index, into which file."""

    workers: Workers
    store: LabelStore | None = None
    file: tuple[int, int] | None = None
    session: LearningSession | None = None
    served: Served | None = field(default=None, repr=False)

    def close(self) -> None:
        if self.session is not None:
            self.session.end()
        if self.store is not None:
            self.store.close()
        self.store = self.session = self.served = None


class LabelDesks:
    """A reviewer's session is opened with the first request, over the index and the model that are served, and again over newer
    ones, or where another store was put into the place of the one that is open: what is written into that would be lost.

    Opening it chooses candidates of the whole index, which may take longer than a request: the work goes on, and whoever asks
    again finds it done.
    """

    def __init__(self, path: Path, current: Current, limits: Limits, *, budget: int) -> None:
        """Make the store where there is none. Raises InputError for a file that is no store."""
        self.path, self.current, self.limits = path, current, limits
        self.budget = budget
        self._desks: dict[str, _Desk] = {}
        self._lock = Lock()
        open_store(path, create=True).close()
        current.tell(self.let_go)

    async def at(self, reviewer: str, work: Callable[[LearningSession, Served], Found]) -> Found:
        """Return what `work` makes of the reviewer's session. Raises StillChoosing while that is opened, Busy and TooLate as workers do."""
        desk = self._desk(reviewer)
        try:
            return await desk.workers.do(self._work, desk, reviewer, work)
        except TooLate as error:
            if desk.session is None:
                raise StillChoosing from error
            raise

    def labels(self) -> list[Label]:
        """Return the answers that count, of everybody."""
        with open_store(self.path) as store:
            return [kept.label for kept in store.standing()]

    def counts(self) -> dict[tuple[str, str], int]:
        """Return how many answers count, by purpose and verdict."""
        kept = [*self.labels(), *read_reviews(self.path)]
        return dict(Counter((label.question.purpose.value, label.verdict.value) for label in kept))

    def let_go(self) -> None:
        """Close the sessions over versions that are served no longer, so that no reviewer who went away keeps one open."""
        with self._lock:
            desks = list(self._desks.values())
        for desk in desks:
            desk.workers.begin(partial(self._let_go, desk))  # in its own thread, as SQLite wants

    def _let_go(self, desk: _Desk) -> None:
        if desk.served is not self.current.opened:
            desk.close()

    def end(self) -> None:
        """Close every session; what was answered is in the store already."""
        for desk in self._desks.values():
            desk.workers.end(desk.close)  # in its own thread, as SQLite wants

    def _desk(self, reviewer: str) -> _Desk:
        with self._lock:
            if reviewer not in self._desks and len(self._desks) >= MOST_DESKS:
                raise InputError(f"{MOST_DESKS} reviewers label already: start another server for more")
            if reviewer not in self._desks:
                self._desks[reviewer] = _Desk(Workers(1, WAITING, self.limits.work_s))
            return self._desks[reviewer]

    def _work(self, desk: _Desk, reviewer: str, work: Callable[[LearningSession, Served], Found]) -> Found:
        served, file = self.current.opened, which_file(self.path)
        if desk.session is None or desk.served is not served or desk.file != file:
            desk.close()
            desk.store, desk.file = open_store(self.path), file  # in the thread that uses it, as SQLite wants
            begun = open_session(
                served.index,
                desk.store,
                reviewer=reviewer,
                budget=self.budget,
                model=served.model,
                progress=LoggedProgress(f"labels of {reviewer}"),
            )
            desk.session, desk.served = begun.session, served
        return work(desk.session, served)
