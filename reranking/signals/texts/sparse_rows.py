"""Rows of sparse matrices are summed and their maxima found here, and shares are taken that may be unknown."""

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats1d


def row_sums(indptr: npt.NDArray[np.integer], data: npt.NDArray[np.floating]) -> Floats1d:
    """Sum the entries of each CSR row, float64, 0 where it has none."""
    return _reduce_rows(np.add, indptr, data, 0.0)


def row_maxima(indptr: npt.NDArray[np.integer], data: npt.NDArray[np.floating]) -> Floats1d:
    """Return the largest entry of each CSR row, float64, NaN where it has none."""
    return _reduce_rows(np.maximum, indptr, data, np.nan)


def _reduce_rows(
    reduce: np.ufunc, indptr: npt.NDArray[np.integer], data: npt.NDArray[np.floating], empty: float
) -> Floats1d:
    results = np.full(len(indptr) - 1, empty, dtype=np.float64)
    filled = np.flatnonzero(np.diff(indptr))
    if filled.size:
        results[filled] = reduce.reduceat(data, indptr[filled], dtype=np.float64)
    return results


def ratio(part: npt.ArrayLike, whole: npt.ArrayLike) -> Floats1d:
    """Divide part by whole, float64, NaN where whole is 0 or NaN."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    shares = np.full(np.broadcast(part, whole).shape, np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
