"""A view is encoded in parts wherever there are workers: first the products whose content nobody before them has, then
shards are made whole from their rows.

So no part waits for another one, and an encoder reads the same products together as in one process: its vectors are the
same to the last bit.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from indexing.build.encode_view import EncodedView, Known, encode_view
from indexing.build.parts.content_tasks import FIRST, put_contents, recipe_of
from indexing.build.parts.encoding_tasks import (
    EncodingRecipe,
    Ranges,
    encode_range,
    finish_shard,
    probe_range,
    read_rejects,
    rows_name,
    shard_name,
)
from indexing.build.parts.poison import deadly_told, done_past_poison
from indexing.build.reuse import contents_in_blocks
from indexing.build.shard_folder import ShardFolder, kept_digest
from indexing.catalog.catalog import Catalog
from indexing.catalog.contents import Contents, RowBank, write_contents
from indexing.encoders.encoder import Encoder
from indexing.errors import Unfinished
from indexing.machine.progress import Progress
from indexing.running.parts import PartFolder, parts_for, put_text, read_array, tasks_ahead
from indexing.running.tasks import Runner, finished
from indexing.storage.artefact import fingerprint_of
from indexing.vectors.vectors import SHARD_ROWS, open_vectors

POISON = "poison.json"
COUNTED_ROWS = 1 << 20


@dataclass(frozen=True)
class PartedView:
    """It is a view to encode: its catalogue and shards, an encoder that is made here (`make`) and opened elsewhere (`again`), what
    it reads of products (`contents`), rows that an older index has by content (`bank`), and how many (`most_poison`) may be set aside
    since they end the process that encodes them."""

    catalog: Catalog
    shards: ShardFolder
    make: Callable[[], Encoder]
    again: Callable[[Catalog, Path], Encoder]
    contents: Callable[[Catalog], Contents]
    bank: Callable[[], RowBank | None]
    most_poison: int = 0


def encode_in_parts(work: PartedView, runner: Runner, part_rows: int, *, stage: str, progress: Progress) -> EncodedView:
    """Encode what is not there yet by a runner's workers. Rows of an older index, which are found by what they were made from,
    are taken over by this process: then little is left to encode."""
    shards, size = work.shards, len(work.catalog)
    shards.tidy()
    if shards.done() == len(range(0, size, SHARD_ROWS)):
        return EncodedView(open_vectors(shards.folder), shards.rejects(), True)
    bank = work.bank()
    if bank is not None:
        known, given = partial(known_here, work, bank), {"stage": stage, "progress": progress}
        return encode_view(work.catalog, shards, work.make, known=known, part_rows=part_rows, **given)  # type: ignore[arg-type]
    run = _Parted(work, runner, Ranges(size, min(part_rows, SHARD_ROWS), SHARD_ROWS))
    run.compare(lambda done: progress(f"compare {shards.folder.name}", done, size))
    looked_at = run.encode(lambda done: progress(stage, done, size)) + run.finish()
    run.adopt()
    return EncodedView(open_vectors(shards.folder), shards.rejects(), False, looked_at)


@dataclass(frozen=True)
class _Parted:
    """It is one run over the parts that are not there yet."""

    work: PartedView
    runner: Runner
    ranges: Ranges

    @cached_property
    def learned(self) -> str:
        """Make the encoder here, which fits it and leaves what others open, once; return the digest of that."""
        self.work.make()
        return kept_digest(self.work.shards.folder)

    @cached_property
    def parts(self) -> PartFolder:
        """Return the folder of the parts, beside all views' vectors: by what was learned, which of pictures behind URLs may be
        another thing each time."""
        shards = self.work.shards
        named = fingerprint_of(shards.folder.name, shards.made, vars(self.ranges), self.learned)
        return parts_for(shards.folder.parent, named)

    @cached_property
    def recipe(self) -> EncodingRecipe:
        """Return how others open the encoder."""
        return EncodingRecipe(
            recipe_of(self.work.catalog),
            self.work.shards.folder.absolute(),
            self.work.again,
            self.ranges,
            self.parts,
            self._known_poison(),
            self.learned,
        )

    def compare(self, told: Callable[[int], None]) -> None:
        """Find the first product of each one's content, as far as no run before has, and keep the contents beside the vectors: a run
        of another catalogue in between takes those away, not the parts."""
        self.parts.make()
        put_contents(self.work.catalog, self.work.contents, self.parts, self.work.shards.folder, self.runner, told)

    def encode(self, report: Callable[[int], None]) -> int:
        """Encode the first product of each content; return how many were looked at. Raises Unfinished where a run before set
        aside more that ends its process than this one may."""
        deadly = self._alike(self._known_poison())
        if deadly > self.work.most_poison:
            raise Unfinished(f"{deadly_told(deadly)}: give it as much as before")
        tasks = self.ranges.tasks()
        ahead = tasks_ahead(self.parts, tasks, rows_name)
        done, looked_at = self.ranges.size - sum(task.last - task.first for task in ahead), 0
        if ahead:
            report(done)
        for outcome in done_past_poison(encode_range, probe_range, ahead, self.runner, self.recipe, self._put_aside):
            done, looked_at = done + outcome.counts["products"], looked_at + outcome.counts["looked_at"]
            report(done)
        return looked_at

    def _put_aside(self, found: Sequence[int]) -> tuple[EncodingRecipe | None, int]:
        """Keep what ends its process with the parts, and return how others do without it, None where that is more than may be set
        aside; and how many products it is."""
        poison = tuple(sorted({*self.recipe.poison, *found}))
        deadly = self._alike(poison)
        if deadly > self.work.most_poison:
            return None, deadly
        put_text(self.parts, POISON, json.dumps(poison))
        return replace(self.recipe, poison=poison), deadly

    def _known_poison(self) -> tuple[int, ...]:
        """Return the products that are known to end the process which encodes them, also from a run before."""
        there = self.parts.has(POISON)
        return tuple(json.loads(self.parts.local(POISON).read_text(encoding="utf-8"))) if there else ()

    def _alike(self, poison: Sequence[int]) -> int:
        """Return how many products have the content of these, which are the first of it, themselves among them."""
        if not poison:
            return 0
        first, wanted = read_array(self.parts, FIRST), np.asarray(poison, dtype=np.int64)
        blocks = (first[start : start + COUNTED_ROWS] for start in range(0, len(first), COUNTED_ROWS))
        return sum(int(np.isin(block, wanted).sum()) for block in blocks)

    def finish(self) -> int:
        """Make the other shards whole; return how many products were looked at."""
        tasks = self.ranges.shards()[self.work.shards.done() :]
        ahead = tasks_ahead(self.parts, tasks, shard_name)
        recipe = replace(self.recipe, poison=self._known_poison()) if ahead else self.recipe
        outcomes = finished(self.runner.map(finish_shard, ahead, recipe) if ahead else ())
        return sum(outcome.counts["looked_at"] for outcome in outcomes)

    def adopt(self) -> None:
        """Put the shards in their place, one after the other, and let the parts go."""
        for task in self.ranges.shards()[self.work.shards.done() :]:
            rejects = [reject for part in read_rejects(self.parts, shard_name(task.number)) for reject in part]
            self.work.shards.adopt(task.number, self.parts.local(shard_name(task.number)), rejects)
        self.work.shards.tidy()
        self.parts.clear()


def known_here(work: PartedView, bank: RowBank) -> Known:
    """Return what is known of the products, hashed by this process, and keep it beside the vectors."""
    contents = contents_in_blocks(work.contents, work.catalog)
    write_contents(work.shards.folder, contents)
    return Known(contents, bank)
