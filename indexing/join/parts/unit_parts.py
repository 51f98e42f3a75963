"""The distinct rows of a view are found in parts: rows are hashed by ranges of products, those of one hash compared by
buckets, and units numbered by ranges again. No process holds what grows with the catalogue."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from indexing.arrays import Ints1d
from indexing.join.rows import Units, in_order_of_first, row_keys, units_by_key
from indexing.running.equal_keys import Buckets, buckets_for, heads_of, keyed_name
from indexing.running.parts import PartFolder, put_array, read_array
from indexing.running.stages import Stage, even_ranges, put_joined, step_for
from indexing.running.tasks import Counts, Recipe, Runner, Task
from indexing.vectors.rows import Rows

HASHED_ROWS = 16_384  # rows in memory at once
SOURCES = "product_sources.npy"
NONE = "none.npy"


@dataclass(frozen=True)
class OpenRows:
    """They are a view's rows as a worker has opened them, with the sources of products where units are of one source."""

    rows: Rows
    sources: Ints1d | None
    buckets: Buckets


@dataclass(frozen=True)
class UnitRecipe:
    """It opens the rows whose units are found, and what is kept with their parts."""

    rows: Recipe[Rows]
    buckets: Buckets
    across: bool

    def open(self) -> OpenRows:
        sources: Any = read_array(self.buckets.parts, SOURCES) if self.across else None
        return OpenRows(self.rows.open(), sources, self.buckets)


def hash_range(task: Task, view: OpenRows) -> Counts:
    """Hash the rows of a range of products, and deal the hashes to buckets."""
    keys, there = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.int64)]
    for start in range(task.first, task.last, HASHED_ROWS):
        here = np.arange(start, min(start + HASHED_ROWS, task.last))
        own = None if view.sources is None else np.asarray(view.sources[here[0] : here[-1] + 1])
        hashes, seen = row_keys(view.rows.take(here), own)
        keys.append(hashes[seen])
        there.append(here[seen])
        view.rows.forget()
    view.buckets.put(task.number, np.concatenate(keys)[:, None], np.concatenate(there))
    return {"products": task.last - task.first}


def group_bucket(task: Task, view: OpenRows) -> Counts:
    """Find the units among the products of a bucket."""
    keys, products = view.buckets.take(task.number)
    units = units_by_key(view.rows, products, heads_of(keys), view.sources)
    put_array(view.buckets.parts, f"group_members_{task.number:05d}.npy", units.members)
    put_array(view.buckets.parts, f"group_offsets_{task.number:05d}.npy", units.offsets)
    put_array(view.buckets.parts, _group_name(task.number), units.first)
    return {"units": len(units)}


def number_range(task: Task, view: OpenRows) -> Counts:
    """Put the units whose first products are in a range into their order."""
    members, counts, parts = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], view.buckets.parts
    for bucket in range(view.buckets.count):
        a, b = np.searchsorted(read_array(parts, _group_name(bucket)), [task.first, task.last])
        offsets = np.asarray(read_array(parts, f"group_offsets_{bucket:05d}.npy")[a : b + 1], dtype=np.int64)
        counts.append(np.diff(offsets))
        found = read_array(parts, f"group_members_{bucket:05d}.npy")[offsets[0] : offsets[-1]]
        members.append(np.asarray(found, dtype=np.int64))
    ends = np.cumsum(np.concatenate(counts))
    units = in_order_of_first(np.concatenate(members), np.concatenate([[0], ends]).astype(np.int64), None)
    put_array(parts, f"unit_members_{task.number:05d}.npy", units.members)
    if view.sources is not None:
        put_array(parts, f"unit_sources_{task.number:05d}.npy", np.asarray(view.sources[units.first], dtype=np.int64))
    put_array(parts, _ends_name(task.number), units.offsets[1:])
    return {"units": len(units)}


def units_in_parts(
    rows: Recipe[Rows],
    size: int,
    sources: Ints1d | None,
    parts: PartFolder,
    runner: Runner,
    told: Callable[[int], None],
) -> Units:
    """Return the distinct rows of a view of `size` products, mapped; with `sources` (n,) those of each source. `told` hears how
    many products have been hashed."""
    tasks = even_ranges(size, step_for(size, HASHED_ROWS), "products")
    buckets = buckets_for(parts, size, len(tasks))
    recipe = UnitRecipe(rows, buckets, sources is not None)
    if sources is not None and not parts.has(SOURCES):
        put_array(parts, SOURCES, sources)
    hashed = 0
    for done in Stage(parts, hash_range, tasks, keyed_name).run(runner, recipe):
        hashed += done.counts["products"]
        told(hashed)
    Stage(parts, group_bucket, buckets.tasks(), _group_name).made(runner, recipe)
    Stage(parts, number_range, tasks, _ends_name).made(runner, recipe)
    return _joined(parts, len(tasks), sources is not None)


def _joined(parts: PartFolder, ranges: int, across: bool) -> Units:
    names = [f"unit_members_{number:05d}.npy" for number in range(ranges)]
    before = np.cumsum([0, 0, *(len(read_array(parts, name)) for name in names)])
    put_array(parts, NONE, np.zeros(1, dtype=np.int64))
    ends = [NONE, *(_ends_name(number) for number in range(ranges))]
    arrays: list[Any] = [
        put_joined(parts, "members.npy", names),
        put_joined(parts, "offsets.npy", ends, lambda number, rows: rows + before[number]),
    ]
    if across:
        arrays.append(put_joined(parts, "sources.npy", [f"unit_sources_{number:05d}.npy" for number in range(ranges)]))
    return Units(*arrays)


def _group_name(number: int) -> str:
    return f"group_firsts_{number:05d}.npy"


def _ends_name(number: int) -> str:
    return f"unit_ends_{number:05d}.npy"
