"""Changes are what an update does to a catalogue: which products are new, changed, the same or gone, and the new
catalogue file."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from indexing.arrays import Bools1d, Ints1d
from indexing.catalog.catalog import CATALOG_FILE, FIELDS, Catalog
from indexing.catalog.digest import ValueDigest
from indexing.catalog.pictures import with_contents
from indexing.errors import InputError
from indexing.files.blocks import BLOCK_ROWS
from indexing.machine.threads import in_turn
from indexing.update.row_digests import row_digests

SHOWN_IDS = 5


@dataclass(frozen=True)
class Moves:
    """They say where products stand after an update: `origin` (n,) is each one's position before, -1 for a new one;
    `moved` (m,) each old one's position now, -1 when it was deleted. Both rise, so that ties keep their order."""

    origin: Ints1d
    moved: Ints1d


class Looks(Protocol):
    """It looks at what stands outside of the catalogue."""

    def changed(self, given: Catalog, place: Ints1d) -> Bools1d:
        """Return which of the products given (g,), which stood at `place` (g,), are other ones for it now."""


@dataclass(frozen=True)
class CatalogUpdate:
    """`given` are the products of the update (u,), in the index's types; `place` (u,) are their positions before, -1
    for new ones; `changed` (u,) says which of those that were there are not the same any more; `deleted` are positions
    before."""

    old: Catalog
    given: Catalog
    place: Ints1d
    changed: Bools1d
    deleted: Ints1d

    @property
    def added(self) -> Ints1d:
        """Return the rows of `given` that are new."""
        return np.flatnonzero(self.place < 0)

    @property
    def nothing(self) -> bool:
        """Return whether the index is as it should be already."""
        return not (self.changed.any() or self.added.size or self.deleted.size)

    def moves(self) -> Moves:
        """Return where products stand: the changed keep their places, the deleted leave no gap, the new stand at the
        end in the order given."""
        stays = np.ones(len(self.old), dtype=bool)
        stays[self.deleted] = False
        moved = np.where(stays, np.cumsum(stays) - 1, -1).astype(np.int64)
        return Moves(np.concatenate([np.flatnonzero(stays), np.full(self.added.size, -1)]).astype(np.int64), moved)

    def rows(self, moves: Moves) -> Ints1d:
        """Return the row of `given` (n,) for each product now, -1 where the old one stands."""
        rows = np.full(len(moves.origin), -1, dtype=np.int64)
        changed = np.flatnonzero(self.changed)
        rows[moves.moved[self.place[changed]]] = changed
        rows[moves.origin < 0] = self.added
        return rows

    def write(self, folder: Path, moves: Moves) -> str:
        """Write the new catalogue as catalog.arrow, block by block; return its digest, as reading it from one file
        would give."""
        rows, digest = self.rows(moves), ValueDigest()
        parts = [slice(start, start + BLOCK_ROWS) for start in range(0, len(rows), BLOCK_ROWS)]
        with ThreadPoolExecutor(1) as pool, pa.ipc.new_file(folder / CATALOG_FILE, self.old.table.schema) as target:
            for _, block in in_turn(pool, lambda part: self._block(moves.origin[part], rows[part]), parts, 1):
                for batch in block.to_batches():
                    target.write_batch(batch)
                    digest.add(batch)
        return digest.hexdigest()

    def _block(self, origin: Ints1d, rows: Ints1d) -> pa.Table:
        """Return some products of the new catalogue: those of `origin` (b,), which rise, and of `rows` (b,) of
        `given`."""
        fresh = rows >= 0
        stays = origin[~fresh]
        first, last = (int(stays[0]), int(stays[-1])) if len(stays) else (0, -1)
        old = self.old.table.slice(first, last + 1 - first)
        if not fresh.any() and len(stays) == len(old):
            return old.combine_chunks()
        order = np.empty(len(rows), dtype=np.int64)
        order[~fresh] = stays - first
        order[fresh] = len(old) + np.arange(np.count_nonzero(fresh))
        both = pa.concat_tables([old, self.given.table.take(pa.array(rows[fresh]))])
        return both.combine_chunks().take(pa.array(order))


def plan_update(old: Catalog, given: Catalog | None, deleted: Ints1d, *, looks: Sequence[Looks] = ()) -> CatalogUpdate:
    """Compare the products given with those that the index holds: their cells, and their pictures where one of `looks`
    does. Raises InputError for a product that is both given and deleted, and when nobody would be left."""
    given = old.slice(0, 0) if given is None else given
    place = old.lookup.find(given.ids) if len(given) else np.zeros(0, dtype=np.int64)
    both = np.flatnonzero(np.isin(place, deleted) & (place >= 0))
    if both.size:
        raise InputError(f"id {given.ids[int(both[0])].as_py()!r} is both given and deleted: leave out one of them")
    if len(old) + int((place < 0).sum()) == len(deleted):
        raise InputError("every product would be deleted: remove the index instead")
    changed = np.zeros(len(given), dtype=bool)
    there = np.flatnonzero(place >= 0)
    changed[there] = _contents(old, place[there]) != _contents(given, there)
    for look in looks:
        same = there[~changed[there]]
        changed[same] = look.changed(given.take(same), place[same])
    return CatalogUpdate(old, given, place, changed, deleted)


def _contents(catalog: Catalog, rows: Ints1d) -> np.ndarray:
    """Return a digest of each of these products; pictures given as bytes count with their bytes, wherever they are
    kept."""
    table = catalog.table.take(pa.array(rows))
    images = table["images"].combine_chunks()
    table = table.set_column(table.column_names.index("images"), "images", with_contents(images, catalog))
    return row_digests(table.select(["id", *FIELDS.names, *_vector_columns(catalog)]))


def _vector_columns(catalog: Catalog) -> Sequence[str]:
    return sorted(name for name in catalog.table.column_names if name.startswith("column:"))
