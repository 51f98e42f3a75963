"""A crew of processes of this machine: each does one task at a time, and one that dies or is stopped is replaced."""

import multiprocessing
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from indexing.running.attempts import Ended
from indexing.running.local import LOOPBACK
from indexing.running.tasks import Task
from indexing.running.worker import Result, run_task


@dataclass
class _Member:
    """It is a process with the pipe to it, and the task that it was given."""

    process: SpawnProcess
    pipe: Connection
    handle: int | None = None

    @property
    def name(self) -> str:
        return f"process {self.process.pid}"


@dataclass
class ProcessCrew:
    """They are `size` processes, started when they are first needed."""

    size: int
    members: list[_Member] = field(default_factory=list)
    address: str = LOOPBACK

    def give(self, handle: int, what: bytes, task: Task, avoid: Sequence[str]) -> None:
        """Give a task to a process that is free. All are on one machine: another one is as good as can be."""
        member = next((member for member in self.members if member.handle is None and member.name not in avoid), None)
        if member is None:
            member = self._free_place()
        member.handle = handle
        with suppress(OSError):  # it has died: which is reported when it is looked at
            member.pipe.send((what, task))

    def reports(self, wait_s: float) -> list[Ended]:
        """Return what the processes sent; the end of one is an end of its pipe."""
        by_pipe = {id(member.pipe): member for member in self.members if member.handle is not None}
        ready = wait([member.pipe for member in by_pipe.values()], wait_s)
        return [self._report(by_pipe[id(pipe)]) for pipe in ready]

    def stop(self, handle: int) -> str:
        """Kill the process that does a task, unless all have been killed."""
        member = next((member for member in self.members if member.handle == handle), None)
        if member is None:
            return "no process"
        self._end(member)
        return member.name

    def close(self) -> None:
        """Kill all processes."""
        for member in list(self.members):
            self._end(member)

    def _report(self, member: _Member) -> Ended:
        handle = member.handle
        assert handle is not None
        try:
            result: Result | None = member.pipe.recv()
        except (EOFError, OSError):
            self._end(member)
            return Ended(handle, member.name, None)
        member.handle = None
        return Ended(handle, member.name, result)

    def _free_place(self) -> _Member:
        """Start a process, in the place of one that is free where there are enough."""
        if len(self.members) >= self.size:
            self._end(next(member for member in self.members if member.handle is None))
        context = multiprocessing.get_context("spawn")  # threads of engines do not survive a fork
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        member = _Member(process, ours)
        self.members.append(member)
        return member

    def _end(self, member: _Member) -> None:
        self.members.remove(member)
        member.process.kill()
        member.process.join()
        member.pipe.close()


def _work(pipe: Connection) -> None:
    """Do tasks until the other end of the pipe is closed. An interrupt is of the command, which kills its processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    name = f"process {multiprocessing.current_process().pid}"
    while True:
        try:
            what, task = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            pipe.send(run_task(what, task, name))
        except OSError:
            return  # who gave the task is gone: its part is there for the next run
