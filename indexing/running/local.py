"""The local runner runs tasks one after the other in this process: no machine is asked, nothing is sent."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from indexing.errors import InputError
from indexing.running.tasks import Counts, Done, Opened, Recipe, Task

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class LocalRunner:
    """It is the runner of one process. With `apart` tasks write parts as they would elsewhere."""

    apart: bool = False
    workers: int = 1
    address: str = LOOPBACK

    def map(
        self, work: Callable[[Task, Opened], Counts], tasks: Sequence[Task], shared: Recipe[Opened]
    ) -> Iterator[Done]:
        """Run the tasks in their order. What one raises is raised as it is, with a note that names the task."""
        opened = shared.open() if tasks else None
        for task in tasks:
            try:
                counts = work(task, opened)  # type: ignore[arg-type]  # with tasks there is something opened
            except Exception as error:
                error.add_note(str(task))
                raise
            yield Done(task, counts)

    def together(self, work: Callable[[Task, Opened], Counts], tasks: Sequence[Task], shared: Recipe[Opened]) -> str:
        """Run one task. Raises InputError for more: in one process none could wait for another."""
        if len(tasks) > 1:
            raise InputError(f"{len(tasks)} tasks that talk to one another need as many workers: give --cluster")
        for _ in self.map(work, tasks, shared):
            pass
        return ""

    def close(self) -> None:
        """Let nobody go."""


HERE = LocalRunner()
