"""A picture becomes a model's input exactly as open_clip makes it."""

import numpy as np
import pytest
from PIL import Image

from indexing.encoders.pictures.clip_model import import_open_clip
from indexing.encoders.pictures.shape import PictureShape
from indexing.errors import InputError

SIZES = [(60, 80), (80, 60), (33, 33), (300, 217), (7, 90), (20, 20), (64, 65)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("wanted", [(32, 32), (48, 24)])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_the_input_is_that_of_open_clip(size, mode, wanted, interpolation):
    if mode == "shortest" and wanted[0] != wanted[1]:
        interpolation = "bicubic"  # open_clip knows no other there
    picture = Image.fromarray(np.random.default_rng(size[0]).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8))
    transform = import_open_clip().image_transform(
        wanted, False, mean=(0.0,) * 3, std=(1.0,) * 3, resize_mode=mode, interpolation=interpolation, fill_color=9
    )
    expected = np.rint(transform(picture).numpy().transpose(1, 2, 0) * 255).astype(np.uint8)
    fill = 9 if mode == "longest" else 0  # a picture cut from the middle is padded with black
    found = PictureShape(wanted, mode, interpolation, fill).apply(picture)
    assert found.shape == (*wanted, 3)
    np.testing.assert_array_equal(found, expected)


def test_an_unknown_way_to_resize_is_refused():
    with pytest.raises(InputError, match="resize_mode 'cut': choose from shortest, longest, squash"):
        PictureShape((32, 32), "cut")
