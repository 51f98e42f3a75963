"""A view is encoded in parts wherever there are workers: first the products whose content nobody before them has, then
shards are made whole from their rows.

So no part waits for another one, and an encoder reads the same products together as in one process: its vectors are the
same to the last bit.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.build.encode_view import EncodedView, Known, encode_view
from indexing.build.shard_folder import ShardFolder
from indexing.catalog.catalog import Catalog, open_catalog
from indexing.catalog.rejects import Reject
from indexing.encoders.encoder import Encoder
from indexing.machine.progress import Progress
from indexing.running.parts import PartFolder, parts_for, put_array, put_text, read_array
from indexing.running.tasks import Counts, Runner, Task, finished
from indexing.storage.artefact import fingerprint_of
from indexing.vectors.vectors import SHARD_ROWS, open_vectors
from indexing.words.reading import Reading

TASK_PARTS = 8  # of an encoder's parts, that a task encodes
FIRST = "first.npy"


@dataclass(frozen=True)
class PartedView:
    """It is a view to encode: its catalogue and shards, an encoder that is made here (`make`) and opened elsewhere (`again`), and
    what is known of the products."""

    catalog: Catalog
    shards: ShardFolder
    make: Callable[[], Encoder]
    again: Callable[[Catalog, Path], Encoder]
    known: Callable[[], Known]


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
    """It is a view that a worker has opened. `first` (n,) are the first products of each one's content."""

    catalog: Catalog
    engine: Encoder
    first: Ints1d
    ranges: Ranges
    parts: PartFolder

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
        if not chosen.any():
            return []
        encoded = self.engine.encode(self.catalog.take(here[chosen]))
        rows[chosen] = encoded.rows
        return encoded.rejects


@dataclass(frozen=True)
class EncodingRecipe:
    """It opens the catalogue that stands in a folder and, with what is kept beside the `vectors`, the encoder."""

    folder: Path
    pictures: Path
    reading: Reading
    category_level: int
    vectors: Path
    again: Callable[[Catalog, Path], Encoder]
    ranges: Ranges
    parts: PartFolder

    def open(self) -> OpenEncoding:
        catalog = open_catalog(self.folder, self.pictures, reading=self.reading, category_level=self.category_level)
        first = np.asarray(read_array(self.parts, FIRST), dtype=np.int64)
        return OpenEncoding(catalog, self.again(catalog, self.vectors), first, self.ranges, self.parts)


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


def encode_in_parts(work: PartedView, runner: Runner, part_rows: int, *, stage: str, progress: Progress) -> EncodedView:
    """Encode what is not there yet by a runner's workers. Rows of an older index, which are found by what they were made from,
    are taken over by this process: then little is left to encode."""
    shards, size = work.shards, len(work.catalog)
    shards.tidy()
    if shards.done() == len(range(0, size, SHARD_ROWS)):
        return EncodedView(open_vectors(shards.folder), shards.rejects(), True)
    known = work.known()
    if known.bank is not None:
        given = {"stage": stage, "progress": progress}
        return encode_view(work.catalog, shards, work.make, known=lambda: known, part_rows=part_rows, **given)  # type: ignore[arg-type]
    run = _Parted(work, runner, Ranges(size, min(part_rows, SHARD_ROWS), SHARD_ROWS), known)
    looked_at = run.encode(lambda done: progress(stage, done, size)) + run.finish()
    run.adopt()
    return EncodedView(open_vectors(shards.folder), shards.rejects(), False, looked_at)


@dataclass(frozen=True)
class _Parted:
    """It is one run over the parts that are not there yet."""

    work: PartedView
    runner: Runner
    ranges: Ranges
    known: Known

    @cached_property
    def parts(self) -> PartFolder:
        """Return the folder of the parts, beside all views' vectors."""
        shards = self.work.shards
        named = fingerprint_of(shards.folder.name, shards.made, vars(self.ranges))
        return parts_for(shards.folder.parent, named)

    @cached_property
    def recipe(self) -> EncodingRecipe:
        """Make the encoder here, which fits it and leaves what others open; return how they do."""
        self.work.make()
        catalog, vectors = self.work.catalog, self.work.shards.folder
        return EncodingRecipe(
            catalog.folder.absolute(),
            catalog.pictures.absolute() if catalog.pictures.exists() else catalog.pictures,
            catalog.reading,
            catalog.category_level,
            vectors.absolute(),
            self.work.again,
            self.ranges,
            self.parts,
        )

    def encode(self, report: Callable[[int], None]) -> int:
        """Encode the first product of each content; return how many were looked at."""
        self.parts.make()
        tasks = self.ranges.tasks()
        missing = set(self.parts.missing(rows_name(task.number) for task in tasks))
        ahead = [task for task in tasks if rows_name(task.number) in missing]
        done, looked_at = self.ranges.size - sum(task.last - task.first for task in ahead), 0
        if ahead:
            put_array(self.parts, FIRST, self.known.first)
            report(done)
        for outcome in finished(self.runner.map(encode_range, ahead, self.recipe) if ahead else ()):
            done, looked_at = done + outcome.counts["products"], looked_at + outcome.counts["looked_at"]
            report(done)
        return looked_at

    def finish(self) -> int:
        """Make the other shards whole; return how many products were looked at."""
        tasks = self.ranges.shards()[self.work.shards.done() :]
        missing = set(self.parts.missing(shard_name(task.number) for task in tasks))
        ahead = [task for task in tasks if shard_name(task.number) in missing]
        outcomes = finished(self.runner.map(finish_shard, ahead, self.recipe) if ahead else ())
        return sum(outcome.counts["looked_at"] for outcome in outcomes)

    def adopt(self) -> None:
        """Put the shards in their place, one after the other, and let the parts go."""
        for task in self.ranges.shards()[self.work.shards.done() :]:
            rejects = [reject for part in _read_rejects(self.parts, shard_name(task.number)) for reject in part]
            self.work.shards.adopt(task.number, self.parts.local(shard_name(task.number)), rejects)
        self.work.shards.tidy()
        self.parts.clear()


def _rejects_before(view: OpenEncoding, shard: Task) -> list[list[Reject]]:
    """Return what was set aside of each part of a shard while it was encoded."""
    first, last = shard.first // view.ranges.task_rows, -(-shard.last // view.ranges.task_rows)
    return [part for number in range(first, last) for part in _read_rejects(view.parts, rows_name(number))]


def _put_rejects(parts: PartFolder, rejects: list[list[Reject]], beside: str) -> None:
    put_text(parts, f"{beside}.json", json.dumps([[vars(reject) for reject in part] for part in rejects]))


def _read_rejects(parts: PartFolder, beside: str) -> list[list[Reject]]:
    found = json.loads(parts.local(f"{beside}.json").read_text(encoding="utf-8"))
    return [[Reject(**reject) for reject in part] for part in found]


def _missing(rows: Floats2d) -> Bools1d:
    return np.asarray(~rows.any(axis=1), dtype=bool)
