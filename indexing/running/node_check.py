"""A look at all machines: whether they see one storage, have memory for their tasks, and compute with the same versions."""

import os
import shutil
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from indexing.errors import InputError
from indexing.machine.memory import available_bytes
from indexing.running.parts import PartFolder, parts_for, put_text
from indexing.running.same_versions import other_versions, own_versions
from indexing.running.tasks import Counts, Done, Runner, Task

WORD = "word.txt"
LEAST_BYTES = 1 << 30  # of memory a task: the libraries that scoring loads take half of it
STAY_S = 0.5  # that a look takes, so that nobody does another one's


@dataclass(frozen=True)
class NodeState:
    """It is what was found of a machine: how many tasks it takes at once, free memory and room for files in bytes, whether it
    sees what others write, which versions differ, and what went wrong."""

    name: str
    tasks: int = 0
    memory: int = 0
    disk: int = 0
    sees: bool = False
    others: tuple[str, ...] = ()
    failed: str = ""

    @property
    def little(self) -> bool:
        """Return whether the memory is little for so many tasks."""
        return self.memory < LEAST_BYTES * self.tasks

    @property
    def sound(self) -> bool:
        """Return whether work can be done there."""
        return self.sees and not (self.others or self.failed or self.little)


@dataclass(frozen=True)
class NodeLook:
    """It is what a worker looks at: the folder of parts that this process wrote a word into, and this process's versions."""

    parts: PartFolder
    word: str
    versions: dict[str, str] = field(default_factory=own_versions)

    def open(self) -> "NodeLook":
        return self


def look_around(task: Task, look: NodeLook) -> Counts:
    """Say what is seen from here, in names and counts."""
    time.sleep(STAY_S)
    found = {"memory": available_bytes(), "disk": 0, "sees": 0}
    for name, (own, asked) in other_versions(look.versions).items():
        found[f"{name} {own}, not {asked}"] = 1
    with suppress(OSError):
        found["disk"] = shutil.disk_usage(look.parts.folder).free
        put_text(look.parts, f"seen_{task.number}", str(os.getpid()))
        found["sees"] = int(look.parts.local(WORD).read_text(encoding="utf-8") == look.word)
    return found


def check_nodes(runner: Runner, folder: Path) -> list[NodeState]:
    """Look at all machines of a runner, each of which should see `folder`; return what was found, by name.

    Raises InputError for a folder that is not there, OSError where this machine cannot write into it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder: name one that all machines are to share")
    parts = parts_for(folder.absolute() / "heroic-check", uuid.uuid4().hex[:12])
    parts.make()
    try:
        look = NodeLook(parts, uuid.uuid4().hex)
        put_text(parts, WORD, look.word)
        tasks = [Task(number, number, number + 1, "a look around") for number in range(runner.workers)]
        return _by_node(runner.map(look_around, tasks, look), parts)
    finally:
        parts.clear()


def _by_node(outcomes: Iterable[Done], parts: PartFolder) -> list[NodeState]:
    found: dict[str, list[tuple[Done, bool]]] = {}
    for done in outcomes:
        written = parts.has(f"seen_{done.task.number}")  # what it wrote is seen here
        found.setdefault(done.node, []).append((done, written))
    return [_state(name, looks) for name, looks in sorted(found.items())]


def _state(name: str, looks: list[tuple[Done, bool]]) -> NodeState:
    lost = next((done.lost for done, _ in looks if done.lost), "")
    counts = [done.counts for done, _ in looks if not done.lost]
    if not counts:
        return NodeState(name, len(looks), failed=lost)
    others = {key for of_look in counts for key in of_look if key not in ("memory", "disk", "sees")}
    return NodeState(
        name,
        len(looks),
        min(of_look["memory"] for of_look in counts),
        min(of_look["disk"] for of_look in counts),
        all(written and done.counts.get("sees") for done, written in looks),
        tuple(sorted(others)),
        lost,
    )
