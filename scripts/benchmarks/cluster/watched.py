"""A build is watched stage by stage: seconds, processor time, bytes written, and the memory of the command and of its workers."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indexing.running.tasks import Counts, Done, Opened, Recipe, Runner, Task

SAMPLE_S = 0.02
MIB = 2**20
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class StageTaken:
    """It has what a stage took: seconds by the clock and of processors, bytes written, and peaks of memory, in bytes: of the
    command and of the largest worker, their own (`anonymous`) and with the pages of files that they map (`resident`)."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    written: int = 0
    command_anonymous: int = 0
    command_resident: int = 0
    worker_anonymous: int = 0
    worker_resident: int = 0


@dataclass
class Watch:
    """It watches this process and its workers, which `workers` names, from one stage to the next. `told` hears what a stage took
    whenever one ends: a build of hours may be killed."""

    workers: Callable[[], list[int]]
    told: Callable[[str, StageTaken], None] = lambda name, stage: None
    stages: dict[str, StageTaken] = field(default_factory=dict)
    _name: str = "begin"
    _over: threading.Event = field(default_factory=threading.Event)
    _since: tuple[float, float, int] = (0.0, 0.0, 0)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch until the block ends."""
        self._since = self._taken()
        thread = threading.Thread(target=self._sample, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.enter("")
            self._over.set()
            thread.join()

    def enter(self, name: str) -> None:
        """Say which stage begins; what was taken until now is that of the one before."""
        if name == self._name:
            return
        now, stage = self._taken(), self.stages.setdefault(self._name, StageTaken())
        stage.seconds += now[0] - self._since[0]
        stage.cpu_seconds += now[1] - self._since[1]
        stage.written += now[2] - self._since[2]
        self.told(self._name, stage)
        self._name, self._since = name, now

    def _taken(self) -> tuple[float, float, int]:
        found = [_taken_by(pid) for pid in (os.getpid(), *self.workers())]
        return time.monotonic(), sum(cpu for cpu, _ in found), sum(written for _, written in found)

    def _sample(self) -> None:
        while not self._over.wait(SAMPLE_S):
            stage = self.stages.setdefault(self._name, StageTaken())
            anonymous, resident = _memory_of(os.getpid())
            stage.command_anonymous = max(stage.command_anonymous, anonymous)
            stage.command_resident = max(stage.command_resident, resident)
            for pid in self.workers():
                anonymous, resident = _memory_of(pid)
                stage.worker_anonymous = max(stage.worker_anonymous, anonymous)
                stage.worker_resident = max(stage.worker_resident, resident)


@dataclass(frozen=True)
class WatchedRunner:
    """It is a runner whose work is watched by its name."""

    runner: "Runner"
    watch: Watch

    @property
    def workers(self) -> int:
        return self.runner.workers

    @property
    def apart(self) -> bool:
        return self.runner.apart

    def map(
        self, work: "Callable[[Task, Opened], Counts]", tasks: "Sequence[Task]", shared: "Recipe[Opened]"
    ) -> "Iterator[Done]":
        """Run the tasks as the runner does, as a stage of the work's name; the command goes on in one that is told so."""
        before = self.watch._name
        self.watch.enter(getattr(work, "__name__", "work"))
        yield from self.runner.map(work, tasks, shared)
        self.watch.enter(f"{before.removesuffix(' (command)')} (command)")

    @property
    def address(self) -> str:
        return self.runner.address

    def together(
        self, work: "Callable[[Task, Opened], Counts]", tasks: "Sequence[Task]", shared: "Recipe[Opened]"
    ) -> str:
        return self.runner.together(work, tasks, shared)

    def close(self) -> None:
        self.runner.close()


def children_of(pid: int) -> list[int]:
    """Return the workers that a process has started, once they are programs of their own: before, they have its memory."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(word) for word in task.read_text().split()]
    return [child for child in found if b"spawn_main" in _command(child)]


def ray_workers() -> list[int]:
    """Return the processes of this user that Ray runs tasks in."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "cmdline").read_bytes().startswith(b"ray::"):
                found.append(int(folder.name))
    return found


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _taken_by(pid: int) -> tuple[float, int]:
    """Return the seconds of processors, and the bytes written, of a process so far; nothing of one that is gone."""
    with suppress(OSError):
        times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        written = _fields(Path(f"/proc/{pid}/io")).get("wchar", 0)
        return (int(times[11]) + int(times[12])) / TICKS, written
    return 0.0, 0


def _memory_of(pid: int) -> tuple[int, int]:
    with suppress(OSError):
        found = _fields(Path(f"/proc/{pid}/status"))
        return found.get("RssAnon", 0) * 1024, found.get("VmRSS", 0) * 1024
    return 0, 0


def _fields(file: Path) -> dict[str, int]:
    """Return the lines `name: number …` of a file."""
    lines: Any = (line.partition(":")[::2] for line in file.read_text().splitlines())
    return {name: int(words.split()[0]) for name, words in lines if words.split() and words.split()[0].isdigit()}
