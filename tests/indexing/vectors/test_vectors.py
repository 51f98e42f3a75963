"""Unit rows and their shards."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from indexing.errors import InputError
from indexing.vectors.vectors import Vectors, from_arrays, open_vectors, unit_rows


@given(arrays(np.float32, (5, 3), elements=st.floats(-(2.0**127), 2.0**127, width=32)))
def test_rows_become_unit_rows_however_small_or_large(rows):
    lengths = np.linalg.norm(unit_rows(rows).astype(np.float64), axis=1)
    seen = np.any(rows, axis=1)
    assert lengths[seen] == pytest.approx(1.0, abs=1e-5)
    assert (lengths[~seen] == 0).all()


def test_rows_can_be_taken_across_shards_in_any_order():
    rows = unit_rows(np.random.default_rng(0).normal(size=(10, 4)))
    vectors = from_arrays(rows, shard_rows=3)
    positions = np.array([9, 0, 4, 4, 2])
    assert (len(vectors), vectors.dim, len(vectors.shards)) == (10, 4, 4)
    assert (vectors.take(positions) == rows[positions]).all()
    assert [start for start, _ in vectors.blocks()] == [0, 3, 6, 9]


def test_a_row_of_zeros_is_not_seen():
    assert from_arrays(np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]), 2).seen().tolist() == [True, False, True]


def test_a_row_that_is_no_unit_row_is_refused():
    with pytest.raises(InputError, match="the vector at position 1 has length 2"):
        from_arrays(np.array([[1.0, 0.0], [2.0, 0.0]]))


def test_shards_of_different_dimension_are_refused():
    with pytest.raises(InputError, match="differ in dimension"):
        Vectors((np.zeros((2, 3)), np.zeros((2, 4))))


def test_a_folder_without_shards_is_refused(tmp_path):
    with pytest.raises(InputError, match="at least one shard"):
        open_vectors(tmp_path)


def test_a_cut_shard_is_refused(tmp_path):
    np.save(tmp_path / "vectors_00000.npy", np.eye(4, dtype=np.float32))
    content = (tmp_path / "vectors_00000.npy").read_bytes()
    (tmp_path / "vectors_00000.npy").write_bytes(content[:-9])
    with pytest.raises(InputError, match="build the index again"):
        open_vectors(tmp_path)


@pytest.mark.parametrize("wrong", [[0, 90], [90, 0], [-1, 3]])
def test_rows_that_are_not_there_are_refused(wrong):
    vectors = from_arrays(unit_rows(np.random.default_rng(0).normal(size=(90, 4))), shard_rows=40)
    with pytest.raises(IndexError, match="of 90 rows"):
        vectors.take(np.array(wrong))
