"""Centres are those of lists of near rows: some are made of rows, and rows have some that are the nearest."""

import numpy as np

from indexing.arrays import Floats2d, Ints2d
from indexing.vectors.row_blocks import in_blocks, loaded_faiss

TRAIN_ROWS_A_LIST = 64  # rows for training a list: FAISS's own k-means would take 256, for lists that are no better
COMPARED_ROWS = 4096  # with centres by one thread: what FAISS gives BLAS at once


def cluster_centres(rows: Floats2d, count: int, *, seed: int = 0, rounds: int = 8) -> Floats2d:
    """Return centres (count, d) of unit rows by spherical k-means."""
    faiss, most = loaded_faiss(), TRAIN_ROWS_A_LIST
    means = faiss.Kmeans(rows.shape[1], count, niter=rounds, seed=seed, spherical=True, max_points_per_centroid=most,
                         min_points_per_centroid=1)  # fmt: skip
    means.train(np.ascontiguousarray(rows, dtype=np.float32))
    return np.asarray(means.centroids, dtype=np.float32)


def nearest_centres(rows: Floats2d, centres: Floats2d, count: int) -> Ints2d:
    """Return for each row the `count` centres with the largest inner products (n, count), best first.

    They are the same with any number of threads. BLAS rounds otherwise with each, and of a million rows a few are as near to one
    centre as to another: so it has one thread for a block of rows, and blocks are looked up at once.
    """
    faiss, of_rows = loaded_faiss(), np.ascontiguousarray(rows, dtype=np.float32)

    def nearest(start: int) -> Ints2d:
        block = of_rows[start : start + COMPARED_ROWS]
        return np.asarray(faiss.knn(block, centres, count, metric=faiss.METRIC_INNER_PRODUCT)[1], dtype=np.int64)

    found = in_blocks(nearest, len(of_rows), COMPARED_ROWS)
    return np.concatenate(found) if found else np.zeros((0, count), dtype=np.int64)
