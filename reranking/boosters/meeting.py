"""Shares of a training find one another through a meeting place: XGBoost's tracker, at an address of this machine.

It has a process of its own, since it ends its process when a share that it has to warn is gone.
"""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

from indexing.errors import Unfinished

MEETING_S = 600  # that shares wait until all are there
SILENCE_S = 300  # that one waits to hear of the others, whatever they compute
BEGIN_S = 120.0  # until the process is there


@contextmanager
def meeting_of(shares: int, address: str) -> Iterator[dict[str, str | int]]:
    """Wait, in a process of its own, for shares that look for one another; yield what tells them the way there.

    Raises Unfinished where nobody can wait at this address.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_wait, args=(shares, address, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield {**_way(ours, address), "dmlc_timeout": SILENCE_S}
    finally:
        process.kill()
        process.join()
        ours.close()


def _way(pipe: Connection, address: str) -> dict[str, str | int]:
    with suppress(EOFError, OSError):
        if pipe.poll(BEGIN_S):
            found: dict[str, str | int] = pipe.recv()
            return found
    raise Unfinished(f"shares of the training cannot meet at {address}: see that it is an address of this machine")


def _wait(shares: int, address: str, pipe: Connection) -> None:
    """Let shares meet until the other end of the pipe is closed, as it is when its process ends."""
    from xgboost.tracker import RabitTracker

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is of the command, which ends this process
    tracker = RabitTracker(n_workers=shares, host_ip=address, sortby="task", timeout=MEETING_S)
    tracker.start()
    pipe.send(tracker.worker_args())
    with suppress(EOFError, OSError):
        pipe.recv()
    os._exit(0)
