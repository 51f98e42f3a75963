"""Many queries are searched in blocks of the same size, whatever the threads, few one by one, and those of a GPU at once."""

from contextlib import contextmanager

import numpy as np
import pytest

from indexing.vectors.row_blocks import BLAS_NUMBERS, FEW_ROWS, SEARCHED_ROWS, loaded_faiss, searched


class Engine:
    """It finds that every row's first number is its place, and remembers how many rows it was given at once."""

    def __init__(self):
        self.sizes = []

    def search(self, rows, ask, params):
        self.sizes.append(len(rows))
        return np.full((len(rows), ask), 0.5), np.repeat(rows[:, :1].astype(np.int64), ask, axis=1)


@pytest.mark.parametrize(
    ("count", "at_once", "sizes"),
    [
        (1, False, [1]),
        (FEW_ROWS - 1, False, [1] * (FEW_ROWS - 1)),
        (FEW_ROWS, False, [FEW_ROWS]),
        (2 * SEARCHED_ROWS + 3, False, [3, SEARCHED_ROWS, SEARCHED_ROWS]),
        (2 * SEARCHED_ROWS + 3, True, [2 * SEARCHED_ROWS + 3]),
    ],
)
def test_queries_are_searched_in_blocks_and_answered_in_their_order(count, at_once, sizes):
    engine, rows = Engine(), np.arange(count, dtype=np.float32)[:, None]
    cosines, found = searched(engine, rows, 3, None, at_once=at_once)
    assert sorted(engine.sizes) == sizes
    assert cosines.shape == (count, 3)
    np.testing.assert_array_equal(found, np.repeat(np.arange(count)[:, None], 3, axis=1))


@pytest.mark.parametrize("count", [1, 3])
def test_a_query_so_wide_that_blas_compares_it_has_one_thread_of_it(monkeypatch, count):
    held = []

    @contextmanager
    def one():
        held.append(True)
        yield

    monkeypatch.setattr("indexing.vectors.row_blocks.one_blas_thread", one)
    for dim, expected in ((BLAS_NUMBERS - 1, []), (BLAS_NUMBERS, [True])):
        searched(Engine(), np.zeros((count, dim), dtype=np.float32), 3, None, at_once=False)
        assert held == expected


@pytest.mark.parametrize(("before", "after"), [(128_000, BLAS_NUMBERS), (20, 20)], ids=["numbers", "queries"])
def test_faiss_asks_blas_early(monkeypatch, before, after):
    monkeypatch.setattr(loaded_faiss().cvar, "distance_compute_blas_threshold", before)
    assert loaded_faiss().cvar.distance_compute_blas_threshold == after
