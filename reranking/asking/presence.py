"""A session is present as long as it holds a lock that ends with its process, however that ends.

The lock is one byte of an empty file beside the store, far behind its end, where no other session's is; it belongs to the open file
(`F_OFD_SETLK`), so that several sessions of one process are told apart.
"""

import fcntl
import os
import struct
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

FLOCK = "hhqqi4x"  # struct flock: type, whence, start, length, process


class Presence:
    """It is that of one session. `locked` is False where the file system has no such locks: nobody can tell then when it ends."""

    def __init__(self, store: Path) -> None:
        self.session = uuid.uuid4().hex
        self._file = -1
        with suppress(OSError):
            beside = store.with_name(f"{store.name}.sessions")
            self._file = os.open(beside, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self.locked = self._file >= 0 and self._lock()

    def __del__(self) -> None:
        self.end()

    def gone(self, sessions: Iterable[str]) -> set[str]:
        """Return those of the sessions, which had locks, that have theirs no longer; none where this one has none to compare with."""
        others = set(sessions) - {self.session}
        return {session for session in others if self._is_free(session)} if self.locked else set()

    def end(self) -> None:
        """Let go of the lock."""
        file, self._file, self.locked = self._file, -1, False
        if file >= 0:
            os.close(file)

    def _lock(self) -> bool:
        try:
            fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, _byte_of(self.session, fcntl.F_RDLCK))
        except OSError:
            return False
        return True

    def _is_free(self, session: str) -> bool:
        found = fcntl.fcntl(self._file, fcntl.F_OFD_GETLK, _byte_of(session, fcntl.F_WRLCK))
        return int(struct.unpack(FLOCK, found)[0]) == fcntl.F_UNLCK


def _byte_of(session: str, kind: int) -> bytes:
    """Return what the system is told of a lock: one byte, at the first 60 bits of the session's name."""
    return struct.pack(FLOCK, kind, os.SEEK_SET, int(session[:15], 16), 1, 0)
