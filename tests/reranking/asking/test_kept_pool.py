"""A pool is kept as it is; what is no whole pool of this index is made again."""

from dataclasses import fields

import numpy as np
import pytest

from indexing.product_index import open_index
from reranking.asking.kept_pool import open_pool, pool_file


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture
def kept(index, tmp_path):
    """A pool, and the store beside which it is kept."""
    return open_pool(index, tmp_path / "labels.db", k=2), tmp_path / "labels.db"


def assert_same(one, other):
    for part in fields(one):
        np.testing.assert_array_equal(getattr(one, part.name), getattr(other, part.name))


def test_a_kept_pool_comes_back_as_it_was_made(index, kept, monkeypatch):
    pool, store = kept
    monkeypatch.delattr("reranking.asking.kept_pool.make_pool")
    assert_same(open_pool(index, store, k=2), pool)


@pytest.mark.parametrize("length", [0, 10, 1000, -1])
def test_a_file_that_was_cut_off_is_made_again(index, kept, length):
    pool, store = kept
    whole = pool_file(store).read_bytes()
    pool_file(store).write_bytes(whole[:length])
    assert_same(open_pool(index, store, k=2), pool)
    assert pool_file(store).stat().st_size == len(whole)


def test_a_file_of_something_else_is_made_again(index, kept):
    pool, store = kept
    with pool_file(store).open("wb") as file:
        np.save(file, np.zeros(3))
    assert_same(open_pool(index, store, k=2), pool)
