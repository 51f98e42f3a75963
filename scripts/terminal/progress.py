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
    "constants": "rows looked at for columns that are the same in all",
}  # what a stage counts, where its name does not say so


@contextmanager
def shown() -> Iterator["Progress"]:
    """Yield a `Progress` to hand to the library."""
    if sys.stderr.isatty():
        with _bars() as progress:
            yield progress
    else:
        yield _lines()


@contextmanager
def _bars() -> Iterator["Progress"]:
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
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, object] = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)  # type: ignore[arg-type]

        yield progress


def _lines() -> "Progress":
    started: dict[str, float] = {}

    def progress(stage: str, done: int, total: int) -> None:
        begun = started.setdefault(stage, time.monotonic())
        if done >= total:
            what, took = COUNTED.get(stage, stage), time.monotonic() - begun
            print(f"{what}: {total:,} in {took:.1f} s", file=sys.stderr, flush=True)

    return progress
