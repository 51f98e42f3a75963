"""Attributes are gathered in columns, from one column of many shapes and from all that no field of a product names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Ints1d
from indexing.catalog.catalog import ATTRIBUTES
from indexing.files.content.cell_bytes import any_holds, trimmed, which_begin
from indexing.reading.cells.attributes.shapes import KEYS, PAIRED, VALUES, entries
from indexing.reading.cells.distinct import Distinct
from indexing.reading.cells.literals import read_literal, read_pairs
from indexing.reading.cells.markup import without_markup
from indexing.reading.cells.texts import TEXT, as_plain, as_text, known, values_of

Refuse = Callable[[int, str], None]  # a row of the block, and why its cell cannot be read
LEAST_VECTOR = 16  # numbers in the text of a list that are no attribute
_MAY_BE_LONG = 2.0**63  # orjson makes a float of what is longer


@dataclass(frozen=True)
class Entries:
    """They are attributes as columns: each has the `row` of its product (rising), its key and its value."""

    rows: Ints1d
    keys: pa.Array
    values: pa.Array

    @classmethod
    def of_one_key(cls, key: str, rows: Ints1d, values: pa.Array) -> "Entries":
        """Make entries of one key that say something, as `of_pairs` does."""
        shown = cls.of_pairs(rows, pa.repeat(pa.scalar("", TEXT), len(rows)), values)
        return cls(shown.rows, pa.repeat(_shown_keys(pa.array([key], TEXT))[0], len(shown.rows)), shown.values)

    @classmethod
    def of_pairs(cls, rows: Ints1d, keys: pa.Array, values: pa.Array) -> "Entries":
        """Make entries of the keys and values (n,) of a file that say something, trimmed and without markup."""
        keys, values = _shown_keys(keys), without_markup(known(trimmed(values)))
        if not values.null_count:
            return cls(rows, keys, values)
        kept = values.is_valid()
        return cls(rows[kept.to_numpy(zero_copy_only=False)], keys.filter(kept), values.filter(kept))

    def at(self, cells: Distinct) -> "Entries":
        """Return the entries of all rows of the cells, where `rows` are places among the distinct ones."""
        ends = np.cumsum(np.bincount(self.rows, minlength=len(cells.values)))
        flat = pa.StructArray.from_arrays([self.keys, self.values], fields=list(ATTRIBUTES.value_type))
        lists = pa.LargeListArray.from_arrays(pa.array(np.append(0, ends), pa.int64()), flat)
        lists = lists.take(pa.array(cells.places))
        lengths, flat = pc.list_value_length(lists).to_numpy(zero_copy_only=False), lists.flatten()
        return Entries(np.repeat(cells.rows, lengths), flat.field(0), flat.field(1))


def _shown_keys(keys: pa.Array) -> pa.Array:
    return pc.fill_null(without_markup(trimmed(keys)), "")


def gathered(parts: Sequence[Entries], rows: int) -> pa.Array:
    """Return the attributes (rows,) of all parts, in their order; null where there are none."""
    there = [part for part in parts if len(part.rows)]
    if not there:
        return pa.nulls(rows, ATTRIBUTES)
    where = np.concatenate([part.rows for part in there])
    keys, values = (pa.concat_arrays(one) for one in ([p.keys for p in there], [p.values for p in there]))
    if len(there) > 1:
        order = np.argsort(where, kind="stable")
        keys, values = keys.take(pa.array(order)), values.take(pa.array(order))
    counts = np.bincount(where, minlength=rows)
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))
    flat = pa.StructArray.from_arrays([keys, values], fields=list(ATTRIBUTES.value_type))
    return pa.LargeListArray.from_arrays(offsets, flat, type=ATTRIBUTES, mask=pa.array(counts == 0))


def read_attributes(column: pa.Array | pa.ChunkedArray, refuse: Refuse) -> list[Entries]:
    """Read a column of attributes in any usual shape; `refuse` is told of what cannot be read, which stays one value
    without a key."""
    plain = as_plain(column)
    kind = plain.type
    if pa.types.is_struct(kind):
        return [part for field in kind for part in read_extra(field.name, pc.struct_field(plain, field.name))]
    if pa.types.is_map(kind) or _is_list(kind):
        return _of_nested(plain, "", refuse)
    texts = as_text(plain, "the column")
    nested, none = _nested(texts), pa.scalar(None, TEXT)
    shown = without_markup(pc.if_else(nested, none, texts), "\n")
    return [_of_texts(pc.if_else(nested, texts, shown), "", refuse)]


def read_extra(name: str, column: pa.Array | pa.ChunkedArray) -> list[Entries]:
    """Read a column that no field of a product names: its name is the key, of lists and objects in it too."""
    plain = as_plain(column)
    if pa.types.is_nested(plain.type):
        if pa.types.is_struct(plain.type):
            fields = [(f"{name}.{field.name}", pc.struct_field(plain, field.name)) for field in plain.type]
            return [part for key, values in fields for part in read_extra(key, values)]
        return _of_nested(plain, name, _pass)
    texts = as_text(plain, f"column '{name}'")
    nested, none = _nested(texts), pa.scalar(None, TEXT)
    if not pc.any(nested).as_py():
        return [_single(name, texts)]
    return [_single(name, pc.if_else(nested, none, texts)), _of_texts(pc.if_else(nested, texts, none), name, _pass)]


def _nested(texts: pa.Array) -> pa.Array:
    """Return which texts begin as a list or an object does."""
    return which_begin(texts, b"{[")


def _pass(row: int, reason: str) -> None:
    """Let a text be that only looked like a list or an object."""


def _single(key: str, texts: pa.Array) -> Entries:
    rows = np.flatnonzero(texts.is_valid().to_numpy(zero_copy_only=False))
    return Entries.of_one_key(key, rows, texts.drop_null())


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _of_nested(column: pa.Array, key: str, refuse: Refuse) -> list[Entries]:
    """Read lists and maps: in columns where they hold texts, or names and values, else one by one."""
    there = column.is_valid()
    rows = np.flatnonzero(there.to_numpy(zero_copy_only=False))
    whole = column.filter(there)
    if pa.types.is_map(whole.type):
        pair = pa.struct([("key", whole.type.key_type), ("value", whole.type.item_type)])
        whole = whole.cast(pa.list_(pair))
    lengths = pc.list_value_length(whole).to_numpy(zero_copy_only=False)
    flat, where = as_plain(whole.flatten()), np.repeat(rows, lengths)
    if not pa.types.is_nested(flat.type):
        texts = as_text(flat, "the column")
        if key or not any_holds(texts, b"=:"):
            return [Entries.of_one_key(key, where, texts)]
    pair = _pair_fields(flat.type) if pa.types.is_struct(flat.type) else None
    if pair is not None:
        keys, values = (as_text(pc.struct_field(flat, name), "the column") for name in pair)
        return [Entries.of_pairs(where, keys, values)]
    builder = _Builder(key)
    cells = values_of(whole)
    for cell in cells:
        builder.add(cell)
    return [builder.entries(Distinct(cells, rows, np.arange(len(rows))), refuse)]


def _pair_fields(kind: pa.StructType) -> tuple[str, str] | None:
    """Return the names of the two plain fields of a struct that is a pair of name and value, None for another."""
    names = {field.name.lower(): field.name for field in kind if not pa.types.is_nested(field.type)}
    key, value = (next((names[name] for name in names if name in known), None) for known in (KEYS, VALUES))
    return None if kind.num_fields != 2 or key is None or value is None else (key, value)


def _of_texts(texts: pa.Array, key: str, refuse: Refuse) -> Entries:
    """Read texts (n,), each distinct one once."""
    cells = Distinct.of_column(texts)
    builder = _Builder(key)
    for cell in cells.values:
        builder.add_text(cell)
    return builder.entries(cells, refuse)


class _Builder:
    """It takes cells one after another, under one `key` (empty: of a column of attributes), and makes columns of them."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.keys: list[str] = []
        self.values: list[str] = []
        self.ends = [0]
        self.unread: dict[int, str] = {}  # cells, by number, and why they cannot be read

    def add_text(self, cell: str) -> None:
        """Add what a text holds: an object, a list, pairs, or itself."""
        if self.key or cell[0] in "{[":
            try:
                found = orjson.loads(cell)
            except ValueError:
                self._add_literal(cell)
                return
            if type(found) is dict and not self.key and PAIRED.isdisjoint(found):
                self._add_flat(found, cell)
            else:
                self.add(found, cell)
            return
        self._close(read_pairs(cell) or [("", cell)])

    def _add_literal(self, cell: str) -> None:
        try:
            self.add(read_literal(cell), cell)
        except ValueError as error:
            pairs = None if self.key else read_pairs(cell)
            if pairs is None or cell[-1] != "}":
                self._refuse(cell, f"malformed JSON: {error}")
            else:
                self._close(pairs)

    def add(self, found: Any, cell: str = "") -> None:
        """Add the values of an object or a list; of a long list of numbers, a vector, nothing."""
        if self.key and _is_vector(found):
            found = None
        try:
            self._close(list(entries(found, self.key)))
        except ValueError as error:
            self._refuse(cell or str(found), f"malformed attributes: {error}")

    def _add_flat(self, whole: dict[str, Any], cell: str) -> None:
        """Add an object, most of whose values are texts or lists of texts: a catalogue has millions of these."""
        keys, values, start = self.keys, self.values, len(self.values)
        try:
            for key, value in whole.items():
                kind = type(value)
                if kind is str:
                    keys.append(key)
                    values.append(value)
                elif kind is int:
                    keys.append(key)
                    values.append(str(value))
                elif kind is list and all(type(one) is str for one in value):
                    keys.extend([key] * len(value))
                    values.extend(value)
                elif kind is float and abs(value) >= _MAY_BE_LONG:
                    raise OverflowError
                elif value is not None:
                    found = list(entries(value, key, 1))
                    keys.extend([own for own, _ in found])
                    values.extend([text for _, text in found])
        except (OverflowError, ValueError):
            del keys[start:], values[start:]
            self._add_literal(cell)
            return
        self.ends.append(len(values))

    def _close(self, found: Sequence[tuple[str, str]]) -> None:
        self.keys += [key for key, _ in found]
        self.values += [value for _, value in found]
        self.ends.append(len(self.values))

    def _refuse(self, cell: str, reason: str) -> None:
        self.unread[len(self.ends) - 1] = reason
        self._close([(self.key, cell)])

    def entries(self, cells: Distinct, refuse: Refuse) -> Entries:
        """Return the entries of all rows of the cells, which were added in their order."""
        for number, reason in self.unread.items():
            for row in cells.rows_of(number):
                refuse(int(row), reason)
        places = np.repeat(np.arange(len(cells.values)), np.diff(self.ends))
        return Entries.of_pairs(places, pa.array(self.keys, TEXT), pa.array(self.values, TEXT)).at(cells)


def _is_vector(found: Any) -> bool:
    return (
        isinstance(found, list)
        and len(found) >= LEAST_VECTOR
        and all(isinstance(one, int | float) for one in found)
        and any(isinstance(one, float) for one in found)
    )
