"""At the review desk a scores file is read in the background, and a thread of its own keeps everybody's verdicts."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

from eval.review.queue import ReviewQueue
from eval.review.read_queue import check_scores, read_queue
from indexing.errors import InputError
from indexing.storage.event_file import which_file
from reranking.labels.reviews import open_reviews
from reranking.labels.settled import check_catalogue
from scripts.serve.engine.current import Current
from scripts.serve.engine.limits import Limits
from scripts.serve.engine.served import Served
from scripts.serve.engine.workers import Workers
from scripts.serve.review.board import ReviewBoard

Found = TypeVar("Found")
_log = logging.getLogger("heroic.serve")


@dataclass(frozen=True)
class ReviewSources:
    """They say where the scores are, those of before, if any, and the store that verdicts go into."""

    scores: Path
    previous: Path | None
    store: Path


@dataclass(frozen=True)
class ScoresReading:
    """It says how far the scores are read: so many rows of about `total`; `failed` why they never will be."""

    done: int
    total: int
    finished: bool = False
    failed: str | None = None


class ScoresBeingRead(Exception):
    """The scores are not read yet; it says how far they are."""


class ReviewDesk:
    """It reads the scores once, when it begins; until they are read, whoever asks is told how far that is."""

    def __init__(self, sources: ReviewSources, current: Current, limits: Limits) -> None:
        """Make the store where there is none. Raises InputError for files that are no scores, or no store."""
        self.sources, self.current = sources, current
        for path in (sources.scores, sources.previous):
            if path is not None:
                check_scores(path)
        open_reviews(sources.store, create=True).close()
        self.reading = ScoresReading(0, 0)
        self._busy_s = limits.work_s / 2  # so that a store that is locked is told before the answer is too late
        self._workers = Workers(1, limits.waiting, limits.work_s)
        self._board: ReviewBoard | None = None
        self._file: tuple[int, int] | None = None
        self._queue: ReviewQueue | None = None
        self._stop = Event()
        self._thread = Thread(target=self._read, name="review", daemon=True)

    def begin(self) -> None:
        """Begin to read the scores."""
        self._thread.start()

    def end(self) -> None:
        """Stop reading, and close the store; what was said is in it already."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._workers.end(self._close)  # in its own thread, as SQLite wants

    async def at(self, work: Callable[[ReviewBoard, Served], Found], served: Served) -> Found:
        """Return what `work` makes of the board. Raises ScoresBeingRead while the scores are not read, InputError where they
        cannot be, and Busy and TooLate as workers do."""
        reading = self.reading
        if reading.failed is not None:
            raise InputError(reading.failed)
        if not reading.finished:
            raise ScoresBeingRead(f"the scores are being read: {reading.done:,} of about {reading.total:,} rows")
        return await self._workers.do(self._work, work, served)

    def _work(self, work: Callable[[ReviewBoard, Served], Found], served: Served) -> Found:
        file = which_file(self.sources.store)
        if self._board is None or file != self._file:  # what is written into a store that was replaced would be lost
            self._close()
            self._board, self._file = self._open(served), file
        self._board.look(served)
        return work(self._board, served)

    def _open(self, served: Served) -> ReviewBoard:
        """Open the store in the thread that uses it. Raises InputError where its reviews are of another catalogue."""
        assert self._queue is not None, "the scores are read"
        store = open_reviews(self.sources.store, busy_s=self._busy_s)
        try:
            reviews = [review.label for review in store.standing_reviews()]
            check_catalogue(self.sources.store, reviews, served.index.catalog)
        except BaseException:
            store.close()
            raise
        return ReviewBoard(self._queue, store)

    def _close(self) -> None:
        if self._board is not None:
            self._board.store.close()
            self._board = None

    def _read(self) -> None:
        try:
            catalog = self.current.opened.index.catalog
            sources = self.sources
            self._queue = read_queue(sources.scores, catalog, previous=sources.previous, progress=self._tell)
        except _Stopped:
            return
        except Exception as error:  # whatever is wrong with the scores, everything else is served
            told = isinstance(error, InputError | OSError)
            _log.error("the scores to review were not read: %s", error, exc_info=None if told else error)
            reason = (
                str(error)
                if isinstance(error, InputError)
                else f"{sources.scores}: could not be read; the log says why"
            )
            self.reading = ScoresReading(self.reading.done, self.reading.total, failed=reason)
            return
        counts = self._queue.counts
        _log.info("read %d scored pairs, %d are in the queue", counts.rows, counts.kept)
        self.reading = ScoresReading(self.reading.total, self.reading.total, finished=True)

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self._stop.is_set():
            raise _Stopped
        self.reading = ScoresReading(done, total)


class _Stopped(Exception):
    """The server ends before the scores are read."""
