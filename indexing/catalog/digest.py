"""A digest of a catalogue depends on what its cells hold, and in which order, alone.

It is the same however the rows come in blocks, however Arrow keeps them (slices, children that are empty, dictionaries,
whatever stands behind a null), and whether a column that holds nothing is there.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from indexing.catalog.catalog import FIELDS, Catalog
from indexing.catalog.pictures import with_contents, without_places

DIGEST_VERSION = 2  # 1 hashed Arrow's own bytes, block by block
PRODUCTS = ("id", *FIELDS.names)  # everything but vectors
_MISSING = -1  # the length of a cell that is null


@dataclass
class ValueDigest:
    """It takes some columns of a table in, block by block: of each the cells' lengths, and what they hold, one after
    another."""

    names: Sequence[str] = PRODUCTS
    streams: dict[tuple[str, ...], Any] = field(default_factory=dict)
    filled: set[str] = field(default_factory=set)  # columns in which any cell holds something

    def add(self, block: pa.Table | pa.RecordBatch) -> None:
        """Take in the next rows."""
        for name in self.names:
            column = block.column(name)
            for values in column.chunks if isinstance(column, pa.ChunkedArray) else (column,):
                if values.null_count < len(values):
                    self.filled.add(name)
                self._add(values, (name,))

    def hexdigest(self) -> str:
        """Return the digest of all rows so far."""
        whole = hashlib.sha256()
        for path, stream in sorted(self.streams.items()):
            if path[0] in self.filled:
                whole.update(f"{path}\n".encode() + stream.digest())
        return whole.hexdigest()

    def _add(self, values: pa.Array, path: tuple[str, ...]) -> None:
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        kind = values.type
        if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
            self._put((*path, "lengths"), _lengths(pc.list_value_length(values)))
            self._add(values.flatten(), (*path, "items"))
        elif pa.types.is_struct(kind):
            self._put((*path, "valid"), _plain(values.is_valid()))
            for number, child in enumerate(values.flatten()):
                self._add(child, (*path, kind.field(number).name))
        elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
            self._put((*path, "valid"), _plain(values.is_valid()))
            self._put((*path, str(kind)), _plain(values.drop_null()) + 0)  # -0.0 is 0.0
        else:
            texts = values.cast(pa.large_string())
            if path[0] == "images":
                texts = without_places(texts)
            self._put((*path, "lengths"), _lengths(pc.binary_length(texts)))
            self._put((*path, "text"), _text_bytes(texts.drop_null()))

    def _put(self, path: tuple[str, ...], content: Any) -> None:
        self.streams.setdefault(path, hashlib.sha256()).update(content)


def catalog_digest(catalog: Catalog, names: Sequence[str] = PRODUCTS) -> str:
    """Return the digest of a catalogue that is there; a column that it lacks counts as one that holds nothing."""
    digest = ValueDigest([name for name in names if name in catalog.table.column_names])
    for batch in catalog.table.select(digest.names).to_batches():
        block = pa.Table.from_batches([batch])
        if "images" in digest.names:
            place = block.column_names.index("images")
            block = block.set_column(place, "images", with_contents(block["images"].combine_chunks(), catalog))
        digest.add(block)
    return digest.hexdigest()


def _lengths(lengths: pa.Array) -> npt.NDArray[np.int64]:
    """Return how long each cell is, so that cells cannot run into one another."""
    filled = pc.fill_null(lengths.cast(pa.int64()), _MISSING)
    return np.ascontiguousarray(filled.to_numpy(zero_copy_only=False))


def _plain(values: pa.Array) -> npt.NDArray[Any]:
    return np.ascontiguousarray(values.to_numpy(zero_copy_only=False))


def _text_bytes(texts: pa.Array) -> memoryview:
    """Return what texts, none of them null, hold, one after another, without copying it."""
    _, offsets, content = texts.buffers()
    if content is None or not len(texts):
        return memoryview(b"")
    first, last = np.frombuffer(offsets, dtype=np.int64)[[texts.offset, texts.offset + len(texts)]]
    return memoryview(content)[int(first) : int(last)]
