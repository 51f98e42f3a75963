"""The access log says of every request when it was answered, which route it took, how it ended, how long it took, and who asked."""

import logging
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson

from indexing.errors import InputError

STANDARD_OUTPUT = Path("-")
VISITOR = "visitor"  # in a request's scope: who asks
_log = logging.getLogger("heroic.serve")


class AccessLog:
    """It writes a line of JSON a request into a file, or to the standard output where that is `-`.

    Neither addresses nor what was asked stand in it. A file that is moved away or removed, as programs do that rotate logs,
    is made anew with the next line. What cannot be written, on a full disk, say, is said once, and keeps nobody from an answer.
    """

    def __init__(self, path: Path) -> None:
        """Raises InputError for a file that cannot be written."""
        self.path = path
        self._file: int | None = None
        self._failed = False
        try:
            self._reopen()
        except OSError as error:
            raise InputError(f"--access-log {path}: cannot be written ({error.strerror}): name another file") from error

    def add(self, route: str, method: str, status: int, *, seconds: float, visitor: str | None) -> None:
        """Write the line of a request that is answered."""
        told = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1e3, 1),
            "visitor": visitor,
        }
        try:
            self._reopen()
            os.write(sys.stdout.fileno() if self._file is None else self._file, orjson.dumps(told) + b"\n")
            self._failed = False
        except OSError as error:
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
        # without waiting: a pipe that nobody reads would keep everybody from an answer
        opened = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o640)
        if self._file is not None:
            os.close(self._file)
        self._file = opened
