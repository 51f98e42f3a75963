"""Labelled pairs, by position and checked, are what training and measuring stand on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from indexing.arrays import Floats1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.errors import InputError, UnknownId
from reranking.labels.settled import read_settled
from reranking.labels.store_file import is_store
from reranking.pairs.pair_files import IdPairs, labels_as_pairs, read_id_pairs
from reranking.pairs.repeats import FileRows, refuse_repeats, refuse_selves

CATEGORY_COLUMN = "cat3_grouped"


@dataclass(frozen=True)
class LabelledPairs:
    """It holds positions `left`, `right` (p,) int64, `targets` (p,), 1.0 for a match and 0.0 for none, and the
    evaluation category where the file names it (`categories` (p,), else None)."""

    left: Ints1d
    right: Ints1d
    targets: Floats1d
    categories: pa.Array | None = None

    def __len__(self) -> int:
        return len(self.left)

    def take(self, rows: Ints1d) -> "LabelledPairs":
        """Return the pairs at these rows."""
        named = None if self.categories is None else self.categories.take(pa.array(rows))
        return LabelledPairs(self.left[rows], self.right[rows], self.targets[rows], named)

    @property
    def products(self) -> Ints1d:
        """Return the positions that occur, sorted."""
        return np.unique(np.concatenate([self.left, self.right]))


def read_labelled(
    paths: Sequence[Path], catalog: Catalog, *, ids: tuple[str, str] | None = None, target: str | None = None
) -> LabelledPairs:
    """Read pairs files with targets, or label stores.

    Raises InputError, naming file, row and value, for missing columns, null or odd targets, unknown ids, pairs of a
    product with itself, and pairs that occur twice in either order, be their targets equal or contradicting.
    """
    parts, numbers = zip(*(_read_one(Path(path), catalog, ids, target) for path in paths), strict=True)
    pairs = join_labelled(parts)
    if not len(pairs):
        raise InputError(f"{paths[0]}: no pairs: training needs matches and non-matches")
    rows = FileRows.of(paths, numbers)
    refuse_repeats(catalog.ids, pairs.left, pairs.right, rows, targets=pairs.targets)
    return pairs


def positions_of(pairs: IdPairs, catalog: Catalog) -> tuple[Ints1d, Ints1d]:
    """Return the positions of both sides. Raises InputError for unknown ids and pairs of a product with itself."""
    sides = []
    for ids, name in ((pairs.left, pairs.columns.left), (pairs.right, pairs.columns.right)):
        try:
            sides.append(catalog.positions(ids))
        except UnknownId as error:
            raise UnknownId(f"{pairs.path}: column '{name}': {error}") from error
    left, right = sides
    refuse_selves(catalog.ids, left, right, file=pairs.path, rows=pairs.numbers)
    return left, right


def _read_one(
    path: Path, catalog: Catalog, ids: tuple[str, str] | None, target: str | None
) -> tuple[LabelledPairs, Ints1d]:
    """Return the pairs of one file, and the numbers of their rows."""
    if is_store(path):
        pairs = labels_as_pairs(read_settled(path, catalog))
    else:
        pairs = read_id_pairs(path, ids=ids, target=target)
    if pairs.target is None:
        raise no_target(path, pairs.table.column_names)
    left, right = positions_of(pairs, catalog)
    return LabelledPairs(left, right, pairs.target, named_categories(pairs.table)), pairs.numbers


def no_target(path: Path, names: Sequence[str]) -> InputError:
    """Return the error of a file, with columns of these names, that has no target."""
    return InputError(f"{path}: no column 'target' (has {', '.join(names)}): training needs it")


def named_categories(table: pa.Table) -> pa.Array | None:
    """Return the evaluation category (p,) that a pairs file names, None where it has no such column."""
    if CATEGORY_COLUMN not in table.column_names:
        return None
    return table[CATEGORY_COLUMN].cast(pa.large_string()).combine_chunks()


def join_labelled(parts: Sequence[LabelledPairs]) -> LabelledPairs:
    """Return the pairs of one or more files one after the other; without categories where one of them has none."""
    if len(parts) == 1:
        return parts[0]
    named = [part.categories for part in parts]
    return LabelledPairs(
        np.concatenate([part.left for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.targets for part in parts]),
        None if any(column is None for column in named) else pa.concat_arrays(named),
    )
