"""The board holds the groups of a file with their links, and takes up a newer file that lies in its place."""

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import Literal

import numpy as np

from eval.inputs.scored_blocks import scored_block
from eval.inputs.scores import read_score_blocks
from indexing.arrays import Ints1d
from indexing.errors import InputError
from indexing.files.tables import open_table
from indexing.machine.progress import Progress, silent
from reranking.grouping.group_files import GROUP, ID, read_groups, read_threshold
from reranking.grouping.linked_groups import LinkedGroups, link_groups
from reranking.grouping.scored_pairs import ScoredBlock
from scripts.serve.engine.logged_progress import LoggedProgress

AGAIN_S = 60.0  # after a file that could not be read, while it stays the same
Order = Literal["largest", "weakest"]
_log = logging.getLogger("heroic.serve")


@dataclass(frozen=True)
class GroupSources:
    """They say where the groups are, the scores they were made of, if any, and the file of decisions, if any."""

    groups: Path
    scores: Path | None = None
    decisions: Path | None = None

    def version(self) -> str:
        """Return a word that changes when a file is replaced."""
        found = []
        for path in (self.groups, self.scores):
            if path is not None:
                about = os.stat(path)
                found.append((about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns))
        return hashlib.sha256(json.dumps(found).encode()).hexdigest()[:16]

    def check(self) -> None:
        """Raise InputError for files that are missing, or lack columns, before all of them is read, which may take long."""
        names = open_table(self.groups).names
        missing = [name for name in (ID, GROUP) if name not in names]
        if missing:
            raise InputError(f"{self.groups}: no column '{missing[0]}': give a file that heroic groups wrote")
        next(self.blocks(), None)

    def blocks(self, progress: Progress = silent) -> Iterator[ScoredBlock]:
        """Yield the scored pairs, called as they were when they were grouped."""
        if self.scores is not None:
            threshold, done = read_threshold(self.groups), 0
            total = 0 if progress is silent else open_table(self.scores).about_rows()  # lines of text are counted
            progress("read scores", done, total)
            for found in read_score_blocks(self.scores):
                yield scored_block(found, threshold)
                done += len(found.values)
                progress("read scores", min(done, total), total)


@dataclass(frozen=True)
class OpenedGroups:
    """They are one version of the groups: those of two and more products in each order, by number."""

    linked: LinkedGroups
    version: str
    has_links: bool
    orders: dict[Order, Ints1d]

    @classmethod
    def read(cls, sources: GroupSources, progress: Progress = silent) -> "OpenedGroups":
        version = sources.version()  # before: what is replaced from now on is seen as another one
        size = open_table(sources.groups).about_rows()
        progress("read groups", 0, size)
        groups = read_groups(sources.groups)
        progress("read groups", size, size)
        linked = link_groups(groups, sources.blocks(progress), sources.scores or sources.groups)
        sizes, weakest = np.diff(linked.members.starts), linked.weakest_probabilities()
        numbers = np.flatnonzero(sizes > 1)
        largest = numbers[np.lexsort([numbers, -sizes[numbers]])]
        loosest = numbers[np.lexsort([numbers, -sizes[numbers], weakest[numbers]])]  # NaN, no link, comes last
        return cls(linked, version, sources.scores is not None, {"largest": largest, "weakest": loosest})


class GroupBoard:
    """It reads the files in a thread of its own, so that nobody waits for it longer than a request may; while a newer version
    is being read, and where it cannot be, the one before is shown."""

    def __init__(self, sources: GroupSources, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to read. Raises InputError for files that cannot be groups and scores."""
        sources.check()
        self.sources = sources
        self.refused: str | None = None
        self._opened: OpenedGroups | None = None
        self._clock, self._tried, self._tried_at = clock, "", 0.0
        self._lock, self._thread = Lock(), Thread()
        self._begin()

    def current(self) -> OpenedGroups | None:
        """Return the groups that are read, None while the first are; begin to read a newer version that lies in the place of
        those. Raises InputError where the first cannot be read."""
        self._begin()
        if self._opened is None and self.refused is not None and not self._reading:
            raise InputError(self.refused)
        return self._opened

    def wait(self) -> None:
        """Wait until what is being read is read."""
        if self._reading:
            self._thread.join()

    def _begin(self) -> None:
        with self._lock:
            if not self._reading and self._newer():
                self._thread = Thread(target=self._read, name="groups", daemon=True)
                self._thread.start()

    @property
    def _reading(self) -> bool:
        return self._thread.is_alive()

    def _newer(self) -> bool:
        try:
            version = self.sources.version()
        except OSError:  # it is being replaced just now
            return False
        if self._opened is not None and version == self._opened.version:
            return False
        fresh = version != self._tried or self._clock() >= self._tried_at + AGAIN_S
        if fresh:
            self._tried, self._tried_at = version, self._clock()
        return fresh

    def _read(self) -> None:
        try:
            self._opened = OpenedGroups.read(self.sources, LoggedProgress("groups"))
            self.refused = None
            _log.info("took up %d groups", len(self._opened.orders["largest"]))
        except Exception as error:  # whatever is wrong with it, those of before are shown
            told = isinstance(error, InputError | OSError)
            self.refused = " ".join(str(error).split()) if told else "the groups cannot be read: the log says why"
            _log.error("groups were not taken up: %s", error, exc_info=None if told else error)
