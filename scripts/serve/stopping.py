"""A server that is told to stop does so within seconds, whatever runs: answers under way are finished, and then nothing is waited for long."""

import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from threading import Timer, current_thread, main_thread
from types import FrameType

import uvicorn

from scripts.terminal.interrupts import BY_SIGNAL, TWICE_S

ANSWERS_S = 5  # in which answers under way are finished
THREADS_S = 2.0  # more, in which work that nobody waits for any longer may come to its end
_log = logging.getLogger("heroic.serve")


class StoppingServer(uvicorn.Server):
    """It ends at the second signal at once, and after the first one in time: a model that explains, or candidates that are chosen
    for a reviewer, may go on for minutes.

    Nothing that was answered is lost then: verdicts are on disk before they are answered, and the rest is read alone.
    """

    told: int | None = None
    since = -inf  # when it was told first

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop at the first signal, and be gone at the second, which one of whoever runs it within a second is not."""
        if self.should_exit:
            if sig != signal.SIGINT and time.monotonic() - self.since < TWICE_S:
                return
            _leave(sig, "told twice to stop: answers under way are broken off")
        self.told, self.since = sig, time.monotonic()
        super().handle_exit(sig, frame)
        late = Timer(ANSWERS_S + THREADS_S, _leave, (sig, "work under way did not end in time: it is left"))
        late.daemon = True
        late.start()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop in order where the terminal is closed, too, which uvicorn does not look at, unless that is ignored."""
        closed = current_thread() is main_thread() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN
        with super().capture_signals():
            before = signal.signal(signal.SIGHUP, self.handle_exit) if closed else None
            try:
                yield
            finally:
                if closed:
                    signal.signal(signal.SIGHUP, before)

    def pass_on(self) -> None:
        """Raise KeyboardInterrupt where it was told to stop: the signal that uvicorn sends again may come while Python throws away what
        is raised."""
        if self.told is not None:
            raise KeyboardInterrupt


def _leave(sig: int, reason: str) -> None:
    """End the process without waiting for its threads, which Python would."""
    _log.warning(reason)
    os._exit(BY_SIGNAL + sig)
