"""Workers are threads that do what takes long, as many at once as the machine can do, while a bounded number waits."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

Found = TypeVar("Found")


class Busy(Exception):
    """So many requests wait already that another one would wait too long."""


class TooLate(Exception):
    """The work did not end before its deadline."""


class Workers:
    """A piece of work waits for a thread, or is refused where `waiting` others do; after `deadline_s` nobody waits for it any
    longer, and it is never begun if it has not been."""

    def __init__(self, threads: int, waiting: int, deadline_s: float) -> None:
        self.threads, self.waiting, self.deadline_s = threads, waiting, deadline_s
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="worker")
        self._lock, self._here = Lock(), 0

    @property
    def here(self) -> int:
        """Return how many pieces of work are being done or wait."""
        return self._here

    async def do(self, work: Callable[..., Found], *given: Any) -> Found:
        """Return what `work` returns of what is given. Raises what it raises, Busy, and TooLate."""
        with self._lock:
            if self._here >= self.threads + self.waiting:
                raise Busy
            self._here += 1
        future = self._pool.submit(work, *given)
        future.add_done_callback(self._leave)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self.deadline_s)
        except TimeoutError as error:
            if future.done() and not future.cancelled():  # the work's own error
                raise
            raise TooLate from error

    def begin(self, work: Callable[[], None]) -> None:
        """Do work when those before it are done; nobody waits for it."""
        self._pool.submit(work)

    def end(self, last: Callable[[], None] | None = None) -> None:
        """Let what was begun come to its end; what waits is not begun, or is, where there is a `last` thing to do after it."""
        if last is None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        else:
            self._pool.submit(last)
            self._pool.shutdown(wait=True)

    def _leave(self, future: "Future[Any]") -> None:
        with self._lock:
            self._here -= 1
