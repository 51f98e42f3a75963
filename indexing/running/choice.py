"""A word of the user's says where tasks run: in this process, in several of this machine, or on a Ray cluster."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from indexing.errors import PARTS_AGAIN, InputError, kept_when_interrupted
from indexing.running.attempts import CrewRunner
from indexing.running.local import HERE
from indexing.running.processes import ProcessCrew
from indexing.running.tasks import Runner

MOST_PROCESSES = 1024
WORDS = "auto, HOST:PORT of a Ray head, or local:PROCESSES"


def refuse_cluster(where: str | None, *, limit_s: float | None = None) -> None:
    """Raise InputError for a word that names no place to run tasks, and for a limit of those of this process, which nobody
    could stop; before anything is read."""
    if where is None and limit_s is not None:
        raise InputError("--task-timeout: is for parts done elsewhere: give --cluster too")
    if where is None or where == "auto" or re.fullmatch(r"[^\s:/]+:\d{1,5}", where):
        host, _, number = (where or "").rpartition(":")
        if host != "local" or 1 <= int(number) <= MOST_PROCESSES:
            return
    raise InputError(f"--cluster {where}: give {WORDS} (1 to {MOST_PROCESSES})")


@contextmanager
def chosen_runner(where: str | None, *, limit_s: float | None = None, alike: bool = True) -> Iterator[Runner]:
    """Yield the runner that `where` names (None: this process); its workers are let go afterwards. Where they are `alike`, an interrupt says that
    finished parts are passed over. `limit_s` seconds are
    what a task may take; workers with other versions are refused, unless they need not be `alike`. Raises InputError where no cluster answers."""
    refuse_cluster(where)
    runner = _runner(where, limit_s, alike)
    try:
        with kept_when_interrupted(PARTS_AGAIN) if runner.apart and alike else nullcontext():
            yield runner
    finally:
        runner.close()


def _runner(where: str | None, limit_s: float | None, alike: bool) -> Runner:
    if where is None:
        return HERE
    host, _, number = where.rpartition(":")
    if host == "local":
        return CrewRunner(ProcessCrew(int(number)), limit_s, alike=alike)
    from indexing.running.ray_crew import join_cluster

    return CrewRunner(join_cluster(where), limit_s, alike=alike)
