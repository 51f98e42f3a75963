"""A shipment is what of a view is to lie on a server: which products are seen in it, the digests of what is said of them, and
their rows, a block at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.machine.progress import Progress
from indexing.product_index import ProductIndex
from indexing.publishing.product_fields import ProductField, ProductFields
from indexing.publishing.server import DIGEST, KEY, VECTOR
from indexing.update.row_digests import Digests, row_digests
from indexing.vectors.rows import Rows

MOST_ROWS, MOST_BYTES = 10_000, 16 << 20  # of one message; Milvus takes 64 MiB
LOOKED_AT = 65_536
Bools2d = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LexicalRows:
    """They are the rows of a lexical view, as `Rows` are those of a dense one."""

    matrix: Any

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    @property
    def dim(self) -> None:
        """Return None: a sparse row has as many numbers as it has."""
        return None

    def blocks(self) -> Iterator[tuple[int, Any]]:
        for start in range(0, len(self), LOOKED_AT):
            yield start, self.matrix[start : start + LOOKED_AT]

    def take(self, positions: Ints1d) -> Any:
        return self.matrix[positions]


AnyRows = Rows | LexicalRows


def rows_of(index: ProductIndex, view: str) -> AnyRows:
    """Return the rows of a view, sparse those of the lexical one."""
    if view == "lexical" and index.lexical is not None:
        return LexicalRows(index.lexical.matrix)
    return index.rows(view)


def seen_in(block: Any) -> Bools1d:
    """Return which rows of a block have anything to see."""
    return np.asarray(np.diff(block.indptr) > 0 if hasattr(block, "indptr") else np.any(block, axis=1), dtype=bool)


@dataclass(frozen=True)
class Shipment:
    """It has the rows of a view, the fields of its products, which are `seen` (n,), and what changes with a row and its
    fields, `digests` (n,)."""

    rows: AnyRows
    products: ProductFields
    seen: Bools1d
    digests: Digests

    @classmethod
    def of_view(cls, view: str, rows: AnyRows, products: ProductFields, progress: Progress) -> "Shipment":
        """Look at every row once."""
        fields = _field_digests(products)
        seen, digests = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=np.uint64)
        for start, block in rows.blocks():
            stop = start + block.shape[0]
            seen[start:stop] = seen_in(block)
            digests[start:stop] = row_digests(pa.table({"fields": fields[start:stop], "row": _lists(block)}))
            progress(f"look at {view}", stop, len(rows))
        return cls(rows, products, seen, digests)

    @property
    def batch(self) -> int:
        """Return how many rows go into one message."""
        width = self.rows.dim or 256  # n-grams of a title are fewer
        return max(1, min(MOST_ROWS, MOST_BYTES // (4 * width + 512)))

    def messages(self, positions: Ints1d) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of products as a server takes them."""
        for start in range(0, len(positions), self.batch):
            yield self._message(positions[start : start + self.batch])

    def _message(self, places: Ints1d) -> list[dict[str, Any]]:
        products = self.products
        columns: dict[str, list[Any]] = {
            KEY: products.keys[places].tolist(),
            DIGEST: self.digests[places].view(np.int64).tolist(),
            "id": [str(one) for one in products.ids.take(pa.array(places)).to_pylist()],
            **{text.name: [text.names[code] for code in text.codes[places].tolist()] for text in products.texts},
            VECTOR: as_vectors(self.rows.take(places)),
        }
        names = list(columns)
        return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def as_vectors(block: Any) -> list[Any]:
    """Return the rows of a block as pymilvus takes them: arrays, or the entries of sparse ones by column."""
    if not hasattr(block, "indptr"):
        return list(np.asarray(block, dtype=np.float32))
    ends, columns, values = block.indptr.tolist(), block.indices.tolist(), block.data.tolist()
    return [dict(zip(columns[a:b], values[a:b], strict=True)) for a, b in pairwise(ends)]


def _field_digests(products: ProductFields) -> pa.Array:
    columns = {"id": products.ids.cast(pa.large_string())} | {text.name: _texts(text) for text in products.texts}
    return pa.array(row_digests(pa.table(columns)).view(np.int64))


def _texts(text: ProductField) -> pa.Array:
    return pa.array(text.names, pa.large_string()).take(pa.array(text.codes))


def _lists(block: Any) -> pa.Array:
    if hasattr(block, "indptr"):
        ends = pa.array(np.asarray(block.indptr, dtype=np.int64))
        entries = pa.StructArray.from_arrays(
            [pa.array(np.asarray(block.indices, dtype=np.int64)), pa.array(np.asarray(block.data))],
            ["column", "weight"],
        )
        return pa.LargeListArray.from_arrays(ends, entries)
    dense: Floats2d = np.ascontiguousarray(block, dtype=np.float32)
    return pa.FixedSizeListArray.from_arrays(pa.array(dense.ravel()), dense.shape[1])
