"""Some attributes are fields of a product: what stands under their keys is lifted out of the attributes."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Ints1d
from indexing.catalog.catalog import ATTRIBUTES
from indexing.reading.cells.texts import TEXT
from indexing.reading.schema.column_names import normal_name


def values_under(attributes: pa.Array, keys: Collection[str]) -> pa.Array:
    """Return the values (n,) that stand under these keys, in letters of any case, as lists of text, null without any."""
    rows, named = _entries(attributes, keys)
    values = attributes.flatten().field(1).filter(pa.array(named))
    return _lists(rows[named], values, len(attributes), pa.large_list(TEXT))


def without_keys(attributes: pa.Array, keys: Collection[str]) -> pa.Array:
    """Return the attributes (n,) without those under these keys, null without any."""
    if not keys:
        return attributes
    rows, named = _entries(attributes, keys)
    return _lists(rows[~named], attributes.flatten().filter(pa.array(~named)), len(attributes), ATTRIBUTES)


def _entries(attributes: pa.Array, keys: Collection[str]) -> tuple[Ints1d, Bools1d]:
    """Return the row of each attribute (e,), and whether its key is one of these."""
    wanted = {normal_name(key) for key in keys}
    lengths = pc.fill_null(pc.list_value_length(attributes), 0).to_numpy(zero_copy_only=False)
    encoded = attributes.flatten().field(0).dictionary_encode()
    named = np.array([normal_name(key) in wanted for key in encoded.dictionary.to_pylist()], dtype=bool)
    places = encoded.indices.to_numpy(zero_copy_only=False)
    return np.repeat(np.arange(len(attributes)), lengths), named[places] if len(named) else np.zeros(0, dtype=bool)


def _lists(rows: Ints1d, values: pa.Array, count: int, kind: pa.DataType) -> pa.Array:
    counts = np.bincount(rows, minlength=count)
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))
    return pa.LargeListArray.from_arrays(offsets, values, type=kind, mask=pa.array(counts == 0))
