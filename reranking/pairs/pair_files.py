"""A pairs file has columns of ids and perhaps of a target, and is read whole or as blocks; a label store stands for one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Floats1d, Ints1d
from indexing.errors import InputError
from indexing.files.integers import as_integers
from indexing.files.tables import TableFile, open_table
from reranking.labels.settled import SettledPairs, read_settled
from reranking.labels.store_file import is_store

ID_COLUMNS = (
    ("left_id", "right_id"),
    ("variantid1", "variantid2"),
    ("ltable_id", "rtable_id"),
    ("id1", "id2"),
    ("unique_id_l", "unique_id_r"),  # Splink
    ("id_l", "id_r"),
    ("rec_id_1", "rec_id_2"),  # recordlinkage
    ("level_0", "level_1"),
    ("__id_left", "__id_right"),  # fuzzymatcher
)
TARGET_COLUMNS = ("target", "label", "is_match", "clerical_match_score", "gold")


@dataclass(frozen=True)
class PairColumns:
    """It names the columns of a pairs file: two ids and, where there is one, the target."""

    left: str
    right: str
    target: str | None = None


@dataclass(frozen=True)
class IdPairs:
    """It holds pairs as a file has them, by id, in file order.

    `left` and `right` are arrow arrays of one type (int64 or large_string) without nulls; `target` is
    float64 (n,), 1.0 for a match and 0.0 for a non-match, or None when the file has no such column.
    `table` holds every column of the file, `numbers` (n,) are those of the rows in it, as people count them.
    """

    path: Path
    columns: PairColumns
    left: pa.Array
    right: pa.Array
    target: Floats1d | None
    table: pa.Table
    numbers: Ints1d

    def __len__(self) -> int:
        return len(self.left)


def find_columns(file: TableFile, *, ids: tuple[str, str] | None = None, target: str | None = None) -> PairColumns:
    """Return the id and target columns of a pairs file, by the names given or else by the known ones, in letters of any
    case.

    Raises InputError when the columns asked for, or any known pair of id columns, are not there.
    """
    choices = ID_COLUMNS if ids is None else (ids,)
    named = ((known_name(file, [a]), known_name(file, [b])) for a, b in choices)
    found = next(((a, b) for a, b in named if a is not None and b is not None), None)
    if found is None:
        known = " or ".join(f"'{a}' and '{b}'" for a, b in choices)
        remedy = ": rename two columns so, or name them where the command has --ids LEFT RIGHT" if ids is None else ""
        raise InputError(f"{file.path}: no id columns: needs {known}, has {', '.join(file.names)}{remedy}")
    if target is not None and target not in file.names:
        raise InputError(f"{file.path}: no column '{target}' for the target, has {', '.join(file.names)}")
    return PairColumns(*found, target or known_name(file, TARGET_COLUMNS))


def known_name(file: TableFile, wanted: Sequence[str]) -> str | None:
    """Return the column of a file that has the first of these names that there is, as it is written or, where that is
    one column alone, in letters of another case; None where there is none."""
    for name in wanted:
        alike = [column for column in file.names if column.casefold() == name.casefold()]
        if name in alike or len(alike) == 1:
            return name if name in alike else alike[0]
    return None


def read_id_pairs(path: Path, *, ids: tuple[str, str] | None = None, target: str | None = None) -> IdPairs:
    """Read a whole pairs file, or what a label store has to learn from.

    Raises InputError for missing columns, null ids, or targets that are not 0 or 1.
    """
    if is_store(path):
        return labels_as_pairs(read_settled(path))
    file = open_table(path)
    columns = find_columns(file, ids=ids, target=target)
    table = file.read()
    left, right = id_columns(table, columns, path, file.first_row)
    target_values = target_column(table, columns, path, file.first_row)
    return IdPairs(Path(path), columns, left, right, target_values, table, row_numbers(file, len(table)))


def row_numbers(file: TableFile, count: int) -> Ints1d:
    """Return the numbers (n,) of all rows of a file that was read whole."""
    return np.arange(file.first_row, file.first_row + count)


def labels_as_pairs(labels: SettledPairs) -> IdPairs:
    """Return the settled pairs of a label store as a pairs file would hold them."""
    columns = PairColumns("left_id", "right_id", "target")
    table = pa.table({columns.left: labels.left, columns.right: labels.right, "target": labels.targets})
    numbers = np.arange(1, len(table) + 1)
    return IdPairs(labels.path, columns, labels.left, labels.right, labels.targets, table, numbers)


def id_columns(
    table: pa.Table, columns: PairColumns, path: Path, first_row: int = 1, *, nulls: bool = False
) -> tuple[pa.Array, pa.Array]:
    """Return both id columns of a block as arrays of one type; `first_row` is the number of the
    block's first row in the file."""
    left, right = (id_array(table[name], name, path, first_row, nulls=nulls) for name in (columns.left, columns.right))
    if left.type != right.type:
        left, right = pc.cast(left, pa.large_string()), pc.cast(right, pa.large_string())
    return left, right


def id_array(column: pa.ChunkedArray, name: str, path: Path, first_row: int = 1, *, nulls: bool = False) -> pa.Array:
    """Return ids as int64 or large_string. Raises InputError for types that cannot be an id and, without `nulls`, for
    nulls."""
    if column.null_count and not nulls:
        row = first_row + int(np.flatnonzero(column.is_null().to_numpy())[0])
        raise InputError(f"{path}: row {row} has no '{name}': every row needs an id")
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_floating(kind):
        _refuse_fractions(column, name, path, first_row)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind):  # null: no rows at all
        ids = _integers(column, name, path)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        ids = column.cast(pa.large_string())
    else:
        raise InputError(f"{path}: column '{name}' is {kind}: ids are integers or text")
    return ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids


def _refuse_fractions(column: pa.ChunkedArray, name: str, path: Path, first_row: int) -> None:
    values, missing = column.to_numpy(), column.is_null().to_numpy()
    odd = np.flatnonzero(~(np.isfinite(values) & (values == np.floor(values))) & ~missing)
    if odd.size:
        row = int(odd[0])
        raise InputError(f"{path}: row {first_row + row} has '{name}' {values[row]}: ids are integers or text")


def _integers(column: pa.ChunkedArray, name: str, path: Path) -> pa.ChunkedArray:
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid as error:
        large = pc.max(pc.abs(column)).as_py()
        raise InputError(f"{path}: column '{name}' holds {large}, too large an integer: write ids as text") from error


def target_column(table: pa.Table, columns: PairColumns, path: Path, first_row: int = 1) -> Floats1d | None:
    """Return the target as 1.0 and 0.0, None where there is no such column.

    Raises InputError, naming the row, for nulls and other values.
    """
    if columns.target is None:
        return None
    column = table[columns.target]
    try:
        values = np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)
    except pa.ArrowInvalid as error:
        row, value = next((row, value) for row, value in enumerate(column.to_pylist()) if not _is_number(value))
        raise InputError(
            f"{path}: row {first_row + row} has {columns.target} {value!r}: targets are 1 and 0"
        ) from error
    except pa.ArrowNotImplementedError as error:
        raise InputError(f"{path}: column '{columns.target}' is {column.type}: targets are 1 and 0") from error
    wrong = np.flatnonzero(~((values == 0) | (values == 1)))
    if wrong.size:
        row = int(wrong[0])
        value = "null" if np.isnan(values[row]) else f"{values[row]:g}"
        raise InputError(
            f"{path}: row {first_row + row} has {columns.target} {value} ({wrong.size} such rows): targets are 1 and 0"
        )
    return values


def target_or_nan(column: pa.ChunkedArray, path: Path, name: str) -> Floats1d:
    """Return the target as 1.0 and 0.0, NaN where it is null or anything else. Raises InputError for a column of neither
    numbers nor text."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    try:
        odd = [value for value in column.unique().to_pylist() if not _is_number(value)]
        known = pc.if_else(pc.is_in(column, value_set=pa.array(odd, column.type)), None, column) if odd else column
        values = np.asarray(known.cast(pa.float64()).to_numpy(), dtype=np.float64)
    except pa.ArrowNotImplementedError as error:
        raise InputError(f"{path}: column '{name}' is {column.type}: targets are 1 and 0") from error
    return np.where((values == 0) | (values == 1), values, np.nan)


def _is_number(value: object) -> bool:
    try:
        pa.array([value]).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def cast_ids(ids: pa.Array, kind: pa.DataType, path: Path) -> pa.Array:
    """Return ids of one file in the id type of another: text that is all plain integers meets int64.

    Raises InputError when they cannot meet, naming a value.
    """
    if ids.type == kind:
        return ids
    if pa.types.is_integer(kind):
        integers = as_integers(ids)
        if integers is not None:
            return integers
        odd = next(value for value in ids.to_pylist() if as_integers(pa.array([value])) is None)
        raise InputError(f"{path}: id {odd!r} is text, the other file's ids are integers: use the same ids in both")
    return pc.cast(ids, kind)


def blocks_of(file: TableFile, rows: int, columns: Sequence[str] | None = None) -> Iterator[tuple[int, pa.Table]]:
    """Yield blocks of a file, each with the row number at which it begins."""
    first = file.first_row
    for block in file.blocks(rows, columns):
        yield first, block
        first += len(block)
