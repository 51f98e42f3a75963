"""A runner runs numbered tasks wherever it has workers. A task writes its part itself; what comes back are counts.

A task may run twice, late, or at the same time on two machines: it depends on nothing but what it is given, and writes
the same bytes under the same name, once they are whole.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, TypeVar, runtime_checkable

from indexing.errors import Unfinished

Opened = TypeVar("Opened")
OpenedTo = TypeVar("OpenedTo", covariant=True)
Counts = Mapping[str, int]


@dataclass(frozen=True)
class Task:
    """It is a task: its number, the range `first` to `last` of whatever it works on (the last one not included), and
    `about`, how people are told which part of their input it is."""

    number: int
    first: int
    last: int
    about: str

    def __str__(self) -> str:
        return f"part {self.number} ({self.about})"


@dataclass(frozen=True)
class Done:
    """It says that a task is done: what it counted, on which node, at which attempt and in how many seconds.

    `lost` says why a task is given up: its part was not written, and it counted nothing.
    """

    task: Task
    counts: Counts
    node: str = "here"
    attempt: int = 1
    seconds: float = 0.0
    lost: str = ""


@runtime_checkable
class Recipe(Protocol[OpenedTo]):
    """It opens what all tasks share, once in each process that works on them. It is small, and can be sent there."""

    def open(self) -> OpenedTo: ...


class Runner(Protocol):
    """It runs tasks. `workers` of them are under way at once; `apart` says whether that is in other processes, so that
    each task writes a part of its own, instead of straight into its place."""

    @property
    def workers(self) -> int: ...

    @property
    def apart(self) -> bool: ...

    def map(
        self, work: Callable[[Task, Opened], Counts], tasks: Sequence[Task], shared: Recipe[Opened]
    ) -> Iterator[Done]:
        """Run `work`, a function of a module, on every task; yield each when it is done, in any order.

        What a task raises is raised here, naming the task and where it ran. A task whose process dies or that takes
        too long is tried again elsewhere, and after the last attempt comes back `lost`.
        """
        ...

    @property
    def address(self) -> str:
        """Return the IP address at which workers reach this process."""
        ...

    def together(self, work: Callable[[Task, Opened], Counts], tasks: Sequence[Task], shared: Recipe[Opened]) -> str:
        """Run tasks that talk to one another, all at once, and each once; return why they failed, or nothing.

        Where one dies, or finds the others gone, all are stopped. What a task raises otherwise is raised here.
        """
        ...

    def close(self) -> None:
        """Let the workers go."""
        ...


def finished(outcomes: Iterable[Done]) -> Iterator[Done]:
    """Yield what is done. Raises Unfinished for the first task that is lost: without its part nothing is whole."""
    for outcome in outcomes:
        if outcome.lost:
            raise unfinished(outcome.task, outcome.attempt, outcome.node, outcome.lost)
        yield outcome


def unfinished(task: Task, attempts: int, node: str, why: str) -> Unfinished:
    """Return what to say of a task that is given up after so many attempts."""
    return Unfinished(
        f"{task} was tried {attempts} times, the last time on {node}, and {why}: look there, then run the same command again: "
        "finished parts are kept"
    )


def ranges(size: int, parts: int, about: str) -> list[Task]:
    """Return tasks that divide the places 0 to `size` into about equal ranges, at most `parts` and none empty."""
    parts = max(min(parts, size), 1)
    edges = [size * number // parts for number in range(parts + 1)]
    return [
        Task(number, first, last, f"{about} {first:,} to {last - 1:,}")
        for number, (first, last) in enumerate(pairwise(edges))
        if last > first
    ]
