"""Candidate pairs unite the neighbours of the main and the lexical view with products that share an identifier, each pair
once, and are streamed to disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexing.arrays import Bools1d, Ints1d
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.running.local import HERE
from indexing.running.parts import Parts, clear_beside, parts_beside, tasks_ahead
from indexing.running.tasks import Counts, Runner, Task, finished
from indexing.search.neighbours import Neighbours, rank_of
from indexing.shared_index import open_same_index, shared_place
from indexing.storage.artefact import fingerprint_of
from indexing.storage.outputs import output
from indexing.storage.stored.output import local_output, stored_url
from indexing.storage.whole_file import is_device, refuse_folder, writing_file
from reranking.identifiers.identifiers import IdentifiedPairs, Identifiers
from reranking.pairs.repeats import pair_keys

BLOCK_PRODUCTS = 16_384
SHARED = b"identified"  # in the metadata of a part


@dataclass(frozen=True)
class Proposed:
    """It holds pairs of positions `left`, `right` (p,), where left has the smaller id."""

    left: Ints1d
    right: Ints1d


@dataclass(frozen=True)
class Written:
    """It counts the candidates that were written, and those of them that share an identifier."""

    pairs: int
    identified: int


def write_candidates(
    index: ProductIndex,
    out: Path,
    *,
    k: int = 20,
    identifiers: Identifiers | None = None,
    progress: Progress = silent,
    runner: Runner = HERE,
) -> Written:
    """Write the pairs of every product and its k first neighbours in the main or the lexical view, and those that share an
    identifier, of two sources where the index matches across sources (`identifiers`, None: they are read).

    Columns: left_id, right_id (left is the smaller id) and, for each of the views, the cosine and both ranks
    (`rank_of_right`: among left's neighbours), null beyond the neighbours that the index keeps. A `runner` with workers apart
    has them propose for blocks of products. Raises InputError when the index keeps fewer than k neighbours.
    """
    views = proposing_views(index)
    if not 1 <= k <= index.k:
        raise InputError(f"-k {k}: {index.folder} keeps {index.k} neighbours: ask for 1 to {index.k}, or build with -k")
    identifiers = Identifiers.of(index.catalog) if identifiers is None else identifiers
    pairs, identified = 0, 0
    if stored_url(out) is None:
        refuse_folder(out)
    if runner.apart and is_device(out):
        raise InputError(f"--out {out}: is a device, beside which no parts can lie: name a file")
    blocks = _apart(index, out, k, runner, progress) if runner.apart else _here(index, k, identifiers, progress)
    with (
        local_output(out) as place,
        writing_file(place) as unfinished,
        pq.ParquetWriter(unfinished, _schema(index, views)) as writer,
    ):
        for table, shared in blocks:
            writer.write_table(table)
            pairs, identified = pairs + len(table), identified + shared
    clear_beside(out)
    return Written(pairs, identified)


def _here(index: ProductIndex, k: int, identifiers: Identifiers, progress: Progress) -> Iterator[tuple[pa.Table, int]]:
    """Yield the candidates of every block of products, and how many of them share an identifier."""
    proposing = Proposing(index, k, identifiers)
    for start in range(0, len(index.catalog), BLOCK_PRODUCTS):
        stop = min(start + BLOCK_PRODUCTS, len(index.catalog))
        yield proposing.block(start, stop)
        progress("candidates", stop, len(index.catalog))


def _apart(
    index: ProductIndex, out: Path, k: int, runner: Runner, progress: Progress
) -> Iterator[tuple[pa.Table, int]]:
    """Yield the same, when workers have made what is not there yet."""
    size = len(index.catalog)
    parts = parts_beside(out, fingerprint_of("candidates", index.fingerprint, k, BLOCK_PRODUCTS))
    tasks = [
        Task(
            number, start, min(start + BLOCK_PRODUCTS, size), f"the candidates of product {start:,} and those after it"
        )
        for number, start in enumerate(range(0, size, BLOCK_PRODUCTS))
    ]
    with output(out):
        parts.make()
    ahead = tasks_ahead(parts, tasks, _part_name)
    done = size - sum(task.last - task.first for task in ahead)
    recipe = ProposingRecipe(shared_place(index.folder), index.fingerprint, k, parts)
    for outcome in finished(runner.map(propose_block, ahead, recipe)):
        done += outcome.task.last - outcome.task.first
        progress("candidates", done, size)
    for task in tasks:
        with pa.OSFile(str(parts.local(_part_name(task.number)))) as source, pa.ipc.open_file(source) as reader:
            table = reader.read_all()
        shared = int((table.schema.metadata or {})[SHARED])
        yield table.replace_schema_metadata(_schema(index, proposing_views(index)).metadata), shared


@dataclass(frozen=True)
class Proposing:
    """It proposes pairs of an index, of k neighbours in each view."""

    index: ProductIndex
    k: int
    identifiers: Identifiers
    parts: Parts | None = None

    def block(self, start: int, stop: int) -> tuple[pa.Table, int]:
        """Return the candidates that the products at positions start to stop propose, and how many of them share an
        identifier."""
        views = proposing_views(self.index)
        shared, proposed = _propose(self.index, views, self.k, self.identifiers, np.arange(start, stop))
        return _columns(self.index, views, proposed), len(shared)


@dataclass(frozen=True)
class ProposingRecipe:
    """It opens the index in a folder, or in a store, if it still has this fingerprint."""

    index: str
    fingerprint: str
    k: int
    parts: Parts

    def open(self) -> Proposing:
        index = open_same_index(self.index, self.fingerprint)
        return Proposing(index, self.k, Identifiers.of(index.catalog), self.parts)


def propose_block(task: Task, proposing: Proposing) -> Counts:
    """Keep the candidates of a block of products as a part."""
    table, shared = proposing.block(task.first, task.last)
    table = table.replace_schema_metadata({SHARED: str(shared)})

    def write(file: BinaryIO) -> None:
        with pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)

    assert proposing.parts is not None
    proposing.parts.put(_part_name(task.number), write)
    return {"pairs": len(table), "identified": shared}


def _part_name(number: int) -> str:
    return f"candidates_{number:05d}.arrow"


def proposing_views(index: ProductIndex) -> list[str]:
    """Return the views whose neighbours are candidates: the main one and, where there is one, the lexical."""
    return [index.main_view, *(["lexical"] if "lexical" in index.views else [])]


def candidates_with(index: ProductIndex, wanted: Bools1d, k: int) -> Ints1d:
    """Return the keys of the candidates, by the k first neighbours alone, that have at least one of the `wanted` products
    (n,); each once, sorted."""
    lists = [index.neighbours(view).first(k).positions for view in proposing_views(index)]
    found = [np.zeros(0, dtype=np.int64)]
    for start in range(0, len(wanted), BLOCK_PRODUCTS):
        rows = np.arange(start, min(start + BLOCK_PRODUCTS, len(wanted)))
        partners = np.hstack([positions[rows] for positions in lists])
        row, column = np.nonzero((partners >= 0) & (wanted[rows][:, None] | wanted[partners]))
        found.append(np.unique(pair_keys(rows[row], partners[row, column], len(wanted))))
    return np.unique(np.concatenate(found))


def are_candidates(index: ProductIndex, left: Ints1d, right: Ints1d, k: int) -> Bools1d:
    """Return which pairs of positions (p,) are candidates by the k first neighbours, or by an identifier."""
    lists = [index.neighbours(view).first(k) for view in proposing_views(index)]
    found = np.zeros(len(left), dtype=bool)
    for start in range(0, len(left), BLOCK_PRODUCTS):
        part = slice(start, start + BLOCK_PRODUCTS)
        one, other = left[part], right[part]
        found[part] = _proposed_by(one, other, lists) | _proposed_by(other, one, lists)
    across = index.made.match_across_sources
    return found | Identifiers.of(index.catalog).are_shared(left, right, across_sources=across)


def _propose(
    index: ProductIndex, views: list[str], k: int, identifiers: Identifiers, rows: Ints1d
) -> tuple[IdentifiedPairs, Proposed]:
    """Return the pairs of products (consecutive positions) with later ones that share an identifier, and those that they
    propose.

    A pair whose partner, earlier in the file, proposed it already is left out, as are pairs of neighbours that share one.
    """
    lists = [index.neighbours(view).first(k) for view in views]
    own, other = _distinct(rows, lists)
    new = (other > own) | ~_proposed_by(other, own, lists)
    shared = identifiers.sharing(int(rows[0]), int(rows[-1]) + 1, across_sources=index.made.match_across_sources)
    left, right = shared.left, shared.right
    alone = ~(_proposed_by(left, right, lists) | _proposed_by(right, left, lists))
    sides = np.concatenate([own[new], left[alone]]), np.concatenate([other[new], right[alone]])
    return shared, by_id(index, *sides)


def _distinct(rows: Ints1d, lists: list[Neighbours]) -> tuple[Ints1d, Ints1d]:
    """Return each product of `rows` with each of its neighbours in any of the lists, once, as two columns (p,)."""
    partners = np.sort(np.hstack([neighbours.positions[rows] for neighbours in lists]), axis=1)
    first = np.ones(partners.shape, dtype=bool)
    first[:, 1:] = partners[:, 1:] != partners[:, :-1]
    row, column = np.nonzero(first & (partners >= 0))
    return rows[row], partners[row, column]


def _proposed_by(products: Ints1d, partners: Ints1d, lists: list[Neighbours]) -> Bools1d:
    """Return whether `products` (p,) have `partners` (p,) among their neighbours in any of the lists."""
    found = [(neighbours.positions[products] == partners[:, None]).any(axis=1) for neighbours in lists]
    return np.asarray(np.any(found, axis=0), dtype=bool)


def by_id(index: ProductIndex, own: Ints1d, other: Ints1d) -> Proposed:
    """Put the smaller id of each pair on the left: integers are compared as numbers, text by code point."""
    ids = [index.catalog.ids.take(pa.array(side)) for side in (own, other)]
    swapped = np.asarray(pc.greater(*ids).to_numpy(), dtype=bool)
    return Proposed(np.where(swapped, other, own), np.where(swapped, own, other))


def _schema(index: ProductIndex, views: list[str]) -> pa.Schema:
    kind = index.catalog.ids.type
    fields: list[tuple[str, Any]] = [("left_id", kind), ("right_id", kind)]
    for view in views:
        fields += [(f"{view}_cosine", pa.float32())]
        fields += [(f"{view}_{name}", pa.int32()) for name in ("rank_of_right", "rank_of_left")]
    return pa.schema(
        fields, metadata={"heroic": f'{{"kind": "candidates", "index_fingerprint": "{index.fingerprint}"}}'}
    )


def _columns(index: ProductIndex, views: list[str], pairs: Proposed) -> pa.Table:
    columns = [index.catalog.ids.take(pa.array(side)) for side in (pairs.left, pairs.right)]
    for view in views:
        neighbours = index.neighbours(view)
        columns.append(_nullable(index.cosines(view, pairs.left, pairs.right), pa.float32()))
        columns.append(_nullable(rank_of(neighbours, pairs.left, pairs.right), pa.int32()))
        columns.append(_nullable(rank_of(neighbours, pairs.right, pairs.left), pa.int32()))
    return pa.Table.from_arrays(columns, schema=_schema(index, views))


def _nullable(values: np.ndarray, kind: pa.DataType) -> pa.Array:
    """Return the values as an arrow array of this kind, NaN as null."""
    return pa.array(values, mask=np.isnan(values)).cast(kind)
