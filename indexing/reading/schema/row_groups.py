"""Consecutive rows of one product are joined: variants take what the product says, and rows without a variant go."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from indexing.arrays import Bools1d, Ints1d
from indexing.reading.schema.expression import columns_in
from indexing.reading.schema.raw_columns import (
    TEXT,
    RawBlock,
    as_text,
    is_empty,
    list_array,
    raw_column,
    text_lists,
)
from indexing.reading.schema.row_parents import joined_blocks
from indexing.reading.schema.schema import InputSchema


@dataclass(frozen=True)
class RowGroups:
    """They say of the rows of a block (b,) which group each is of, where each of the (g,) groups starts, and which rows
    are `own`: products of their own, as every start is."""

    group: Ints1d
    starts: Ints1d
    own: Bools1d

    @property
    def says(self) -> Bools1d:
        """Return which rows speak for the whole product (b,): the first, and those without a variant."""
        says = ~self.own
        says[self.starts] = True
        return says


def grouped(blocks: Iterable[RawBlock], schema: InputSchema) -> Iterator[RawBlock]:
    """Yield blocks in which a row is a product, for a schema that groups; others pass as they are. A group that goes on
    in the next block waits for it: memory grows by the largest group."""
    if schema.group is None:
        yield from blocks
        return
    waiting: RawBlock | None = None
    for block in blocks:
        whole = block if waiting is None else joined_blocks(waiting, block)
        last = int(_groups(whole, schema).starts[-1]) if len(whole) else 0
        if last:
            yield join_rows(whole.take(np.arange(last)), schema)
        waiting = whole.take(np.arange(last, len(whole)))
    if waiting is not None and len(waiting):
        yield join_rows(waiting, schema)


def join_rows(block: RawBlock, schema: InputSchema) -> RawBlock:
    """Return the products of a block of whole groups, each as its first row or its variant's."""
    groups = _groups(block, schema)
    if len(groups.starts) == len(block):
        return block
    alone = set(schema.own_columns(block.names))
    columns = {name: column if name in alone else _filled(column, groups) for name, column in block.columns.items()}
    made = replace(block, columns=columns, pictures=_pictures(block, schema, groups))
    return made.take(np.flatnonzero(groups.own))


def _groups(block: RawBlock, schema: InputSchema) -> RowGroups:
    made = raw_column(block, schema.group)
    key = pa.nulls(len(block), TEXT) if made is None else as_text(made)
    codes = key.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
    starts = np.ones(len(block), dtype=bool)
    starts[1:] = (codes[1:] != codes[:-1]) | (codes[1:] < 0)
    own = starts.copy()
    if schema.id != schema.group:
        for name in schema.own_columns(block.names):
            own |= ~np.asarray(is_empty(block.columns[name]), dtype=bool)
    return RowGroups((np.cumsum(starts) - 1).astype(np.int64), np.flatnonzero(starts), own)


def _filled(column: pa.Array, groups: RowGroups) -> pa.Array:
    """Fill empty cells from the first of the product's rows that has one."""
    empty = np.asarray(is_empty(column), dtype=bool)
    if not empty.any():
        return column
    places, none = np.arange(len(column)), len(column)
    first = np.minimum.reduceat(np.where(~empty & groups.says, places, none), groups.starts)
    place = np.where(empty, first[groups.group], places)
    return column.take(pa.array(place, mask=place == none))


def _pictures(block: RawBlock, schema: InputSchema, groups: RowGroups) -> pa.Array | None:
    """Return each row's pictures as lists. Where the schema has columns of a variant's own pictures, these come first
    and all others of the group after them; else a row has its own or, without any, those of the product."""
    names = [name for name in dict.fromkeys(columns_in(schema.image, block.names)) if name in block.columns]
    if not names or any(not _is_text(block.columns[name]) for name in names):
        return None
    alone = [name for name in names if name in set(schema.own_columns(block.names))]
    if not alone:
        own = _texts(block, schema, names)
        return _own_or_shared(own, _by_group(own, groups.says, groups), groups)
    gallery = text_lists([block.columns[name] for name in names if name not in alone], len(block))
    own = text_lists([block.columns[name] for name in alone], len(block))
    if gallery is None:
        return own
    return _one_after_another(
        own, _by_group(gallery, np.ones(len(block), dtype=bool), groups).take(pa.array(groups.group))
    )


def _is_text(column: pa.Array) -> bool:
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def _texts(block: RawBlock, schema: InputSchema, names: list[str]) -> pa.Array:
    made = raw_column(block, schema.image)
    assert made is not None
    return made if pa.types.is_large_list(made.type) else text_lists([made], len(block))


def _by_group(lists: pa.Array, says: Bools1d, groups: RowGroups) -> pa.Array:
    """Return one list a group (g,): what its rows say, each once, in their order."""
    lengths = np.where(says, lists.value_lengths().to_numpy(zero_copy_only=False), 0)
    values = lists.filter(pa.array(says)).flatten()
    owner = np.repeat(groups.group, lengths)
    codes = values.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    _, first = np.unique(owner * (int(codes.max(initial=0)) + 1) + codes, return_index=True)
    kept = np.sort(first)
    return list_array(values.take(pa.array(kept)), np.bincount(owner[kept], minlength=len(groups.starts)))


def _own_or_shared(own: pa.Array, shared: pa.Array, groups: RowGroups) -> pa.Array:
    first = np.zeros(len(own), dtype=bool)
    first[groups.starts] = True
    given = first | (own.value_lengths().to_numpy(zero_copy_only=False) == 0)
    place = np.where(given, groups.group, len(shared) + np.arange(len(own)))
    return pa.concat_arrays([shared, own]).take(pa.array(place))


def _one_after_another(own: pa.Array, shared: pa.Array) -> pa.Array:
    """Join two lists of each row, without a repeat of the same picture."""
    rows = np.arange(len(own))
    lengths = [part.value_lengths().to_numpy(zero_copy_only=False) for part in (own, shared)]
    owner = np.concatenate([np.repeat(rows, count) for count in lengths])
    order = np.argsort(owner, kind="stable")
    both = pa.concat_arrays([own.flatten(), shared.flatten()]).take(pa.array(order))
    everyone = RowGroups(rows, rows, np.ones(len(own), dtype=bool))
    return _by_group(list_array(both, lengths[0] + lengths[1]), np.ones(len(own), dtype=bool), everyone)
