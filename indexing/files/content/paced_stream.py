"""A paced stream gives bytes to Arrow, which reads ahead in a thread of its own, no faster than they are used."""

import io
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

AHEAD = 3  # blocks that are read before the first is used
PATIENCE_S = 0.1  # Arrow may need more of them to make one that can be used
LETTING_GO_S = 0.5  # Arrow's thread is waited for no longer, which keeps it where a row was too long


class PacedStream(io.RawIOBase):
    """It reads a stream. Without it Arrow reads 32 blocks ahead, which takes their memory and lets them go cold; and a program
    that ends while that thread is in Python is aborted."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._permits = stream, threading.Semaphore(AHEAD)
        self._ending = False

    def readable(self) -> bool:
        """Return True: it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, none at the end, when so many blocks before were used."""
        self._permits.acquire(timeout=PATIENCE_S)
        content: bytes = b"" if self._ending else self._stream.read(size)
        return content

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
def paced(stream: Any) -> Iterator[PacedStream]:
    """Give a stream, paced; it is closed when Arrow's thread has let go of it too, which a program that ends would not
    outlive."""
    given = PacedStream(stream)
    alone = sys.getrefcount(given)
    try:
        yield given
    finally:
        given.end()
        until = time.monotonic() + LETTING_GO_S
        while sys.getrefcount(given) > alone + 1 and time.monotonic() < until:  # one is that of the `with` around
            time.sleep(0.001)
        given.close()
