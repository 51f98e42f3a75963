"""Tasks are given to a crew of workers, watched, and tried again elsewhere where a worker died or hung."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from indexing.errors import Unfinished
from indexing.running.same_versions import own_versions
from indexing.running.tasks import Counts, Done, Opened, Recipe, Task, unfinished
from indexing.running.worker import Result, packed

ATTEMPTS = 3
WAIT_S = 1.0  # at most, until it is seen that a task hangs
PATIENCE_S = 60.0  # that a crew without any worker, or with too few for tasks that run at once, is waited for
GRACE_S = 5.0  # in which it is told that a worker died, after others have found it gone


@dataclass(frozen=True)
class Ended:
    """It says that a task which was given out (`handle`) ended on a node: with a result, or without one (None), since its
    process died."""

    handle: int
    node: str
    result: Result | None


class Crew(Protocol):
    """They are workers somewhere, which are given tasks and report."""

    @property
    def size(self) -> int:
        """Return how many tasks can run at once now; machines come and go."""
        ...

    @property
    def address(self) -> str:
        """Return the IP address at which the workers reach this process."""
        ...

    def give(self, handle: int, what: bytes, task: Task, avoid: Sequence[str]) -> None:
        """Let a worker do a task, if possible not on the nodes to avoid."""
        ...

    def reports(self, wait_s: float) -> list[Ended]:
        """Return what has ended, after waiting for it at most so long."""
        ...

    def stop(self, handle: int) -> str:
        """Stop a task that takes too long, whatever it does; nothing is reported of it. Return its node."""
        ...

    def close(self) -> None:
        """End all workers."""
        ...


@dataclass
class _Given:
    """It is a task that was given out, when, and where it had failed before."""

    task: Task
    attempt: int = 1
    begun: float = 0.0
    nodes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class CrewRunner:
    """It runs tasks by a crew. One that takes longer than `limit_s` seconds is stopped, and tried again elsewhere. `alike`
    says that workers must compute with the versions of this process."""

    crew: Crew
    limit_s: float | None = None
    attempts: int = ATTEMPTS
    apart: bool = True
    alike: bool = True

    @property
    def workers(self) -> int:
        return max(self.crew.size, 1)

    def map(
        self, work: Callable[[Task, Opened], Counts], tasks: Sequence[Task], shared: Recipe[Opened]
    ) -> Iterator[Done]:
        """Run the tasks; what one raises is raised here. Storage that failed is tried again; Unfinished is raised for it after
        the last attempt."""
        return _Run(self, self._packed(work, shared), deque(_Given(task) for task in tasks)).outcomes()

    @property
    def address(self) -> str:
        return self.crew.address

    def together(self, work: Callable[[Task, Opened], Counts], tasks: Sequence[Task], shared: Recipe[Opened]) -> str:
        """Run tasks that talk to one another. Raises Unfinished where there are not as many workers for a minute."""
        self._wait_for(len(tasks))
        return _Meeting(self.crew, tasks).run(self._packed(work, shared))

    def _packed(self, work: Callable[[Task, Opened], Counts], shared: Recipe[Opened]) -> bytes:
        return packed(work, shared, own_versions() if self.alike else None)

    def _wait_for(self, workers: int) -> None:
        until = time.monotonic() + PATIENCE_S
        while self.crew.size < workers:
            if time.monotonic() > until:
                raise Unfinished(
                    f"{workers} workers are needed at once, and there are {self.crew.size}: start more, then run the same command "
                    "again: finished parts are kept"
                )
            time.sleep(min(WAIT_S, 0.1))

    def close(self) -> None:
        """End the crew."""
        self.crew.close()


@dataclass
class _Run:
    """It is one map under way."""

    runner: CrewRunner
    what: bytes
    waiting: deque[_Given]
    given: dict[int, _Given] = field(default_factory=dict)
    numbers: int = 0
    idle_since: float | None = None

    def outcomes(self) -> Iterator[Done]:
        try:
            while self.waiting or self.given:
                self._give_out()
                for given, report in self._reported():
                    yield from self._heard(given, report)
                yield from self._too_long()
        finally:
            for handle in list(self.given):
                self.runner.crew.stop(handle)

    def _give_out(self) -> None:
        while self.waiting and len(self.given) < self.runner.crew.size:
            given = self.waiting.popleft()
            given.begun, self.numbers = time.monotonic(), self.numbers + 1
            self.given[self.numbers] = given
            self.runner.crew.give(self.numbers, self.what, given.task, given.nodes)
        if self.given:
            self.idle_since = None
        elif self.waiting:
            self._wait_for_workers()

    def _wait_for_workers(self) -> None:
        self.idle_since = self.idle_since or time.monotonic()
        if time.monotonic() - self.idle_since > PATIENCE_S:
            raise Unfinished(
                f"no machine is left for {len(self.waiting):,} parts: start some, then run the same command again: finished "
                "parts are kept"
            )
        time.sleep(min(WAIT_S, 0.1))

    def _reported(self) -> list[tuple[_Given, Ended]]:
        """Return what has ended: none of it is under way any more, whatever comes of the first."""
        return [(self.given.pop(report.handle), report) for report in self.runner.crew.reports(WAIT_S)]

    def _heard(self, given: _Given, report: Ended) -> Iterator[Done]:
        result = report.result
        if result is None:
            yield from self._again(given, report.node, "its process died there")
        elif result.error is None:
            yield Done(given.task, result.counts, report.node, given.attempt, result.seconds)
        elif result.passing and given.attempt < self.runner.attempts:
            yield from self._again(given, report.node, str(result.error))
        elif result.passing:
            met = str(result.error) or type(result.error).__name__
            raise unfinished(given.task, given.attempt, report.node, f"met: {met}") from result.error
        else:
            raise result.error

    def _too_long(self) -> Iterator[Done]:
        limit = self.runner.limit_s
        if limit is None:
            return
        now = time.monotonic()
        for handle in [handle for handle, given in self.given.items() if now - given.begun > limit]:
            node = self.runner.crew.stop(handle)
            yield from self._again(self.given.pop(handle), node, f"took longer than {limit:g} s there")

    def _again(self, given: _Given, node: str, why: str) -> Iterator[Done]:
        """Put a task back in the queue, for another node, or give it up."""
        given.nodes.append(node)
        if given.attempt >= self.runner.attempts:
            yield Done(given.task, {}, node, given.attempt, lost=why)
            return
        given.attempt += 1
        self.waiting.append(given)


@dataclass
class _Meeting:
    """It is tasks that run at once, and fail together."""

    crew: Crew
    tasks: Sequence[Task]
    met: str = ""  # what the first that found another one gone says
    until: float | None = None

    def run(self, what: bytes) -> str:
        under_way = set(range(len(self.tasks)))
        try:
            for handle in sorted(under_way):
                self.crew.give(handle, what, self.tasks[handle], ())
            while under_way and not self._over():
                reports = self.crew.reports(WAIT_S)
                under_way -= {report.handle for report in reports}  # none of them can be stopped any more
                for report in reports:
                    if report.result is None:
                        return f"{self.tasks[report.handle]} failed on {report.node}: its process died there"
                    self._heard(report, report.result)
            return self.met
        finally:
            for handle in under_way:
                self.crew.stop(handle)

    def _heard(self, report: Ended, result: Result) -> None:
        if result.error is None:
            return
        if not result.passing:
            raise result.error
        if self.until is None:
            self.met = f"{self.tasks[report.handle]} on {report.node} met: {result.error}"
            self.until = time.monotonic() + GRACE_S

    def _over(self) -> bool:
        return self.until is not None and time.monotonic() > self.until
