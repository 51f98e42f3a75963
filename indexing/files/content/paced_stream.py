"""A paced stream gives bytes to Arrow, which reads ahead in a thread of its own, no faster than they are used."""

import io
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

AHEAD = 3  # blocks that are read before the first is used
PATIENCE_S = 0.1  # Arrow may need more of them to make one that can be used
LETTING_GO_S = 0.5  # Arrow's threads are waited for no longer, which keep it where a row was too long


class PacedStream(io.RawIOBase):
    """It reads a stream. Without it Arrow reads 32 blocks ahead, which takes their memory and lets them go cold; and a program
    that ends while that thread is in Python is aborted."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._permits = stream, threading.Semaphore(AHEAD)
        self._ending, self._lent = False, list[weakref.ref[memoryview]]()

    def readable(self) -> bool:
        """Return True: it can be read."""
        return True

    def read(self, size: int = -1) -> memoryview:
        """Return up to `size` bytes, none at the end, when so many blocks before were used."""
        self._permits.acquire(timeout=PATIENCE_S)
        content = memoryview(b"" if self._ending else self._stream.read(size))
        self._lent = [*(one for one in self._lent if one() is not None), weakref.ref(content)]
        return content

    @property
    def is_held(self) -> bool:
        """Return whether somebody still holds what it gave."""
        return any(one() is not None for one in self._lent)

    def used(self) -> None:
        """Say that a block was used, so that another is read."""
        self._permits.release()

    def end(self) -> None:
        """Give no more: what reads it comes to its end."""
        self._ending = True
        self._permits.release(AHEAD)

    def close(self) -> None:
        """End it, and close the stream behind it."""
        if not self.closed:
            self.end()
            self._stream.close()
            super().close()


@contextmanager
def paced(stream: Any, *called: object) -> Iterator[PacedStream]:
    """Give a stream, paced; it is closed when Arrow's threads have let go of it, of what it gave, and of what else they have
    `called`: a program that ends while one of them does would be aborted."""
    given = PacedStream(stream)
    alone = [sys.getrefcount(given) + 1, *map(sys.getrefcount, called)]  # one is that of the `with` around
    try:
        yield given
    finally:
        given.end()
        until = time.monotonic() + LETTING_GO_S
        while given.is_held or [sys.getrefcount(given), *map(sys.getrefcount, called)] != alone:
            if time.monotonic() > until:
                break
            time.sleep(0.001)
        given.close()
