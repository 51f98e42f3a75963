"""The access log says of every request when it was answered, which route it took, how it ended, how long it took, and who asked."""

import logging
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from queue import Full, Queue
from threading import Thread

import orjson

from indexing.errors import InputError

STANDARD_OUTPUT = Path("-")
MOST_WAITING = 10_000  # lines, some 2 MiB
END_S = 2.0  # in which what waits is written when the server ends
VISITOR = "visitor"  # in a request's scope: who asks
_log = logging.getLogger("heroic.serve")


class AccessLog:
    """It writes a line of JSON a request into a file, or to the standard output where that is `-`.

    Neither addresses nor what was asked stand in it. A file that is moved away or removed, as programs do that rotate logs,
    is made anew with the next line. Lines wait for a thread of their own: a pipe that nobody reads keeps nobody from an answer.
    What cannot be written, on a full disk, say, is said once; such lines, and those that come while MOST_WAITING wait, are left
    out, and counted.
    """

    def __init__(self, path: Path, *, most: int = MOST_WAITING) -> None:
        """Raises InputError for a file that cannot be written."""
        self.path = path
        self._file: int | None = None
        self._failed = False
        self._crowded_out = 0  # two counts, as two threads count
        self._unwritten = 0
        self._waiting: Queue[bytes | None] = Queue(most)
        try:
            self._reopen()
        except OSError as error:
            raise InputError(f"--access-log {path}: cannot be written ({error.strerror}): name another file") from error
        self._thread = Thread(target=self._write_all, name="access-log", daemon=True)
        self._thread.start()

    @property
    def left_out(self) -> int:
        """Return how many lines were left out, since those before could not be written fast enough, or they could not be at all."""
        return self._crowded_out + self._unwritten

    def end(self, wait_s: float = END_S) -> None:
        """Write what waits, as far as that can be done in time."""
        with suppress(Full):
            self._waiting.put(None, timeout=wait_s / 2)
        self._thread.join(wait_s / 2)

    def add(self, route: str, method: str, status: int, *, seconds: float, visitor: str | None) -> None:
        """Let the line of a request that is answered be written."""
        told = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1e3, 1),
            "visitor": visitor,
        }
        try:
            self._waiting.put_nowait(orjson.dumps(told) + b"\n")
        except Full:
            if not self._crowded_out:
                _log.warning("--access-log %s: is written too slowly: lines are left out", self.path)
            self._crowded_out += 1

    def _write_all(self) -> None:
        while (line := self._waiting.get()) is not None:
            self._write(line)

    def _write(self, line: bytes) -> None:
        try:
            self._reopen()
            os.write(sys.stdout.fileno() if self._file is None else self._file, line)
            self._failed = False
        except OSError as error:
            self._unwritten += 1
            if not self._failed:
                _log.error(
                    "--access-log %s: cannot be written (%s): requests are not logged", self.path, error.strerror
                )
            self._failed = True

    def _reopen(self) -> None:
        """Open the file where it is not the one that lies there."""
        if self.path == STANDARD_OUTPUT:
            return
        with suppress(FileNotFoundError):
            if self._file is not None and os.path.samestat(os.fstat(self._file), os.stat(self.path)):
                return
        # a pipe that nobody has open for reading would be waited for: it is refused; one that is read slowly is waited for
        opened = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o640)
        os.set_blocking(opened, True)
        if self._file is not None:
            os.close(self._file)
        self._file = opened
