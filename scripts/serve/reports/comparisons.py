"""Comparing two reports draws pairs again and again, which may take longer than a request: it goes on, and whoever asks again finds it."""

import asyncio
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

from eval.comparing.comparison import compare_reports
from eval.comparing.judged import read_report
from eval.comparing.render import as_document
from eval.metrics.intervals import Draws
from scripts.serve.engine.workers import Busy
from scripts.serve.reports.shelf import ShelvedReport

ROUNDS = 200  # as heroic compare
MOST_KEPT = 32
MOST_WAITING = 8
_Key = tuple[tuple[int, int, int], tuple[int, int, int]]


class StillComparing(Exception):
    """Two reports are being compared, longer than anybody waits."""


class Comparisons:
    """It compares one couple of reports after another, and keeps the last ones."""

    def __init__(self, folder: Path, wait_s: float) -> None:
        self.folder, self.wait_s = folder, wait_s
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="compare")
        self._lock = Lock()
        self._made: OrderedDict[_Key, Future[dict[str, Any]]] = OrderedDict()

    async def of_reports(self, first: ShelvedReport, second: ShelvedReport) -> dict[str, Any]:
        """Return what `heroic compare --json` says. Raises InputError for what cannot be compared, StillComparing after a while,
        and Busy where too many wait."""
        future = self._begin(first, second)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), self.wait_s)
        except TimeoutError as error:
            if future.done():  # the work's own error
                raise
            raise StillComparing(f"{first.name} and {second.name} are being compared") from error

    def end(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, first: ShelvedReport, second: ShelvedReport) -> "Future[dict[str, Any]]":
        """Return the work of comparing two reports: that of before, unless it failed."""
        key = (first.seen, second.seen)
        with self._lock:
            kept = self._made.get(key)
            if kept is None or (kept.done() and kept.exception() is not None):
                self._make_room()
                self._made[key] = self._pool.submit(self._compare, first.name, second.name)
            self._made.move_to_end(key)
            return self._made[key]

    def _make_room(self) -> None:
        done = [key for key, future in self._made.items() if future.done()]
        if len(self._made) - len(done) >= MOST_WAITING:
            raise Busy
        for key in done[: max(0, len(self._made) - MOST_KEPT + 1)]:
            del self._made[key]

    def _compare(self, first: str, second: str) -> dict[str, Any]:
        one, other = (read_report(self.folder / name) for name in (first, second))
        return as_document(compare_reports(one, other, Draws(rounds=ROUNDS, seed=0)))
