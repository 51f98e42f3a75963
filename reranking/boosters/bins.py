"""Values of features are put into bins before trees are grown: here are the values that bins begin with, read off sorted columns."""

import numpy as np

from indexing.arrays import Floats1d, Floats2d
from reranking.boosters.feature_blocks import FeatureBlocks

COLUMNS = 8  # that are sorted at a time, so that no second copy of all features is made


def first_values(features: Floats2d | FeatureBlocks, bins: int) -> Floats2d:
    """Return the values (bins, f) float32 that bins of features (p, f) begin with, rising, NaN behind the last.

    A feature of few values has a bin for each of them, one of many has bins of as many pairs each.
    """
    found = np.full((bins, features.shape[1]), np.nan, dtype=np.float32)
    for start in range(0, features.shape[1], COLUMNS):
        columns = _columns(features, slice(start, start + COLUMNS))
        columns.sort(axis=1)  # NaN comes last
        for number, column in enumerate(columns, start):
            values = _first_values(column, bins)
            found[: len(values), number] = values
    return found


def _columns(features: Floats2d | FeatureBlocks, chosen: slice) -> Floats2d:
    """Return some columns, each as a row, in a copy. Of features on disk one block is in memory at a time: views would keep all."""
    if not isinstance(features, FeatureBlocks):
        return np.array(features[:, chosen].T, dtype=np.float32, order="C")
    width = len(range(features.shape[1])[chosen])
    found = np.empty((width, len(features)), dtype=np.float32)
    for number, block in enumerate(features.blocks()):
        found[:, features.rows_of(number)] = block[:, chosen].T
    return found


def _first_values(column: Floats1d, bins: int) -> Floats1d:
    known = column[: np.searchsorted(column, np.nan)]
    distinct = known[np.append(True, known[1:] != known[:-1])[: len(known)]]
    if len(distinct) <= bins:
        return np.asarray(distinct, dtype=np.float32)
    places = np.arange(bins) * (len(known) - 1) // (bins - 1)
    return np.asarray(np.unique(known[places]), dtype=np.float32)
