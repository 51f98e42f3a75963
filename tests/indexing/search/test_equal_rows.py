"""Equal rows."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import indexing.search.equal_rows
from indexing.search.equal_rows import EqualRows, TurnedRows, first_of_rows, near_order
from indexing.search.neighbours import Neighbours, in_order

ROWS = np.array([[1, 0, 2], [0, 0, 0], [1, 0, 2], [2, 0, 1], [0, 0, 0], [1, 0, 2], [1, 0, 0]], dtype=np.float32)


@pytest.mark.parametrize("block", [1, 2, 4096])
def test_the_first_of_equal_rows_is_found(monkeypatch, block):
    monkeypatch.setattr(indexing.search.equal_rows, "BLOCK_ROWS", block)
    assert first_of_rows(sp.csr_matrix(ROWS)).tolist() == [0, 1, 0, 3, 1, 0, 6]
    assert first_of_rows(sp.csr_matrix((0, 3), dtype=np.float32)).tolist() == []


def test_rows_of_one_hash_are_still_told_apart(monkeypatch):
    monkeypatch.setattr(
        indexing.search.equal_rows, "row_hashes", lambda matrix: np.zeros(matrix.shape[0], dtype=np.int64)
    )
    assert first_of_rows(sp.csr_matrix(ROWS)).tolist() == [0, 1, 0, 3, 4, 0, 6]


def test_random_rows_agree_with_numpy():
    draw = np.random.default_rng(0)
    rows = draw.integers(0, 2, (500, 6)).astype(np.float32)
    found = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    assert first_of_rows(sp.csr_matrix(rows)).tolist() == found[1][found[2].ravel()].tolist()


def test_rows_are_read_as_their_products_best_first_as_far_as_there_is_room():
    rows = EqualRows.of(np.array([0, 1, 0, 3, 1, 0, 6]))
    assert rows.heads.tolist() == [0, 1, 3, 6]
    found = Neighbours(
        np.array([[2, 0, 1], [1, -1, -1]]), np.array([[0.9, 0.8, 0.7], [0.5, np.nan, np.nan]], np.float32)
    )
    read = rows.read(found, 5)
    assert read.positions.tolist() == [[3, 0, 2, 5, 1], [1, 4, -1, -1, -1]]
    assert read.cosines[0].tolist() == pytest.approx([0.9, 0.8, 0.8, 0.8, 0.7])
    products, cosines = rows.read_all(np.array([1, 3]), np.array([0.5, 0.25]))
    assert (products.tolist(), cosines.tolist()) == ([1, 4, 6], [0.5, 0.5, 0.25])


def test_only_the_products_asked_for_are_read():
    rows = EqualRows.of(np.array([0, 1, 0, 3, 1, 0, 6]), np.array([3, 4, 5]))
    assert rows.heads.tolist() == [3, 4, 5]
    assert EqualRows.of(np.array([0, 1, 0, 1, 0]), np.array([1, 2, 3, 4])).products.tolist() == [1, 3, 2, 4]


def test_rows_that_tie_are_read_in_the_order_of_their_products():
    rows = EqualRows.of(np.array([0, 1, 1, 0, 0, 5]))
    found = Neighbours(np.array([[2, 0, 1]]), np.array([[0.9, 0.5, 0.5]], np.float32))
    assert rows.read(found, 4).positions.tolist() == [[5, 0, 1, 2]]
    assert rows.read(found, 9).positions.tolist() == [[5, 0, 1, 2, 3, 4, -1, -1, -1]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_what_is_read_is_what_sorting_all_products_gives(seed, room):
    draw = np.random.default_rng(seed)
    first = first_of_rows(sp.csr_matrix(draw.integers(0, 5, (30, 1)).astype(np.float32)))
    rows = EqualRows.of(first)
    cosines = draw.integers(0, 3, len(rows.heads)).astype(np.float32) / 2
    found = in_order(np.arange(len(cosines))[None, :], cosines[None, :])
    every = in_order(rows.products[None, :], np.repeat(cosines, rows.counts)[None, :])
    read = rows.read(found, room)
    assert read.positions.tolist() == every.first(room).positions.tolist()


@pytest.mark.parametrize("few", [4, 1000], ids=["in blocks", "at once"])
def test_rows_alike_stand_near_one_another(monkeypatch, few):
    """By the commonest column, the second here, then by the rarest; rows of nothing are first."""
    rows = np.array(
        [[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0], [0, 1, 1, 0], [0, 2, 0, 3], [0, 1, 1, 0]], dtype=np.float32
    )
    monkeypatch.setattr(indexing.search.equal_rows, "BLOCK_ROWS", few // 2)
    monkeypatch.setattr(indexing.search.equal_rows, "COUNTED_ENTRIES", few)
    assert near_order(sp.csr_matrix(rows)).tolist() == [2, 0, 3, 5, 1, 4]
    assert near_order(sp.csr_matrix((3, 2), dtype=np.float32)).tolist() == [0, 1, 2]


def test_what_is_turned_round_says_which_row_a_column_is():
    matrix = sp.csr_matrix(ROWS)
    rows = EqualRows.of(first_of_rows(matrix))
    turned = TurnedRows.of(matrix, rows, near_order(matrix[rows.heads]))
    assert turned.by_ngram.shape == (3, 4)
    heads = turned.rows.heads[turned.row_of(np.arange(4))]
    assert (ROWS[heads] == turned.by_ngram.toarray().T).all()
    assert turned.row_of(np.array([[0, -1]])).tolist() == [[turned.order[0], -1]]
