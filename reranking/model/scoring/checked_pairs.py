"""Pairs are checked before any is scored: which products they name, how many are unknown, and which are odd."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog
from indexing.errors import InputError, UnknownId
from indexing.files.tables import TableFile
from reranking.pairs.pair_files import PairColumns
from reranking.pairs.positioned_blocks import OddPairs, UnknownPairs, odd_pair_finder, positioned_blocks


@dataclass(frozen=True)
class CheckedPairs:
    """It holds the sorted positions of all products of a file, how many pairs each product of the index (n,) is the left one
    of, how many of its pairs are scored, and those that are not."""

    products: Ints1d
    lefts: Ints1d
    pairs: int
    unknown: UnknownPairs
    odd: OddPairs


def check_pairs(
    file: TableFile,
    columns: PairColumns,
    catalog: Catalog,
    *,
    block_pairs: int,
    ignore_unknown: bool = False,
    max_rejects: float = 0.0,
) -> CheckedPairs:
    """Read the ids of a file, so many pairs at a time, and return what is in it.

    Raises UnknownId for products that the index does not have, unless these are ignored, and InputError where none is known
    or more than the share `max_rejects` is odd.
    """
    mentioned, unknown = np.zeros(len(catalog), dtype=bool), UnknownPairs()
    lefts = np.zeros(len(catalog), dtype=np.int64)
    expected = file.rows if file.rows is not None else _count_rows(file)
    ids = (columns.left, columns.right)
    with odd_pair_finder(catalog.ids, expected, file.path, max_rejects) as finder:
        for block in positioned_blocks(file, block_pairs, columns, catalog, read=ids):
            finder.add(block)
            mentioned[block.left], mentioned[block.right] = True, True
            np.add.at(lefts, block.left, 1)
            unknown += block.unknown
        known = finder.size
        if unknown.count and not ignore_unknown:
            raise UnknownId(_refusal(file, unknown, known, catalog))
        if unknown.count and not known:
            remedy = catalog.lookup.lost_zeros([unknown.id]) or "use the index of these products"
            raise InputError(
                f"{file.path}: every pair, such as row {unknown.row} with id {unknown.id!r}, names a product that the index "
                f"does not have: {remedy}"
            )
        if not known:
            raise InputError(f"{file.path}: holds no pairs")
        odd = finder.found()
    return CheckedPairs(np.flatnonzero(mentioned), lefts, known - odd.count, unknown, odd)


def _refusal(file: TableFile, unknown: UnknownPairs, known: int, catalog: Catalog) -> str:
    """Say of how many pairs a product is not there, and what can be done about it."""
    lost = catalog.lookup.lost_zeros([unknown.id]) or "use the index of these products"
    first, deleted, remedy = "is not in the catalogue", "", f"{lost}, or give --ignore-unknown"
    if unknown.deleted:
        deleted, remedy = f", {unknown.deleted:,} of them deleted ones", "give --ignore-unknown to score the others"
    if unknown.deleted == unknown.count:
        first = "was deleted from the index"
    return (
        f"{file.path}: row {unknown.row}: id {unknown.id!r} {first}; {unknown.count:,} of {unknown.count + known:,} pairs "
        f"name products that the index does not have{deleted}: {remedy}"
    )


def _count_rows(file: TableFile) -> int:
    return sum(len(block) for block in file.blocks(columns=file.names[:1]))
