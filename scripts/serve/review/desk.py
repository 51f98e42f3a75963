"""At the review desk a scores file is read in the background, and a thread of its own keeps everybody's verdicts."""

import logging
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

from eval.review.read_queue import check_scores, read_queue
from indexing.errors import InputError
from indexing.storage.event_file import which_file
from reranking.labels.reviews import open_reviews
from reranking.labels.settled import check_catalogue
from scripts.serve.engine.current import Current
from scripts.serve.engine.limits import Limits
from scripts.serve.engine.logged_progress import LoggedProgress
from scripts.serve.engine.served import Served
from scripts.serve.engine.workers import Workers
from scripts.serve.review.board import QueueVersion, ReviewBoard
from scripts.serve.review.scores_files import HeldFile, ScoresFiles, scores_files

LOOK_S = 1.0  # between two looks at the files
AGAIN_S = 60.0  # after which what could not be read is tried again
Found = TypeVar("Found")
_log = logging.getLogger("heroic.serve")


@dataclass(frozen=True)
class ReviewSources:
    """They say where the scores are, a file or a folder whose newest is taken, those of before, if any, and the store that
    verdicts go into."""

    scores: Path
    previous: Path | None
    store: Path

    def files(self) -> ScoresFiles:
        """Return which scores these are now."""
        return scores_files(self.scores, self.previous)


@dataclass(frozen=True)
class ScoresReading:
    """It says how far the scores are read: so many rows of about `total`; `failed` why they are not, `refused` why newer ones were
    not taken up."""

    done: int
    total: int
    finished: bool = False
    failed: str | None = None
    refused: str | None = None


class ScoresBeingRead(Exception):
    """The scores are not read yet; it says how far they are."""


class ReviewDesk:
    """It reads the scores when it begins, and newer ones that take their place; until the first are read, whoever asks is told how
    far that is."""

    def __init__(self, sources: ReviewSources, current: Current, limits: Limits) -> None:
        """Make the store where there is none. Raises InputError for files that are no scores, or no store."""
        self.sources, self.current = sources, current
        self._check()
        open_reviews(sources.store, create=True).close()
        self.reading = ScoresReading(0, 0)
        self._busy_s = limits.work_s / 2  # so that a store that is locked is told before the answer is too late
        self._workers = Workers(1, limits.waiting, limits.work_s)
        self._board: ReviewBoard | None = None
        self._file: tuple[int, int] | None = None
        self._queue: QueueVersion | None = None
        self._held: HeldFile | None = None  # the scores of the queue
        self._tried: tuple[str, float] = ("", 0.0)  # which version was read last, and when
        self._seen = ""  # the version at the last look
        self._logged = LoggedProgress("review")
        self._stop = Event()
        self._thread = Thread(target=self._follow, name="review", daemon=True)

    def _check(self) -> None:
        try:
            files = self.sources.files()
        except OSError as error:
            gone = isinstance(error, FileNotFoundError)
            reason = "no such file" if gone else f"cannot be read ({error.strerror})"
            raise InputError(f"{error.filename}: {reason}: name scores of heroic score") from error
        for path in (files.scores, files.previous):
            if path is not None:
                check_scores(path)

    def begin(self) -> None:
        """Begin to read the scores."""
        self._thread.start()

    def end(self) -> None:
        """Stop reading, and close the store; what was said is in it already."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._held is not None:
            self._held.close()
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
        if self._queue is not None and self._board.current is not self._queue:
            self._board = self._board.renewed(self._queue)
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

    def _follow(self) -> None:
        """Read the scores, and again when others are in their place, until the server ends."""
        while True:
            self._look()
            if self._stop.wait(LOOK_S):
                return

    def _look(self) -> None:
        try:
            files = self.sources.files()
        except (OSError, InputError):  # they are being replaced just now
            return
        tried, at = self._tried
        grows, self._seen = files.version != self._seen, files.version
        if self._queue is not None and files.version == self._queue.version:
            self.reading = replace(self.reading, refused=None)
            return
        if files.version == tried and time.monotonic() < at + AGAIN_S:
            return
        if grows and self._queue is not None:  # by a copy under way, it may be
            return
        self._tried = files.version, time.monotonic()
        try:
            self._read(files)
        except _Stopped:
            return
        except Exception as error:  # whatever is wrong with the scores, everything else is served
            told = isinstance(error, InputError | OSError)
            _log.error("the scores to review were not read: %s", error, exc_info=None if told else error)
            reason = (
                str(error) if isinstance(error, InputError) else f"{files.scores}: could not be read; the log says why"
            )
            if self._queue is None:
                self.reading = replace(self.reading, failed=reason)
            else:
                self.reading = replace(self.reading, refused=reason)

    def _read(self, files: ScoresFiles) -> None:
        held, before = HeldFile(files.scores), self._held
        self._logged = LoggedProgress("review")  # of this reading
        try:
            with nullcontext() if before is None else before.as_path() as replaced:
                previous = replaced if files.previous is None else files.previous
                queue = read_queue(
                    files.scores, self.current.opened.index.catalog, previous=previous, progress=self._tell
                )
        except BaseException:
            held.close()
            raise
        if before is not None:
            before.close()
        self._queue, self._held = QueueVersion(files.version, queue), held
        _log.info("read %d scored pairs, %d are in the queue", queue.counts.rows, queue.counts.kept)
        self.reading = ScoresReading(queue.counts.rows, queue.counts.rows, finished=True)

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self._stop.is_set():
            raise _Stopped
        self._logged(stage, done, total)
        if self._queue is None:
            self.reading = ScoresReading(done, total)


class _Stopped(Exception):
    """The server ends before the scores are read."""
