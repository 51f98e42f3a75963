"""Draws are measured in parts, wherever there are workers: each measures all categories under some rounds of the bootstrap."""

from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path

import numpy as np

from eval.metrics.curves import Ranking
from eval.metrics.intervals import BLOCKS, Draws, PairGroups
from eval.metrics.uncertainty import Measured, rows_left_out, rows_of
from indexing.arrays import Floats2d
from indexing.machine.progress import Progress, silent
from indexing.running.parts import PartFolder, clear_leftovers, parts_for, put_array, read_array, tasks_ahead
from indexing.running.tasks import Counts, Runner, Task, finished
from indexing.storage.artefact import fingerprint_of

PART_ROUNDS = 10
RANKING = tuple(field.name for field in fields(Ranking))
GROUPS = ("left_groups", "right_groups")


@dataclass(frozen=True)
class Draw:
    """It is what all parts need, opened: what is measured, the groups that are drawn, and where parts are."""

    measured: Measured
    groups: PairGroups
    draws: Draws
    parts: PartFolder


@dataclass(frozen=True)
class DrawRecipe:
    """It opens the arrays that are kept with the parts, mapped."""

    parts: PartFolder
    level: float
    decisions: int
    draws: Draws

    def open(self) -> Draw:
        arrays = {name: read_array(self.parts, f"{name}.npy") for name in (*RANKING, *GROUPS, "targets_of_pairs")}
        ranking = Ranking(**{name: arrays[name] for name in RANKING})  # type: ignore[arg-type]
        decisions = tuple(read_array(self.parts, f"decision_{number}.npy") for number in range(self.decisions))
        measured = Measured(ranking, arrays["targets_of_pairs"], self.level, decisions)  # type: ignore[arg-type]
        groups = PairGroups(arrays[GROUPS[0]], arrays[GROUPS[1]])  # type: ignore[arg-type]
        return Draw(measured, groups, self.draws, self.parts)


def measure_part(task: Task, draw: Draw) -> Counts:
    """Measure the rounds of a part, or leave its blocks out: these come after the rounds."""
    rounds = draw.draws.rounds
    make, begin = (rows_of, 0) if task.first < rounds else (rows_left_out, rounds)
    rows = make(draw.measured, draw.groups, draw.draws, task.first - begin, task.last - begin)
    put_array(draw.parts, rows_name(task.number), rows)
    return {"rounds": task.last - task.first}


def rows_name(number: int) -> str:
    """Return the name of the values of a part."""
    return f"rows_{number:05d}.npy"


@dataclass(frozen=True)
class DrawingApart:
    """It measures by a runner, whose parts lie beside a report; parts that are there are not made again."""

    runner: Runner
    beside: Path
    progress: Progress = silent

    def __call__(self, measured: Measured, groups: PairGroups, draws: Draws) -> tuple[Floats2d, Floats2d]:
        """Return the values of every round (r, v), and with each part of the groups left out (b, v)."""
        tasks = _tasks(draws)
        arrays = _arrays(measured, groups)
        digests = [sha256(np.ascontiguousarray(array).tobytes()).hexdigest() for array in arrays.values()]
        parts = parts_for(self.beside, fingerprint_of(digests, measured.level, vars(draws)))
        parts.make()
        ahead = tasks_ahead(parts, tasks, rows_name)
        if ahead:
            for name, array in arrays.items():
                put_array(parts, f"{name}.npy", array)
        recipe = DrawRecipe(parts, measured.level, len(measured.decisions), draws)
        for number, _ in enumerate(finished(self.runner.map(measure_part, ahead, recipe))):
            self.progress("draws", len(tasks) - len(ahead) + number + 1, len(tasks))
        drawn, left_out = (
            [task for task in tasks if (task.first < draws.rounds) is before] for before in (True, False)
        )
        return _read(parts, drawn, measured.width), _read(parts, left_out, measured.width)

    def clear(self) -> None:
        """Remove all parts: the report is whole."""
        clear_leftovers(self.beside)


def _tasks(draws: Draws) -> list[Task]:
    """Return tasks of some rounds each, then of some blocks that are left out; none where no intervals are asked for."""
    if not draws.rounds:
        return []
    firsts = [*range(0, draws.rounds, PART_ROUNDS), *range(draws.rounds, draws.rounds + BLOCKS, PART_ROUNDS)]
    lasts = [*firsts[1:], draws.rounds + BLOCKS]
    return [
        Task(number, first, last, f"draws {first + 1:,} to {last:,} of the bootstrap")
        for number, (first, last) in enumerate(zip(firsts, lasts, strict=True))
    ]


def _arrays(measured: Measured, groups: PairGroups) -> dict[str, "np.ndarray[tuple[int], np.dtype[np.generic]]"]:
    """Return all arrays that parts need, by name."""
    of_ranking = {name: getattr(measured.ranking, name) for name in RANKING}
    of_groups = dict(zip(GROUPS, (groups.left, groups.right), strict=True))
    decisions = {f"decision_{number}": called for number, called in enumerate(measured.decisions)}
    return {**of_ranking, **of_groups, **decisions, "targets_of_pairs": measured.targets}


def _read(parts: PartFolder, tasks: list[Task], width: int) -> Floats2d:
    rows = [np.empty((0, width)), *(read_array(parts, rows_name(task.number)) for task in tasks)]
    return np.concatenate(rows)
