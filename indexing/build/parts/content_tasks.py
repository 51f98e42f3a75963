"""What an encoder reads of products is hashed by ranges of them, and equal contents are found by buckets of hashes: no process
holds those of all products."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexing.build.reuse import contents_in_blocks
from indexing.catalog.catalog import Catalog, open_catalog
from indexing.catalog.contents import CONTENTS_FILE, Contents
from indexing.running.equal_keys import (
    Buckets,
    buckets_for,
    firsts_name,
    firsts_of_range,
    heads_of,
    keyed_name,
    put_firsts,
)
from indexing.running.parts import PartFolder, put_array
from indexing.running.stages import Stage, even_ranges, put_joined, step_for
from indexing.running.tasks import Counts, Runner, Task
from indexing.storage.artefact import link_or_copy
from indexing.words.reading import Reading

HASHED_ROWS = 16_384  # that the ranges are multiples of
FIRST = "first.npy"


@dataclass(frozen=True)
class CatalogRecipe:
    """It opens the catalogue that stands in a folder."""

    folder: Path
    pictures: Path
    reading: Reading
    category_level: int

    def open(self) -> Catalog:
        """Open it, memory-mapped."""
        return open_catalog(self.folder, self.pictures, reading=self.reading, category_level=self.category_level)


def recipe_of(catalog: Catalog) -> CatalogRecipe:
    """Return how others open a catalogue."""
    pictures = catalog.pictures.absolute() if catalog.pictures.exists() else catalog.pictures
    return CatalogRecipe(catalog.folder.absolute(), pictures, catalog.reading, catalog.category_level)


@dataclass(frozen=True)
class OpenContents:
    """It is a catalogue that a worker has opened, and what says the contents of some of it."""

    catalog: Catalog
    contents: Callable[[Catalog], Contents]
    buckets: Buckets


@dataclass(frozen=True)
class ContentRecipe:
    """It opens a catalogue for hashing its contents."""

    catalog: CatalogRecipe
    contents: Callable[[Catalog], Contents]
    buckets: Buckets

    def open(self) -> OpenContents:
        return OpenContents(self.catalog.open(), self.contents, self.buckets)


def hash_contents(task: Task, view: OpenContents) -> Counts:
    """Hash the contents of a range of products, keep them, and deal them to buckets."""
    found = contents_in_blocks(view.contents, view.catalog.slice(task.first, task.last))
    put_array(view.buckets.parts, _content_name(task.number), found)
    view.buckets.put(task.number, found, np.arange(task.first, task.last))
    return {"products": len(found)}


def group_contents(task: Task, view: OpenContents) -> Counts:
    """Find the first product of each content of a bucket."""
    keys, products = view.buckets.take(task.number)
    heads = heads_of(keys)
    firsts = products[heads][np.cumsum(heads) - 1]
    put_firsts(view.buckets.parts, task.number, products, firsts)
    return {"contents": int(heads.sum())}


def first_range(task: Task, view: OpenContents) -> Counts:
    """Say for a range of products the first one of each one's content."""
    parts = view.buckets.parts
    put_array(parts, _first_name(task.number), firsts_of_range(parts, view.buckets.count, task.first, task.last))
    return {"products": task.last - task.first}


def put_contents(
    catalog: Catalog,
    contents: Callable[[Catalog], Contents],
    parts: PartFolder,
    vectors: Path,
    runner: Runner,
    told: Callable[[int], None],
) -> None:
    """Keep among the parts the first product of each one's content (`first.npy`), and what the contents are beside the `vectors`.
    `told` hears how many products have been hashed."""
    tasks = put_firsts_of(catalog, contents, parts, runner, told)
    put_joined(parts, CONTENTS_FILE, [_content_name(task.number) for task in tasks])
    (vectors / CONTENTS_FILE).unlink(missing_ok=True)
    link_or_copy(parts.local(CONTENTS_FILE), vectors / CONTENTS_FILE)


def put_firsts_of(
    catalog: Catalog,
    contents: Callable[[Catalog], Contents],
    parts: PartFolder,
    runner: Runner,
    told: Callable[[int], None],
) -> list[Task]:
    """Keep among the parts the first product of each one's content (`first.npy`); return the ranges of products."""
    tasks = even_ranges(len(catalog), step_for(len(catalog), HASHED_ROWS), "products")
    buckets = buckets_for(parts, len(catalog), len(tasks))
    recipe, hashed = ContentRecipe(recipe_of(catalog), contents, buckets), 0
    for done in Stage(parts, hash_contents, tasks, keyed_name).run(runner, recipe):
        hashed += done.counts["products"]
        told(hashed)
    Stage(parts, group_contents, buckets.tasks(), firsts_name).made(runner, recipe)
    Stage(parts, first_range, tasks, _first_name).made(runner, recipe)
    put_joined(parts, FIRST, [_first_name(task.number) for task in tasks])
    return tasks


def _content_name(number: int) -> str:
    return f"content_{number:05d}.npy"


def _first_name(number: int) -> str:
    return f"first_{number:05d}.npy"
