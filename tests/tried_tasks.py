"""Tasks for tests of runners, which processes of their own can import; and a runner that makes trouble."""

import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from indexing.encoders.pictures.patience import PicturesMissing
from indexing.errors import InputError, Unreachable
from indexing.running.local import LocalRunner
from indexing.running.parts import PartFolder, put_text
from indexing.running.tasks import Done


@dataclass(frozen=True)
class Desk:
    """What tasks share: a folder, and which of them goes wrong how."""

    folder: Path
    wrong: tuple[tuple[int, str], ...] = ()
    most: int = 1  # attempts that go wrong

    def open(self):
        (self.folder / f"opened_{os.getpid()}_{time.monotonic_ns()}").touch()
        return self


def squares(task, desk):
    """Write the squares of a range; go wrong as the desk says."""
    attempts = len(list(desk.folder.glob(f"try_{task.number}_*")))
    (desk.folder / f"try_{task.number}_{os.getpid()}_{time.monotonic_ns()}").touch()
    how = dict(desk.wrong).get(task.number)
    if how is not None and attempts < desk.most:
        _go_wrong(how)
    (desk.folder / f"part_{task.number}").write_text(str([n * n for n in range(task.first, task.last)]))
    return {"squares": task.last - task.first}


def _go_wrong(how):
    if how == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "hangs":
        time.sleep(600)
    if how == "interrupted":
        os.kill(os.getpid(), signal.SIGINT)
        return
    if how == "storage":
        raise OSError(5, "Input/output error", "/shared/part")
    if how == "store":
        raise Unreachable("s3://team/scores: cannot be written (SlowDown)")
    if how == "memory":
        raise MemoryError
    if how == "bug":
        raise ZeroDivisionError("one by none")
    if how == "pictures":
        raise PicturesMissing("200 pictures in a row at https://shop cannot be had")
    raise InputError("products.parquet: row 7: no id: give it one")


@dataclass(frozen=True)
class LateDesk:
    """What a task shares that writes its part when nobody waits for it any more: a folder of signals, and the parts."""

    folder: Path
    parts: PartFolder

    def open(self):
        return self


def late_part(task, desk):
    """Write a part once that is allowed, however long it takes; tell what came of it."""
    (desk.folder / "begun").touch()
    while not (desk.folder / "go").exists():
        time.sleep(0.02)
    try:
        put_text(desk.parts, "part", "late")
    except FileNotFoundError:
        (desk.folder / "refused").touch()
        raise
    (desk.folder / "written").touch()
    return {}


class Troubled(LocalRunner):
    """It runs tasks in a shuffled order, and each twice: as a cluster may that has lost sight of a worker."""

    def __init__(self, seed=0, workers=4):
        super().__init__(apart=True, workers=workers)
        object.__setattr__(self, "seed", seed)

    def map(self, work, tasks, shared):
        order = [*tasks, *tasks]
        random.Random(self.seed).shuffle(order)
        told = set()
        for done in super().map(work, order, shared):
            if done.task.number not in told:
                told.add(done.task.number)
                yield done


def dying(scores, targets, categories, *, folder, most):
    """Measure, as well as a test needs it; end this process at the third round of a training, at the first so many trainings."""
    rounds = folder / f"rounds_{os.getpid()}"
    rounds.write_text(f"{rounds.read_text() if rounds.exists() else ''}.")
    if len(rounds.read_text()) == 3 and len(list(folder.glob("died_*"))) < most:
        (folder / f"died_{os.getpid()}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return closeness(scores, targets, categories)


def silent(scores, targets, categories):
    """Never come back."""
    time.sleep(600)


def closeness(scores, targets, categories):
    """The share of pairs whose score is on the side of their target."""
    return float(((scores > 0.5) == (targets > 0.5)).mean())


class Died(Exception):
    """Stands for the end of a process."""


class Deadly(Troubled):
    """It loses a task whose work raises Died, as one whose process has died each time."""

    def map(self, work, tasks, shared):
        opened = shared.open()
        for task in tasks:
            try:
                yield Done(task, work(task, opened))
            except Died:
                yield Done(task, {}, "node", 3, lost="its process died there")
