"""Random signs of n-grams."""

import numpy as np
import pytest

from indexing.vectors.random_signs import random_signs


@pytest.mark.parametrize("dim", [1, 63, 64, 65, 256])
def test_a_column_has_the_same_signs_in_any_company(dim):
    signs = random_signs(np.arange(100), dim)
    assert signs.shape == (100, dim)
    assert set(np.unique(signs)) == {-1.0, 1.0}
    assert (random_signs(np.array([7, 99]), dim) == signs[[7, 99]]).all()
    assert (random_signs(np.arange(100), 257)[:, :dim] == signs).all()


def test_inner_products_are_kept_as_near_as_the_dimensions_allow():
    rows = np.random.default_rng(0).normal(size=(40, 500)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    projected = rows @ random_signs(np.arange(500), 1024) / 32
    assert np.abs(projected @ projected.T - rows @ rows.T).max() < 5 / 32


def test_columns_and_dimensions_are_independent():
    signs = random_signs(np.arange(1 << 12), 256)
    assert np.abs(signs.mean(axis=0)).max() < 5 / 64
    assert np.abs(signs.T @ signs / len(signs) - np.eye(256)).max() < 6 / 64
