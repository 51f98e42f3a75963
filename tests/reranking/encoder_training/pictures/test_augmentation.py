"""Changes of a picture between two offers: the same for the same seed, each of them as far as it is asked."""

from dataclasses import fields

import numpy as np
import pytest

from reranking.encoder_training.pictures.augmentation import Augmentation

STILL = {
    "crop": (1.0, 1.0),
    "stretch": 1.0,
    "turn": 0.0,
    "flip": 0.0,
    "brightness": 0.0,
    "contrast": 0.0,
    "saturation": 0.0,
    "tint": 0.0,
    "grey": 0.0,
    "recompress": 0.0,
    "quality": (20, 20),
}


@pytest.fixture
def pictures():
    """Eight pictures with a gradient of colours, 20 x 20."""
    across, down = np.meshgrid(np.linspace(40, 160, 20), np.linspace(60, 140, 20))
    picture = np.stack([across, down, 200 - across], axis=-1)
    return np.repeat(picture[None], 8, axis=0).astype(np.uint8)


def changed(pictures, seed=0, size=(20, 20), **asked):
    values = Augmentation(**{**STILL, **asked}).apply(pictures, size, random=np.random.default_rng(seed), device="cpu")
    return values.numpy().transpose(0, 2, 3, 1) * 255


def test_every_change_can_be_left_out(pictures):
    assert set(STILL) == {field.name for field in fields(Augmentation)}
    np.testing.assert_allclose(changed(pictures), pictures, atol=0.01)


def test_the_size_is_the_model_s(pictures):
    assert changed(pictures, size=(16, 12)).shape == (8, 16, 12, 3)


def test_the_same_seed_gives_the_same_pictures(pictures):
    def made(seed):
        return Augmentation().apply(pictures, (16, 16), random=np.random.default_rng(seed), device="cpu").numpy()

    np.testing.assert_array_equal(made(1), made(1))
    assert not np.array_equal(made(1), made(2))
    assert made(1).min() >= 0
    assert made(1).max() <= 1


def test_a_flip_mirrors(pictures):
    np.testing.assert_allclose(changed(pictures, flip=1.0), pictures[:, :, ::-1], atol=0.01)


def test_a_crop_shows_less(pictures):
    found = changed(pictures, crop=(0.5, 0.5))
    spans = found[..., 0].max(axis=(1, 2)) - found[..., 0].min(axis=(1, 2))
    assert spans == pytest.approx(60, abs=5)  # of the 120 from edge to edge
    assert np.ptp(found[:, 0, 0, 0]) > 5  # each at another place


@pytest.mark.parametrize(
    ("change", "value"),
    [("stretch", 1.5), ("turn", 20.0), ("brightness", 0.5), ("contrast", 0.5), ("saturation", 0.8), ("tint", 0.2),
     ("recompress", 1.0)],
)  # fmt: skip
def test_a_change_changes_each_picture_in_its_own_way(pictures, change, value):
    found = changed(pictures, **{change: value})
    assert np.abs(found - pictures).max(axis=(1, 2, 3)).min() > 0.1
    if change != "recompress":  # all at the same quality here
        assert np.abs(found[0] - found[1]).max() > 0.5


def test_grey_has_no_colours(pictures):
    found = changed(pictures, grey=1.0)
    np.testing.assert_allclose(found[..., 0], found[..., 1], atol=0.01)
    assert np.ptp(found) > 20
