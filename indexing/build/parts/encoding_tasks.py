"""The tasks by which a view is encoded: of ranges of products, and then of whole shards."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.build.parts.content_tasks import FIRST, CatalogRecipe
from indexing.build.parts.poison import DEADLY
from indexing.build.shard_folder import kept_digest
from indexing.catalog.catalog import Catalog
from indexing.catalog.rejects import Reject
from indexing.encoders.encoder import Encoder
from indexing.errors import Unreachable
from indexing.running.parts import PartFolder, put_array, put_text, read_array
from indexing.running.tasks import Counts, Task

TASK_PARTS = 8  # of an encoder's parts, that a task encodes


@dataclass(frozen=True)
class Ranges:
    """They divide `size` products into shards, these into ranges that tasks encode, and these into what an encoder is given
    at once: `part_rows` products."""

    size: int
    part_rows: int
    shard_rows: int

    @property
    def task_rows(self) -> int:
        """Return how many products a task encodes: whole parts, and a shard in whole tasks."""
        rows = min(self.part_rows * TASK_PARTS, self.shard_rows)
        return rows if self.shard_rows % rows == 0 else self.shard_rows

    def tasks(self) -> list[Task]:
        """Return the tasks that encode."""
        return self._tasks(self.task_rows)

    def shards(self) -> list[Task]:
        """Return the tasks that make shards whole."""
        return self._tasks(self.shard_rows)

    def parts(self, first: int, last: int) -> list[Ints1d]:
        """Return the products that an encoder is given at once, of those in a range."""
        starts = range(first, last, self.part_rows)
        return [np.arange(start, min(start + self.part_rows, last)) for start in starts]

    def _tasks(self, rows: int) -> list[Task]:
        starts = enumerate(range(0, self.size, rows))
        last = [(number, start, min(start + rows, self.size)) for number, start in starts]
        return [Task(number, start, stop, f"products {start:,} to {stop - 1:,}") for number, start, stop in last]


@dataclass(frozen=True)
class OpenEncoding:
    """It is a view that a worker has opened. `first` (n,) are the first products of each one's content; those in `poison` are not
    encoded, since they end the process."""

    catalog: Catalog
    engine: Encoder
    first: Ints1d
    ranges: Ranges
    parts: PartFolder
    poison: Ints1d

    def rows_at(self, positions: Ints1d) -> Floats2d:
        """Return the rows (p, d) of products as they were encoded, from the parts of all tasks."""
        rows = np.empty((len(positions), self.engine.dim), dtype=np.float32)
        tasks = positions // self.ranges.task_rows
        for number in np.unique(tasks).tolist():
            of_task = tasks == number
            rows[of_task] = read_array(self.parts, rows_name(number))[
                positions[of_task] - number * self.ranges.task_rows
            ]
        return rows

    def look(self, rows: Floats2d, here: Ints1d, chosen: Bools1d) -> list[Reject]:
        """Encode the chosen of these products into their rows; return what was set aside."""
        poisoned = chosen & np.isin(self.first[here], self.poison)
        rejects, chosen = [self._poisoned(position) for position in here[poisoned].tolist()], chosen & ~poisoned
        if not chosen.any():
            return rejects
        encoded = self.engine.encode(self.catalog.take(here[chosen]))
        rows[chosen] = encoded.rows
        return encoded.rejects + rejects

    def _poisoned(self, position: int) -> Reject:
        return Reject(str(self.catalog.ids[position].as_py()), "", "", DEADLY)


@dataclass(frozen=True)
class EncodingRecipe:
    """It opens a catalogue and, with what is kept beside the `vectors`, the encoder."""

    catalog: CatalogRecipe
    vectors: Path
    again: Callable[[Catalog, Path], Encoder]
    ranges: Ranges
    parts: PartFolder
    poison: tuple[int, ...] = ()
    learned: str = ""

    def open(self) -> OpenEncoding:
        """Raise Unreachable where this machine sees another encoder than the command has left: an earlier one, or half of it."""
        if self.learned and kept_digest(self.vectors) != self.learned:
            raise Unreachable(
                f"{self.vectors}: what the encoder has learned is not seen here as the command has left it"
            )
        catalog = self.catalog.open()
        first: Any = read_array(self.parts, FIRST)  # mapped: of few products at a time
        poison = np.array(self.poison, dtype=np.int64)
        return OpenEncoding(catalog, self.again(catalog, self.vectors), first, self.ranges, self.parts, poison)


def rows_name(number: int) -> str:
    """Return the name of the rows that a task encoded."""
    return f"rows_{number:05d}.npy"


def shard_name(number: int) -> str:
    """Return the name of a whole shard's rows."""
    return f"shard_{number:05d}.npy"


def encode_range(task: Task, view: OpenEncoding) -> Counts:
    """Encode those products of a range that are the first of their content; the others have rows of zeros."""
    rows = np.zeros((task.last - task.first, view.engine.dim), dtype=np.float32)
    rejects, looked = [], 0
    for here in view.ranges.parts(task.first, task.last):
        chosen = view.first[here] == here
        rejects.append(view.look(rows[here[0] - task.first : here[-1] + 1 - task.first], here, chosen))
        looked += int(chosen.sum())
    _put_rejects(view.parts, rejects, rows_name(task.number))
    put_array(view.parts, rows_name(task.number), rows)
    return {"looked_at": looked, "products": len(rows)}


def probe_range(task: Task, view: OpenEncoding) -> Counts:
    """Encode what a range would have encoded, and keep nothing: it is seen whether the process lives."""
    here = np.arange(task.first, task.last)
    view.look(np.zeros((len(here), view.engine.dim), dtype=np.float32), here, view.first[here] == here)
    return {}


def finish_shard(task: Task, view: OpenEncoding) -> Counts:
    """Give the other products of a shard the rows of the first ones of their content. One without anything to see is looked
    at itself, and told why."""
    rows, first = view.rows_at(np.arange(task.first, task.last)), view.first[task.first : task.last]
    copies = np.flatnonzero(_missing(rows) & (first != np.arange(task.first, task.last)))
    rows[copies] = view.rows_at(first[copies])
    before, rejects, looked = _rejects_before(view, task), [], 0
    for here, told in zip(view.ranges.parts(task.first, task.last), before, strict=True):
        own = rows[here[0] - task.first : here[-1] + 1 - task.first]
        chosen = _missing(own) & (view.first[here] != here)
        rejects.append(told + view.look(own, here, chosen))
        looked += int(chosen.sum())
    _put_rejects(view.parts, rejects, shard_name(task.number))
    put_array(view.parts, shard_name(task.number), rows)
    return {"looked_at": looked, "products": len(rows)}


def _rejects_before(view: OpenEncoding, shard: Task) -> list[list[Reject]]:
    """Return what was set aside of each part of a shard while it was encoded."""
    first, last = shard.first // view.ranges.task_rows, -(-shard.last // view.ranges.task_rows)
    return [part for number in range(first, last) for part in read_rejects(view.parts, rows_name(number))]


def _put_rejects(parts: PartFolder, rejects: list[list[Reject]], beside: str) -> None:
    put_text(parts, f"{beside}.json", json.dumps([[vars(reject) for reject in part] for part in rejects]))


def read_rejects(parts: PartFolder, beside: str) -> list[list[Reject]]:
    found = json.loads(parts.local(f"{beside}.json").read_text(encoding="utf-8"))
    return [[Reject(**reject) for reject in part] for part in found]


def _missing(rows: Floats2d) -> Bools1d:
    return np.asarray(~rows.any(axis=1), dtype=bool)
