"""What is said of a product beside its vector: a key, its id, its source and its categories, by which a server filters."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Ints1d
from indexing.catalog.catalog import LEVELS, Catalog

FEW_KEYS = 2048  # products that are named one by one where neither source nor category tells them from the others
_CONTROL = {chr(code) for code in range(32)} - {"\n", "\t", "\r"}


@dataclass(frozen=True)
class ProductField:
    """It is a field of text: for each product the code (n,) of its text in `names`; who has none has the empty one."""

    name: str
    codes: Ints1d
    names: list[str]

    @classmethod
    def from_column(cls, name: str, column: pa.ChunkedArray) -> "ProductField":
        encoded = pc.dictionary_encode(pc.fill_null(column, "").combine_chunks())
        codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        return cls(name, codes, [str(text) for text in encoded.dictionary.to_pylist()])

    def chosen(self, allowed: Bools1d) -> Bools1d:
        """Return which texts (t,) any allowed product has."""
        counts = np.bincount(self.codes[allowed], minlength=len(self.names))
        return np.asarray(counts > 0, dtype=bool)

    def condition(self, chosen: Bools1d) -> str:
        """Return the condition for these texts in Milvus's words, "" where all are chosen, naming as few as it can."""
        if chosen.all():
            return ""
        within = chosen.sum() * 2 <= len(chosen)
        named = [self.names[code] for code in np.flatnonzero(chosen if within else ~chosen).tolist()]
        return f"{self.name} {'in' if within else 'not in'} {json.dumps(named, ensure_ascii=False)}"

    @cached_property
    def sayable(self) -> bool:
        """Say whether all texts can stand in a condition: Milvus knows no escapes of control characters."""
        return not any(_CONTROL & set(name) for name in self.names)


@dataclass(frozen=True)
class Condition:
    """It is a condition in Milvus's words, "" where all meet it, and how many products do."""

    text: str
    products: int


@dataclass(frozen=True)
class ProductFields:
    """They are the fields of all products: a `key` (n,) of 64 bits that an id keeps in every version, `ids` as they are
    given, and `columns` of text: the source first, then the categories from the top."""

    keys: Ints1d
    ids: pa.ChunkedArray
    columns: Mapping[str, pa.ChunkedArray]

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def texts(self) -> tuple[ProductField, ...]:
        """Return the fields of text, of which none is read before."""
        return tuple(ProductField.from_column(name, column) for name, column in self.columns.items())

    @cached_property
    def _order(self) -> Ints1d:
        return np.argsort(self.keys)

    @cached_property
    def _sorted(self) -> Ints1d:
        return self.keys[self._order]

    def find(self, keys: Ints1d) -> Ints1d:
        """Return the position of each key, -1 for a product that is no longer there."""
        if not len(self.keys):
            return np.full(keys.shape, -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(self._sorted, keys), len(self._sorted) - 1)
        return np.where(self._sorted[place] == keys, self._order[place], -1)

    def condition(self, allowed: Bools1d) -> "Condition":
        """Return a condition that all these products (n,) meet, and as few others as can be said: filters allow the products of
        some sources in some categories of one level, which is said by their names; few others are named one by one."""
        wanted = int(allowed.sum())
        if wanted == len(self):
            return Condition("", wanted)
        source, *levels = self.texts
        found = Condition("", len(self))
        for level in levels:
            chosen = [(field, field.chosen(allowed)) for field in (source, level) if field.sayable]
            meets = np.ones(len(self), dtype=bool)
            for field, of_field in chosen:
                meets &= of_field[field.codes]
            if meets.sum() < found.products:
                said = (field.condition(of_field) for field, of_field in chosen)
                found = Condition(" and ".join(text for text in said if text), int(meets.sum()))
        if found.products > wanted and wanted <= FEW_KEYS:
            return Condition(f"key in {self.keys[allowed].tolist()}", wanted)
        return found


def product_fields(catalog: Catalog) -> ProductFields:
    """Return the fields of a catalogue's products."""
    lookup = catalog.lookup
    keys = np.empty(len(catalog), dtype=np.int64)
    keys[lookup.order] = lookup.sorted_keys.view(np.int64)
    names = ("source", *(f"category_{level}" for level in LEVELS))
    return ProductFields(keys, catalog.ids, {name: catalog.table[name] for name in names})
