"""Long work shows its progress on stderr: a bar with an estimate on a terminal, a line a finished stage elsewhere."""

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
    "prepare": "steps to read the catalogue for the model",
    "constants": "rows looked at for columns that are the same in all",
}  # what a stage counts, where its name does not say so
PASSED_S = 1.0  # on the way to an answer, after which a stage is told of


@contextmanager
def shown(*, passing: bool = False) -> Iterator["Progress"]:
    """Yield a `Progress` to hand to the library. Of what is only on the way to an answer (`passing`) no bar stays, and no line
    tells what took less than a second."""
    if sys.stderr.isatty():
        with _bars(passing) as progress:
            yield progress
    else:
        yield _lines(PASSED_S if passing else 0.0)


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


def _lines(least_s: float) -> "Progress":
    started: dict[str, float] = {}
    ended = ("", 0.0)  # the stage of the last line, and when that was

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal ended
        now = time.monotonic()
        begun = started.setdefault(stage, ended[1] if stage == ended[0] else now)  # of a file after another one
        if done >= total and now - begun >= least_s:
            print(f"{COUNTED.get(stage, stage)}: {total:,} in {now - begun:.1f} s", file=sys.stderr, flush=True)
        if done >= total:
            ended = stage, now
            del started[stage]

    return progress
