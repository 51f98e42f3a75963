"""Centres are those of lists of near rows: some are made of rows, rows have some that are the nearest, and engines search their lists."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, TypeVar

import numpy as np

from indexing.arrays import Floats2d, Ints2d
from indexing.machine.threads import kernels_of_numpy, one_blas_thread, thread_count, wait_passively

TRAIN_ROWS_A_LIST = 64  # rows for training a list: FAISS's own k-means would take 256, for lists that are no better
COMPARED_ROWS = 4096  # with centres by one thread: what FAISS gives BLAS at once
SEARCHED_ROWS = 128  # queries whose lists are searched by one thread at once
BLAS_ROWS = 20  # queries from which on FAISS compares them with centres or vectors by BLAS

Result = TypeVar("Result")
wait_passively()


def cluster_centres(rows: Floats2d, count: int, *, seed: int = 0, rounds: int = 8) -> Floats2d:
    """Return centres (count, d) of unit rows by spherical k-means."""
    faiss, most = _faiss(), TRAIN_ROWS_A_LIST
    means = faiss.Kmeans(rows.shape[1], count, niter=rounds, seed=seed, spherical=True, max_points_per_centroid=most,
                         min_points_per_centroid=1)  # fmt: skip
    means.train(np.ascontiguousarray(rows, dtype=np.float32))
    return np.asarray(means.centroids, dtype=np.float32)


def nearest_centres(rows: Floats2d, centres: Floats2d, count: int) -> Ints2d:
    """Return for each row the `count` centres with the largest inner products (n, count), best first.

    They are the same with any number of threads. BLAS rounds otherwise with each, and of a million rows a few are as near to one
    centre as to another: so it has one thread for a block of rows, and blocks are looked up at once.
    """
    faiss, of_rows = _faiss(), np.ascontiguousarray(rows, dtype=np.float32)

    def nearest(start: int) -> Ints2d:
        block = of_rows[start : start + COMPARED_ROWS]
        return np.asarray(faiss.knn(block, centres, count, metric=faiss.METRIC_INNER_PRODUCT)[1], dtype=np.int64)

    found = in_blocks(nearest, len(of_rows), COMPARED_ROWS)
    return np.concatenate(found) if found else np.zeros((0, count), dtype=np.int64)


def in_blocks(work: Callable[[int], Result], size: int, block: int) -> list[Result]:
    """Return what FAISS makes of each block of so many rows, by its first one, with one thread of its own and of BLAS: blocks are worked on
    at once, and what comes of them goes with no number of threads."""
    alone = ThreadPoolExecutor(thread_count(), initializer=_faiss().omp_set_num_threads, initargs=(1,))
    with alone as pool, one_blas_thread():
        return list(pool.map(work, range(0, size, block)))


def searched(engine: Any, rows: Floats2d, ask: int, parameters: Any, *, at_once: bool) -> tuple[Floats2d, Ints2d]:
    """Return the cosines (q, k) and the rows (q, k) that an engine finds. BLAS, which says how near centres are, rounds otherwise for
    another number of queries, and FAISS divides these among its threads: of a million rows a few are as near to one list as to another.
    With `at_once`, as a GPU needs it, they are not divided."""
    if at_once or len(rows) < BLAS_ROWS:  # so few are compared one by one
        return engine.search(rows, ask, params=parameters)  # type: ignore[no-any-return]

    def search(start: int) -> tuple[Floats2d, Ints2d]:
        return engine.search(rows[start : start + SEARCHED_ROWS], ask, params=parameters)  # type: ignore[no-any-return]

    blocks = in_blocks(search, len(rows), SEARCHED_ROWS)
    return np.concatenate([cosines for cosines, _ in blocks]), np.concatenate([found for _, found in blocks])


def _faiss() -> Any:
    """Return FAISS, loaded late: of a machine without it `faiss_index` tells."""
    with kernels_of_numpy() if "faiss" not in sys.modules else nullcontext():
        import faiss  # which waits where another thread is still loading it
    return faiss
