"""The current version of index and model is what new requests are answered with; a newer one takes its place without a pause."""

import logging
import math
import time
from collections.abc import Callable
from threading import Event, Lock, Thread

from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from scripts.serve.engine.logged_progress import LoggedProgress
from scripts.serve.engine.served import Served, Sources, open_sources

LOOK_S = 1.0  # between two looks at the folders
FIRST_RETRY_S, LAST_RETRY_S = 2.0, 300.0  # after a failure that may pass; each wait is twice the one before
_log = logging.getLogger("heroic.serve")


class Current:
    """It holds the version that is served, and takes up a newer one that lies in its place.

    A version that cannot be opened is not taken: the one before goes on, and `refused` says why. What may pass (a disk
    that is full, no memory, no more files) is tried again, later and later. Whoever still works on an older version keeps
    it open by holding it.
    """

    def __init__(
        self, sources: Sources, *, clock: Callable[[], float] = time.monotonic, progress: Progress = silent
    ) -> None:
        """Open what is there now, and tell how far that is. Raises InputError when it cannot be opened."""
        self.sources = sources
        self.refused: str | None = None
        self.taken = 0  # how often a newer version took the place of another
        self._opened = open_sources(sources, progress=progress)
        self._seen = self._opened.identity
        self._clock, self._wait_s, self._again = clock, FIRST_RETRY_S, math.inf  # when what failed is tried again
        self._looking = Lock()
        self._listeners: list[Callable[[], None]] = []
        self._stop = Event()
        self._thread: Thread | None = None

    @property
    def opened(self) -> Served:
        return self._opened

    def look(self) -> bool:
        """Take up what lies in the place of the current version, if that is another; return whether it was taken."""
        with self._looking:
            now = self.sources.identity()
            if None in now:  # it is being replaced just now
                return False
            if now == self._seen and self._clock() < self._again:
                return False
            if now != self._seen:
                self._seen, self._wait_s = now, FIRST_RETRY_S
            try:
                self._opened = open_sources(self.sources, whole=True, progress=LoggedProgress("newer version"))
            except Exception as error:  # whatever is wrong with it, the current one goes on
                self._refuse(error)
                return False
            self._seen, self.refused, self._again = self._opened.identity, None, math.inf
            self.taken += 1
            _log.info("took up %s of %d products", self._opened.index.fingerprint, len(self._opened.index.catalog))
            for listener in self._listeners:
                listener()
            return True

    def _refuse(self, error: Exception) -> None:
        """Say once why a version is not taken up, and when it is tried again, if it may be another time."""
        told = isinstance(error, InputError | OSError)
        reason = " ".join(str(error).split())
        reason = reason if told else f"{type(error).__name__}: {reason}"
        if reason != self.refused:
            _log.error("a newer version was not taken up: %s", reason, exc_info=None if told else error)
        self.refused = reason
        final = isinstance(error, InputError) and not isinstance(error.__cause__, OSError)
        self._again = math.inf if final else self._clock() + self._wait_s
        self._wait_s = min(2 * self._wait_s, LAST_RETRY_S)

    def tell(self, listener: Callable[[], None]) -> None:
        """Call a listener whenever a newer version was taken up."""
        self._listeners.append(listener)

    def watch(self, every_s: float = LOOK_S) -> None:
        """Look again and again, in a thread of its own, until `end`."""
        self._thread = Thread(target=_repeat, args=(self.look, self._stop, every_s), name="watch", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop looking."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()


def _repeat(look: Callable[[], bool], stop: Event, every_s: float) -> None:
    while not stop.wait(every_s):
        try:
            look()
        except Exception:  # whatever goes wrong with a newer version, the current one is served
            _log.exception("looking for a newer version failed")
