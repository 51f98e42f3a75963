"""Fusing text and image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from indexing.vectors.fusion import Fusion
from indexing.vectors.rows import FusedRows
from indexing.vectors.vectors import from_arrays, unit_rows

WEIGHTS = [0.0, 0.3, 0.5, 1.0]


def some_views(seed, size=12):
    """Text and image rows; some products lack the one, the other or both."""
    generator = np.random.default_rng(seed)
    text, image = unit_rows(generator.normal(size=(size, 5))), unit_rows(generator.normal(size=(size, 3)))
    text[generator.random(size) < 0.3] = 0
    image[generator.random(size) < 0.3] = 0
    return text, image


@pytest.mark.parametrize("weight", WEIGHTS)
def test_complete_products_have_the_weighted_mean_of_the_cosines(weight):
    text, image = unit_rows(np.array([[1.0, 0.0], [1.0, 1.0]])), unit_rows(np.array([[0.0, 1.0], [1.0, 2.0]]))
    left, right = Fusion(weight).rows(text, image)
    assert left @ right == pytest.approx(weight * (text[0] @ text[1]) + (1 - weight) * (image[0] @ image[1]), abs=1e-6)


@pytest.mark.parametrize("weight", WEIGHTS)
@given(seed=st.integers(0, 999))
def test_fused_cosines_are_the_cosines_of_the_fused_rows(weight, seed):
    text, image = some_views(seed)
    rows = Fusion(weight).rows(text, image)
    left, right = np.divmod(np.arange(144), 12)
    seen = np.any(text, axis=1), np.any(image, axis=1)
    fused = Fusion(weight).cosines(
        np.einsum("ij,ij->i", text[left], text[right]),
        np.einsum("ij,ij->i", image[left], image[right]),
        (seen[0][left], seen[1][left]),
        (seen[0][right], seen[1][right]),
    )
    assert fused.dtype == rows.dtype == np.float32
    assert fused == pytest.approx(np.einsum("ij,ij->i", rows[left], rows[right]), abs=1e-6)


@pytest.mark.parametrize("weight", WEIGHTS)
def test_fused_rows_have_length_one_or_are_zeros(weight):
    text, image = some_views(4, size=100)
    lengths = np.linalg.norm(Fusion(weight).rows(text, image), axis=1)
    blind = ~(np.any(text, axis=1) | np.any(image, axis=1))
    assert blind.any()
    assert (lengths[blind] == 0).all()
    assert lengths[~blind] == pytest.approx(1.0, abs=1e-6)


def test_a_product_without_a_picture_keeps_its_text():
    rows = Fusion(0.3).rows(np.array([[0.6, 0.8]], dtype=np.float32), np.zeros((1, 2), dtype=np.float32))
    assert rows.tolist() == [pytest.approx([0.6, 0.8, 0, 0])]


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_a_weight_outside_zero_and_one_is_refused(weight):
    with pytest.raises(InputError, match=f"text weight {weight}"):
        Fusion(weight)


def test_views_of_different_catalogues_are_refused():
    with pytest.raises(InputError, match="text has 1 rows, image 2"):
        Fusion().rows(np.zeros((1, 2)), np.zeros((2, 2)))


def test_fused_rows_in_blocks_equal_those_taken_by_position():
    text, image = some_views(7)
    rows = FusedRows(from_arrays(text, 5), from_arrays(image, 5), Fusion(0.3))
    whole = Fusion(0.3).rows(text, image)
    assert (len(rows), rows.dim) == (12, 8)
    assert (np.concatenate([block for _, block in rows.blocks()]) == whole).all()
    assert [start for start, _ in rows.blocks()] == [0, 5, 10]
    assert (rows.take(np.array([11, 0, 6])) == whole[[11, 0, 6]]).all()
