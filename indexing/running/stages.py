"""A stage of work in parts has those made that are not there yet, and puts the arrays of all of them one behind the other."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Generic

import numpy as np
import numpy.typing as npt

from indexing.running.parts import PartFolder, read_array, tasks_ahead
from indexing.running.tasks import Counts, Done, Opened, Recipe, Runner, Task, finished

COPIED_ROWS = 1 << 20
RANGES, MOST_ROWS = 64, 1 << 20  # tasks that divide the rows where they are few, and rows of each where they are many


@dataclass(frozen=True)
class Stage(Generic[Opened]):
    """It is `work` on `tasks`, each of which writes the part that `last` names from its number, as its last one."""

    parts: PartFolder
    work: Callable[[Task, Opened], Counts]
    tasks: Sequence[Task]
    last: Callable[[int], str]

    def ahead(self) -> list[Task]:
        """Return the tasks whose parts are not there."""
        return tasks_ahead(self.parts, self.tasks, self.last)

    def run(self, runner: Runner, recipe: Recipe[Opened]) -> Iterator[Done]:
        """Yield each task when it is done. Raises Unfinished for one that is lost."""
        ahead = self.ahead()
        yield from finished(runner.map(self.work, ahead, recipe)) if ahead else ()

    def made(self, runner: Runner, recipe: Recipe[Opened]) -> None:
        """Have all parts made."""
        for _ in self.run(runner, recipe):
            pass


def step_for(size: int, block: int) -> int:
    """Return how many rows a task goes through: whole blocks of this size."""
    wanted = min(-(-size // RANGES), MOST_ROWS)
    return max(-(-wanted // block), 1) * block


def even_ranges(size: int, step: int, about: str) -> list[Task]:
    """Return tasks for ranges of `step` places, the last of which may be shorter."""
    return [
        Task(number, start, min(start + step, size), f"{about} {start:,} to {min(start + step, size) - 1:,}")
        for number, start in enumerate(range(0, size, step))
    ]


def put_joined(
    parts: PartFolder,
    name: str,
    pieces: Sequence[str],
    change: Callable[[int, npt.NDArray[np.generic]], npt.NDArray[np.generic]] | None = None,
) -> npt.NDArray[np.generic]:
    """Keep the arrays of `pieces` one behind the other as one part, unless it is there; return it, mapped. `change` is given the
    number of a piece and some of its rows, in turn. Few rows are in memory at once."""
    if not parts.has(name):
        parts.put(name, lambda file: _write_joined(parts, pieces, change, file))
    return read_array(parts, name)


def _write_joined(
    parts: PartFolder,
    pieces: Sequence[str],
    change: Callable[[int, npt.NDArray[np.generic]], npt.NDArray[np.generic]] | None,
    file: BinaryIO,
) -> None:
    like, rows = read_array(parts, pieces[0]), sum(len(read_array(parts, piece)) for piece in pieces)

    def some() -> Iterator[npt.NDArray[np.generic]]:
        for number, piece in enumerate(pieces):
            whole = read_array(parts, piece)
            for start in range(0, len(whole), COPIED_ROWS):
                read = np.asarray(whole[start : start + COPIED_ROWS])
                yield read if change is None else change(number, read)

    write_rows_of(file, rows, like.dtype, some(), like.shape[1:])


def write_rows_of(
    file: BinaryIO,
    rows: int,
    kind: np.dtype[Any],
    some: Iterable[npt.NDArray[np.generic]],
    shape: tuple[int, ...] = (),
) -> None:
    """Write an array of so many `rows` of a kind and `shape` in NumPy's format, of which some are given after the other."""
    header = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": (rows, *shape)}
    np.lib.format.write_array_header_1_0(file, header)
    for array in some:
        file.write(np.ascontiguousarray(array, dtype=kind).data)
