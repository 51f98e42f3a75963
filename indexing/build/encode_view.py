"""One view of a catalogue is encoded into shards on disk: reused where they fit, resumed where a run was cut short.

A shard is encoded in parts, so that little is lost when a slow encoder is killed; a whole shard takes its parts' place.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.build.shard_folder import ShardFolder, ShardRejects
from indexing.catalog.catalog import Catalog
from indexing.catalog.contents import Contents, RowBank, first_of
from indexing.catalog.rejects import Reject
from indexing.encoders.encoder import Encoded, Encoder
from indexing.machine.progress import Progress, silent
from indexing.vectors.vectors import SHARD_ROWS, Vectors, open_vectors


@dataclass(frozen=True)
class EncodedView:
    """It holds the vectors of a view, what was set aside, whether all of it was there already, and how many products an
    encoder has looked at now."""

    vectors: Vectors
    rejects: ShardRejects
    reused: bool
    looked_at: int = 0


@dataclass(frozen=True)
class Known:
    """It holds what is known of a catalogue's `contents` (n, 2), and an older index's rows by content."""

    contents: Contents
    bank: RowBank | None = None

    @cached_property
    def first(self) -> Ints1d:
        """Return the first product (n,) of each one's content."""
        return first_of(self.contents)


def encode_view(
    catalog: Catalog,
    shards: ShardFolder,
    encoder: Callable[[], Encoder],
    *,
    stage: str,
    progress: Progress = silent,
    known: Callable[[], Known] | None = None,
    part_rows: int | None = None,
) -> EncodedView:
    """Encode what is not there yet, a part at a time; `encoder` is made only when there is something to do.

    With `known`, products of one content are encoded once, and not at all where an older index has their row. The rows
    depend on the catalogue and the encoder alone, not on where a run was cut short.
    """
    shards.tidy()
    starts = range(0, len(catalog), SHARD_ROWS)
    done = shards.done()
    run = _Run(catalog, shards, encoder, None if known is None or done == len(starts) else known())
    for number in range(done, len(starts)):
        stop = min(starts[number] + SHARD_ROWS, len(catalog))
        if number == done:
            run.prepare()
            progress(stage, starts[done] + sum(map(len, shards.parts(done))), len(catalog))
        run.shard(number, starts[number], stop, part_rows or SHARD_ROWS, lambda at: progress(stage, at, len(catalog)))
    return EncodedView(open_vectors(shards.folder), shards.rejects(), done >= len(starts), run.looked_at)


@dataclass
class _Run:
    """It is one run over the shards that are not there yet; the parts of the current one are held in memory."""

    catalog: Catalog
    shards: ShardFolder
    encoder: Callable[[], Encoder]
    known: Known | None
    looked_at: int = 0
    start: int = 0  # the first product of the current shard
    parts: list[Floats2d] = field(default_factory=list)

    @cached_property
    def engine(self) -> Encoder:
        return self.encoder()

    def prepare(self) -> None:
        """Make the encoder, unless the older index may have all that there is."""
        if self.known is None or self.known.bank is None:
            self.engine  # noqa: B018 made on first use

    def shard(self, number: int, start: int, stop: int, part_rows: int, told: Callable[[int], None]) -> None:
        """Encode what is missing of a shard and put it in its place."""
        self.start, self.parts = start, self.shards.parts(number)
        for at in range(start + sum(map(len, self.parts)), stop, part_rows):
            encoded = self._encode(np.arange(at, min(at + part_rows, stop)))
            if not self.parts and at + part_rows >= stop:
                self.shards.write(number, encoded)  # one part is the shard
            else:
                self.shards.write_part(number, len(self.parts), encoded)
            self.parts.append(np.asarray(encoded.rows, dtype=np.float32))
            told(min(at + part_rows, stop))
        self.shards.join_parts(number, self.parts)

    def _encode(self, here: Ints1d) -> Encoded:
        if self.known is None:
            self.looked_at += len(here)
            return self.engine.encode(self.catalog.slice(int(here[0]), int(here[-1]) + 1))
        rows = np.zeros((len(here), self._dim(self.known)), dtype=np.float32)
        return Encoded(rows, self._fill(rows, here, self.known))

    def _fill(self, rows: Floats2d, here: Ints1d, known: Known) -> list[Reject]:
        """Fill in the rows of products; zeros are never taken over: a product with nothing to see is looked at, and
        told why."""
        first, start = known.first[here], int(here[0])
        if known.bank is not None:
            old = known.bank.find(known.contents[here])
            rows[old >= 0] = known.bank.rows.take(old[old >= 0])
        earlier = np.flatnonzero(_missing(rows) & (first < start))
        rows[earlier] = self._written(first[earlier], rows.shape[1])
        rejects = self._look(rows, here, _missing(rows) & (first == here))
        repeated = np.flatnonzero(_missing(rows) & (first != here) & (first >= start))
        rows[repeated] = rows[first[repeated] - start]
        return rejects + self._look(rows, here, _missing(rows) & (first != here))

    def _look(self, rows: Floats2d, here: Ints1d, chosen: Bools1d) -> list[Reject]:
        """Encode the chosen products into their rows; return what was set aside."""
        if not chosen.any():
            return []
        encoded = self.engine.encode(self.catalog.take(here[chosen]))
        rows[chosen] = encoded.rows
        self.looked_at += int(chosen.sum())
        return encoded.rejects

    def _written(self, positions: Ints1d, dim: int) -> Floats2d:
        """Return the rows (p, dim) at positions before the current part: from shards on disk, or of the current one."""
        rows, before = np.empty((len(positions), dim), dtype=np.float32), positions < self.start
        if before.any():
            rows[before] = open_vectors(self.shards.folder).take(positions[before])
        if not before.all():
            rows[~before] = np.concatenate(self.parts)[positions[~before] - self.start]
        return rows

    def _dim(self, known: Known) -> int:
        return self.engine.dim if known.bank is None else known.bank.rows.dim


def _missing(rows: Floats2d) -> Bools1d:
    return np.asarray(~rows.any(axis=1), dtype=bool)
