"""Which products an encoder was trained on: its folder says, so that what looks too good on them is not believed."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexing.arrays import Bools1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.errors import InputError

SEEN = "trained_on.parquet"


def write_seen(folder: Path, catalog: Catalog, positions: Ints1d) -> None:
    """Write the ids of the products at these positions beside a trained encoder."""
    ids = catalog.ids.take(pa.array(positions))
    pq.write_table(pa.table({"id": ids}), folder / SEEN)


def seen_products(encoder: Path, catalog: Catalog) -> Bools1d:
    """Which products (n,) of a catalogue the encoder in a folder, or beside a file, was trained on; none where it does
    not say. Raises InputError for a list that cannot be read."""
    path = (encoder if encoder.is_dir() else encoder.parent) / SEEN
    if not path.is_file():
        return np.zeros(len(catalog), dtype=bool)
    try:
        ids = pq.read_table(path, columns=["id"])["id"]
    except (OSError, pa.ArrowInvalid, KeyError) as error:
        raise InputError(f"{path}: cannot be read ({error}): train the encoder again") from error
    if ids.type != catalog.ids.type:  # of a catalogue whose ids are of another kind: none of them is here
        return np.zeros(len(catalog), dtype=bool)
    return np.asarray(pc.is_in(catalog.ids, value_set=ids.combine_chunks()).to_numpy(), dtype=bool)
