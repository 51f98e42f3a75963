"""Long work shows its progress on stderr: a bar with an estimate on a terminal, a line a minute and a finished stage elsewhere."""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexing.machine.progress import Progress

COUNTED = {
    "train": "boosters trained",
    "count words": "products whose words are counted",
    "prepare": "views whose neighbours are read",
    "find products": "pairs looked at for their products",
    "group": "pairs grouped",
    "constants": "rows looked at for columns that are the same in all",
}  # what a stage counts, where its name does not say so
PASSED_S = 1.0  # on the way to an answer, after which a stage is told of
TOLD_EVERY_S = 60.0  # where lines stand for bars


@contextmanager
def shown(*, passing: bool = False) -> Iterator["Progress"]:
    """Yield a `Progress` to hand to the library. Of what is only on the way to an answer (`passing`) no bar stays, and no line
    tells what took less than a second."""
    if sys.stderr.isatty():
        with _bars(passing) as progress:
            yield progress
    else:
        yield _Lines(PASSED_S if passing else 0.0)


@contextmanager
def _bars(passing: bool) -> Iterator["Progress"]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    bars = Bars(*columns, console=Console(stderr=True), transient=passing)
    tasks: dict[str, object] = {}

    def progress(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total)
            bars.start()  # with the first stage: where nothing is told, nothing is drawn
        bars.update(tasks[stage], completed=done, total=total)  # type: ignore[arg-type]

    try:
        yield progress
    finally:
        if tasks:  # what tells nothing leaves nothing
            bars.stop()


class _Lines:
    """It is a `Progress` that tells a stage when it ends, if it took `least_s`, and each minute until then."""

    def __init__(self, least_s: float) -> None:
        self._least_s = least_s
        self._begun: dict[str, tuple[float, int]] = {}  # when, and what was done then
        self._ended = ("", 0.0)  # the stage of the last line, and when that was
        self._told = -math.inf

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage not in self._begun:  # that may be of a file after another one
            self._begun[stage] = (self._ended[1], 0) if stage == self._ended[0] else (now, done)
        took, of_stage = now - self._begun[stage][0], COUNTED.get(stage, stage)
        if done >= total:
            if took >= self._least_s:
                self._tell(f"{of_stage}: {total:,} in {took:.1f} s", now)
            self._ended = stage, now
            del self._begun[stage]
        elif now >= max(self._told, self._begun[stage][0]) + TOLD_EVERY_S:
            just = done - self._begun[stage][1]
            left = f", about {took / just * (total - done):.0f} s left" if just else ""
            self._tell(f"{of_stage}: {done:,} of {total:,} in {took:.0f} s{left}", now)

    def _tell(self, line: str, now: float) -> None:
        self._told = now
        print(line, file=sys.stderr, flush=True)
