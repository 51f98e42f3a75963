"""Rows of labelled pairs files that cannot be used are set aside, with the reason, where the files are read for that."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.errors import InputError
from indexing.files.tables import open_table
from reranking.labels.settled import read_settled
from reranking.labels.store_file import is_store
from reranking.pairs.labelled import LabelledPairs, join_labelled, named_categories, no_target
from reranking.pairs.pair_files import IdPairs, find_columns, id_columns, read_id_pairs, row_numbers, target_or_nan
from reranking.pairs.repeats import FileRows, pair_keys

USABLE, NO_ID, UNKNOWN, SELF, TARGET, CONTRADICTION, REPEAT = range(7)
REASONS = (
    "",
    "no id",
    "not in the index",
    "a product with itself",
    "target is not 1 or 0",
    "contradicts another row",
    "repeats an earlier row",
)
FEW_UNKNOWN = 32  # rows of unknown products that are looked at for zeros that ids lost
SCHEMA = pa.schema(
    {"file": pa.large_string(), "row": pa.int64(), "left_id": pa.large_string(), "right_id": pa.large_string(),
     "target": pa.large_string(), "reason": pa.large_string(), "other_file": pa.large_string(), "other_row": pa.int64()}
)  # fmt: skip


@dataclass(frozen=True)
class PairRejects:
    """It holds the rows that were set aside of files with `size` rows together.

    `rows` (r,) are row numbers over all `files`, ascending, `reasons` (r,) places in REASONS, `others` (r,) the row that
    one repeats or contradicts, else -1. `cells` has the columns left_id, right_id and target of these rows, as text. `lost_zeros`
    says what to do where ids are unknown because zeros in front of them were lost.
    """

    files: FileRows
    size: int
    rows: Ints1d
    reasons: Ints1d
    others: Ints1d
    cells: pa.Table
    lost_zeros: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    def summary(self) -> str:
        """Say how many rows of which file were set aside and why, the commonest reason first, with an example of each."""
        count = np.bincount(self.reasons, minlength=len(REASONS))
        common = [int(reason) for reason in np.argsort(-count, kind="stable") if count[reason]]
        why = [f"{REASONS[reason]} ({count[reason]:,}, such as {self._example(reason)})" for reason in common]
        first, *more = self.files.paths
        named = f"{first} and {len(more)} more" if more else f"{first}"
        return f"{len(self):,} of {self.size:,} pairs of {named}: {', '.join(why)}"

    def refuse_above(self, most: float, few: int = 0) -> None:
        """Raise InputError when more than the share `most` of the rows were set aside, or all of them; not for a `few` rows that are
        fewer than half."""
        if not len(self):
            return
        share = len(self) / self.size
        foreign = "use the index of these products, " if 2 * int((self.reasons == UNKNOWN).sum()) > len(self) else ""
        if self.lost_zeros:
            foreign = f"{self.lost_zeros}; "
        remedy = f"{foreign}mend the rows (--rejects FILE.csv lists them)"
        if len(self) == self.size:
            raise InputError(f"no pair can be used, {self.summary()}: {remedy}")
        if share > most and not (len(self) <= few and 2 * len(self) < self.size):
            raise InputError(
                f"{100 * share:.3g}% cannot be used, more than --max-rejects {most:g} allows, {self.summary()}: {remedy}, or give "
                f"--max-rejects {math.ceil(share * 1000) / 1000:g}"
            )

    def table(self) -> pa.Table:
        """Return one row a reject: its file and row, ids and target as text, the reason, and the row that it repeats or
        contradicts."""
        places = [self.files.place(int(row)) for row in self.rows]
        others = [self.files.place(int(row)) if row >= 0 else (None, None) for row in self.others]
        columns = [
            [str(file) for file, _ in places],
            [row for _, row in places],
            *(self.cells[name] for name in ("left_id", "right_id", "target")),
            [REASONS[reason] for reason in self.reasons],
            [None if file is None else str(file) for file, _ in others],
            [row for _, row in others],
        ]
        return pa.table(dict(zip(SCHEMA.names, columns, strict=True)), schema=SCHEMA)

    def _example(self, reason: int) -> str:
        """Name the first row with this reason."""
        place = int(np.flatnonzero(self.reasons == reason)[0])
        cells, other = self.cells.slice(place, 1).to_pylist()[0], int(self.others[place])
        said = f"{self._row(int(self.rows[place]))} with {cells['left_id']!r} and {cells['right_id']!r}"
        if reason == TARGET:
            return f"{said}: {'null' if cells['target'] is None else cells['target']}"
        return said if other < 0 else f"{said}, see {self._row(other)}"

    def _row(self, row: int) -> str:
        file, number = self.files.place(row)
        return f"row {number}" if len(self.files.paths) == 1 else f"{file} row {number}"


@dataclass(frozen=True)
class _FilePairs:
    """It is a file as read: positions are -1 for unknown ids, targets NaN for those that are none. `without_id` (p,) tells
    the rows that lack an id; `cells` are those of PairRejects, of all rows and as the file has them; `numbers` (p,) are those
    of the rows."""

    pairs: LabelledPairs
    without_id: Bools1d
    cells: pa.Table
    numbers: Ints1d


def read_usable(
    paths: Sequence[Path], catalog: Catalog, *, ids: tuple[str, str] | None = None, target: str | None = None
) -> tuple[LabelledPairs, PairRejects]:
    """Read pairs files with targets, or label stores; return the pairs that can be used, and the rows that cannot.

    Of pairs that occur again with the same target the first stays; of those that contradict each other none does. Raises
    InputError for files that cannot be read, missing columns, columns that cannot be ids or targets, and no rows at all.
    """
    parts = [_read_file(Path(path), catalog, ids, target) for path in paths]
    files = FileRows.of(paths, [part.numbers for part in parts])
    pairs = join_labelled([part.pairs for part in parts])
    if not len(pairs):
        raise InputError(f"{paths[0]}: no pairs: training needs matches and non-matches")
    without_id = np.concatenate([part.without_id for part in parts])
    reasons, others = _reasons(pairs, without_id, len(catalog))
    rejected = reasons != USABLE
    rows = np.flatnonzero(rejected)
    kept = pairs if not rows.size else pairs.take(np.flatnonzero(~rejected))
    cells = [_as_text(part.cells, own) for part, own in zip(parts, np.split(rejected, files.ends[:-1]), strict=True)]
    set_aside = pa.concat_tables(cells)
    lost_zeros = _lost_zeros(catalog, set_aside.filter(pa.array(reasons[rows] == UNKNOWN)))
    return kept, PairRejects(files, len(pairs), rows, reasons[rows], others[rows], set_aside, lost_zeros)


def _lost_zeros(catalog: Catalog, cells: pa.Table) -> str:
    """Return what to do where ids of pairs of unknown products are in the catalogue with zeros before them."""
    few = cells.slice(0, FEW_UNKNOWN)
    ids = pa.concat_arrays([few[name].combine_chunks().drop_null() for name in ("left_id", "right_id")])
    return catalog.lookup.lost_zeros(ids.filter(pa.array(catalog.lookup.find(ids) < 0)).to_pylist())


def read_usable_ids(
    path: Path, *, ids: tuple[str, str] | None = None, target: str | None = None, repeated: bool = False
) -> tuple[IdPairs, PairRejects]:
    """Read a pairs file, or a label store, as `read_usable` does, without an index to know ids of; pairs that are `repeated` with the
    same target stay. A file without a target is read without.

    Raises InputError for a file that cannot be read, and missing columns.
    """
    if is_store(path):
        pairs = read_id_pairs(path)
        table, columns, sides, numbers = pairs.table, pairs.columns, (pairs.left, pairs.right), pairs.numbers
    else:
        file = open_table(path)
        columns, table = find_columns(file, ids=ids, target=target), file.read()
        sides, numbers = id_columns(table, columns, path, file.first_row, nulls=True), row_numbers(file, len(table))
    sides = _without_empty(sides[0]), _without_empty(sides[1])
    known = pa.concat_arrays(sides).dictionary_encode()
    products = np.asarray(pc.fill_null(known.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
    said = pa.chunked_array([pa.nulls(len(table))]) if columns.target is None else table[columns.target]
    targets = np.zeros(len(table)) if columns.target is None else target_or_nan(said, path, columns.target)
    left, right = np.split(products, 2)
    without_id = (left < 0) | (right < 0)
    reasons, others = _reasons(LabelledPairs(left, right, targets), without_id, len(known.dictionary))
    if repeated or columns.target is None:
        reasons[reasons == REPEAT] = USABLE
    rejected = reasons != USABLE
    rows = np.flatnonzero(rejected)
    cells = pa.table([*sides, said], ["left_id", "right_id", "target"])
    files = FileRows.of([path], [numbers])
    rejects = PairRejects(files, len(table), rows, reasons[rows], others[rows], _as_text(cells, rejected))
    kept = pa.array(~rejected)
    left_ids, right_ids = (side.filter(kept) for side in sides)
    target_values = None if columns.target is None else targets[~rejected]
    return IdPairs(
        Path(path), columns, left_ids, right_ids, target_values, table.filter(kept), numbers[~rejected]
    ), rejects


def _without_empty(ids: pa.Array) -> pa.Array:
    """Return ids in which an empty text is none."""
    return ids if pa.types.is_integer(ids.type) else pc.if_else(pc.equal(ids, ""), None, ids)


def _read_file(path: Path, catalog: Catalog, ids: tuple[str, str] | None, target: str | None) -> _FilePairs:
    if is_store(path):
        return _read_store(path, catalog)
    file = open_table(path)
    columns = find_columns(file, ids=ids, target=target)
    if columns.target is None:
        raise no_target(path, file.names)
    table = file.read()
    sides = [_without_empty(side) for side in id_columns(table, columns, path, file.first_row, nulls=True)]
    left, right = (catalog.lookup.find(side) for side in sides)
    without_id = np.asarray(pc.or_(*(pc.is_null(side) for side in sides)), dtype=bool)
    targets = target_or_nan(table[columns.target], path, columns.target)
    pairs = LabelledPairs(left, right, targets, named_categories(table))
    cells = pa.table([*sides, table[columns.target]], ["left_id", "right_id", "target"])
    return _FilePairs(pairs, without_id, cells, row_numbers(file, len(table)))


def _read_store(path: Path, catalog: Catalog) -> _FilePairs:
    """Read a label store, of which nothing is a reject: what it leaves out it counts itself."""
    labels = read_settled(path, catalog)
    left, right = (catalog.lookup.find(side) for side in (labels.left, labels.right))
    cells = pa.table([labels.left, labels.right, pa.array(labels.targets)], ["left_id", "right_id", "target"])
    nobody, numbers = np.zeros(len(labels), dtype=bool), np.arange(1, len(labels) + 1)
    return _FilePairs(LabelledPairs(left, right, labels.targets), nobody, cells, numbers)


def _as_text(cells: pa.Table, rows: Bools1d) -> pa.Table:
    """Return these rows with every cell as text."""
    chosen = cells.filter(pa.array(rows))
    return pa.table({name: pc.cast(chosen[name], pa.large_string()) for name in chosen.column_names})


def _reasons(pairs: LabelledPairs, without_id: Bools1d, products: int) -> tuple[Ints1d, Ints1d]:
    """Return the reason of each row (p,), USABLE for none, and the row that it repeats or contradicts (p,), else -1."""
    reasons, others = np.full(len(pairs), USABLE), np.full(len(pairs), -1)
    for reason, rows in (
        (NO_ID, without_id),
        (UNKNOWN, (pairs.left < 0) | (pairs.right < 0)),
        (SELF, pairs.left == pairs.right),
        (TARGET, np.isnan(pairs.targets)),
    ):
        reasons[rows & (reasons == USABLE)] = reason
    sound = np.flatnonzero(reasons == USABLE)
    again, kinds = _again(pair_keys(pairs.left[sound], pairs.right[sound], products), pairs.targets[sound])
    reasons[sound] = kinds
    others[sound] = np.where(again < 0, -1, sound[again])
    return reasons, others


def _again(keys: Ints1d, targets: Floats1d) -> tuple[Ints1d, Ints1d]:
    """Return for each pair (p,) the place of the one that it contradicts or repeats, -1 for none, and the reason."""
    contradicted = np.full(len(keys), -1)
    for target in (0.0, 1.0):
        contradicted = np.where(targets == target, _first(keys, targets != target), contradicted)
    first = _first(keys, np.ones(len(keys), dtype=bool))
    repeated = np.where(first < np.arange(len(keys)), first, -1)
    kinds = np.select([contradicted >= 0, repeated >= 0], [CONTRADICTION, REPEAT], USABLE)
    return np.where(contradicted >= 0, contradicted, repeated), kinds


def _first(keys: Ints1d, among: Bools1d) -> Ints1d:
    """Return the first place (p,) that has each key, of those `among` which it is searched, -1 where none has it."""
    places = np.flatnonzero(among)
    if not places.size:
        return np.full(len(keys), -1)
    known, at = np.unique(keys[places], return_index=True)
    found = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[found] == keys, places[at[found]], -1)
