"""FAISS works on blocks of rows at once, each with one thread: what comes of them goes with no number of threads."""

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, TypeVar

import numpy as np

from indexing.arrays import Floats2d, Ints2d
from indexing.machine.threads import kernels_of_numpy, one_blas_thread, thread_count, wait_passively

SEARCHED_ROWS = 128  # queries that are searched by one thread at once
FEW_ROWS = 20  # queries: fewer are searched one by one
BLAS_NUMBERS = 4096  # in all queries of a call, from which on BLAS compares them with centres or vectors

Result = TypeVar("Result")
wait_passively()


def loaded_faiss() -> Any:
    """Return FAISS, loaded late: of a machine without it `faiss_index` tells.

    FAISS 1.15 asks BLAS from 128,000 numbers on, which is 500 queries of 256: up to there it is up to 17 times as slow as with it (docs/benchmarks.md).
    Releases before count queries, 20 of them, and stay as they are.
    """
    with kernels_of_numpy() if "faiss" not in sys.modules else nullcontext():
        import faiss  # which waits where another thread is still loading it
    faiss.cvar.distance_compute_blas_threshold = min(faiss.cvar.distance_compute_blas_threshold, BLAS_NUMBERS)
    return faiss


def in_blocks(work: Callable[[int], Result], size: int, block: int) -> list[Result]:
    """Return what FAISS makes of each block of so many rows, by its first one, with one thread of its own and of BLAS: blocks are worked on
    at once, and what comes of them goes with no number of threads."""
    with one_blas_thread():
        return _at_once(work, range(0, size, block))


def _at_once(work: Callable[[int], Result], starts: Iterable[int]) -> list[Result]:
    with ThreadPoolExecutor(thread_count(), initializer=loaded_faiss().omp_set_num_threads, initargs=(1,)) as pool:
        return list(pool.map(work, starts))


def searched(engine: Any, rows: Floats2d, ask: int, parameters: Any, *, at_once: bool) -> tuple[Floats2d, Ints2d]:
    """Return the cosines (q, k) and the rows (q, k) that an engine finds. BLAS, which says how near centres are, rounds otherwise for
    another number of queries, and FAISS divides these among its threads: of a million rows a few are as near to one list as to another.
    With `at_once`, as a GPU needs it, they are not divided."""
    singly = rows.shape[1] < BLAS_NUMBERS  # a query is compared without BLAS, which need not be held to one thread then
    if at_once or (len(rows) == 1 and singly):
        return engine.search(rows, ask, params=parameters)  # type: ignore[no-any-return]

    block = 1 if len(rows) < FEW_ROWS else SEARCHED_ROWS

    def search(start: int) -> tuple[Floats2d, Ints2d]:
        return engine.search(rows[start : start + block], ask, params=parameters)  # type: ignore[no-any-return]

    few = block == 1 and singly
    blocks = _at_once(search, range(len(rows))) if few else in_blocks(search, len(rows), block)
    return np.concatenate([cosines for cosines, _ in blocks]), np.concatenate([found for _, found in blocks])
