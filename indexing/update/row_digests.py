"""A row's digest is a number for its content, so that rows that changed are found without comparing lists and
structs."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Floats2d
from indexing.words.text_keys import text_keys

Digests = npt.NDArray[np.uint64]  # (n,)
MIXER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no bit is lost: the golden ratio's, as in splitmix64
NULL = np.uint64(0xD6E8FEB86659FD93)


def row_digests(table: pa.Table) -> Digests:
    """Return 64 bits for each row (n,), equal for equal rows; the columns' order counts, their chunks do not."""
    digests = np.zeros(table.num_rows, dtype=np.uint64)
    for column in table.columns:
        digests = _mixed(digests) + _of(column.combine_chunks())
    return digests


def vector_sum(ids: pa.ChunkedArray, rows: Floats2d) -> int:
    """Return a number of 64 bits for the rows (n, d) of products: the sum of their digests, so that it can be brought up
    to date by what came and went."""
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(rows).ravel()), rows.shape[1])
    return int(_mixed(row_digests(pa.table({"id": ids, "row": vectors}))).sum(dtype=np.uint64))


def add_hex(digits: str | None, moved: int) -> str:
    """Return a sum of 64 bits as 16 hexadecimal digits, "" for zero: `digits` (None: zero) and what was added since."""
    total = (int(digits or "0", 16) + moved) % 2**64
    return f"{total:016x}" if total else ""


def _of(values: pa.Array) -> Digests:
    kind = values.type
    if pa.types.is_fixed_size_list(kind):
        digests = _of_vectors(values)
    elif pa.types.is_large_list(kind) or pa.types.is_list(kind):
        digests = _of_lists(values)
    elif pa.types.is_struct(kind):
        digests = np.zeros(len(values), dtype=np.uint64)
        for number in range(kind.num_fields):
            digests = _mixed(digests) + _of(pc.struct_field(values, number))
    elif pa.types.is_large_string(kind) or pa.types.is_string(kind):
        digests = _of_texts(pc.fill_null(values, ""))
    else:
        numbers = np.asarray(pc.fill_null(values, 0).to_numpy(zero_copy_only=False))
        digests = np.ascontiguousarray(numbers, dtype=np.float64 if numbers.dtype.kind == "f" else np.int64)
        digests = _mixed(digests.view(np.uint64))
    return np.where(values.is_null().to_numpy(zero_copy_only=False), NULL, digests)


def _of_texts(values: pa.Array) -> Digests:
    return text_keys(values)


def _of_lists(values: pa.Array) -> Digests:
    """Digest lists: each entry counts with its place in the list."""
    lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    entries = _of(pc.list_flatten(values))
    place = np.arange(len(entries)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    weighed = _mixed(entries + _mixed(place.astype(np.uint64)))
    totals = np.concatenate([np.zeros(1, np.uint64), np.cumsum(weighed, dtype=np.uint64)])
    ends = np.cumsum(lengths)
    return _mixed(totals[ends] - totals[ends - lengths] + lengths.astype(np.uint64))


def _of_vectors(values: pa.Array) -> Digests:
    width = values.type.list_size
    flat = np.asarray(pc.fill_null(values.flatten(), 0).to_numpy(zero_copy_only=False), dtype=np.float32)
    if len(flat) != len(values) * width:  # flatten leaves out vectors that are null
        whole = np.zeros((len(values), width), dtype=np.float32)
        whole[values.is_valid().to_numpy(zero_copy_only=False)] = flat.reshape(-1, width)
        flat = whole.ravel()
    bits = flat.reshape(len(values), width).view(np.uint32).astype(np.uint64)
    return np.asarray((_mixed(bits + _mixed(np.arange(width, dtype=np.uint64)))).sum(axis=1, dtype=np.uint64))


def _mixed(numbers: Any) -> Digests:
    """Make every bit depend on all others (the finaliser of splitmix64)."""
    mixed = (numbers + MIXER) & np.uint64(0xFFFFFFFFFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)
