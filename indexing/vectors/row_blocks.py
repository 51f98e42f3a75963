"""FAISS works on blocks of rows at once, each with one thread: what comes of them goes with no number of threads."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, TypeVar

import numpy as np

from indexing.arrays import Floats2d, Ints2d
from indexing.machine.threads import kernels_of_numpy, one_blas_thread, thread_count, wait_passively

SEARCHED_ROWS = 128  # queries whose lists are searched by one thread at once
BLAS_ROWS = 20  # queries from which on FAISS compares them with centres or vectors by BLAS

Result = TypeVar("Result")
wait_passively()


def loaded_faiss() -> Any:
    """Return FAISS, loaded late: of a machine without it `faiss_index` tells."""
    with kernels_of_numpy() if "faiss" not in sys.modules else nullcontext():
        import faiss  # which waits where another thread is still loading it
    return faiss


def in_blocks(work: Callable[[int], Result], size: int, block: int) -> list[Result]:
    """Return what FAISS makes of each block of so many rows, by its first one, with one thread of its own and of BLAS: blocks are worked on
    at once, and what comes of them goes with no number of threads."""
    alone = ThreadPoolExecutor(thread_count(), initializer=loaded_faiss().omp_set_num_threads, initargs=(1,))
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
