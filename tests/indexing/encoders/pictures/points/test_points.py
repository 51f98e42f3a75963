"""Points of pictures: what a row holds of them, and that they are the strongest, of any picture."""

import sys

import numpy as np
import pytest
from PIL import Image, ImageOps

from indexing.encoders.pictures.points.codes import NUMBERS, packed, points_of, rows_of
from indexing.encoders.pictures.points.model import PointEncoder, PointModel, require_opencv
from indexing.errors import InputError


def print_of(seed, size=(200, 160)):
    """A picture with corners and spots of its own everywhere."""
    blocks = np.random.default_rng(seed).integers(0, 255, size=(14, 12, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize(size, Image.Resampling.BICUBIC)


def drawn(count):
    random = np.random.default_rng(count)
    codes = random.integers(0, 255, size=(count, 16), dtype=np.uint8)
    places, sizes = random.uniform(0, 1, (count, 2)), random.uniform(-8, 0, count)
    return codes, *(np.asarray(part, dtype=np.float32) for part in (places, sizes, random.uniform(0, 2 * np.pi, count)))


def test_a_row_holds_what_was_put_into_it():
    codes, places, sizes, angles = drawn(50)
    rows = rows_of(packed(codes, places, sizes, angles)[None])
    assert rows.shape == (1, 50 * NUMBERS)
    assert (rows == np.rint(rows)).all()
    assert rows.max() < 2**24
    found = points_of(rows)
    np.testing.assert_array_equal(found.codes[0], codes)
    np.testing.assert_allclose(found.places[0], places, atol=1 / 500)
    np.testing.assert_allclose(found.sizes[0], sizes, atol=1 / 60)
    turned = (found.angles[0] - angles + np.pi) % (2 * np.pi) - np.pi
    assert np.abs(turned).max() <= 2 * np.pi / 256
    assert found.there.all()


def test_rows_of_several_pictures_do_not_mix():
    parts = [packed(*drawn(count)) for count in (8, 8)]
    parts[1][5:] = 0
    found = points_of(rows_of(np.stack(parts)))
    np.testing.assert_array_equal(found.codes[0], parts[0][:, :16])
    assert found.there.sum(axis=1).tolist() == [8, 5]


def test_what_is_mirrored_twice_is_as_it_was():
    found = points_of(rows_of(packed(*drawn(30))[None]))
    again = found.mirrored().mirrored()
    np.testing.assert_array_equal(again.codes, found.codes)
    np.testing.assert_array_equal(again.places, found.places)
    np.testing.assert_allclose(again.angles, found.angles, atol=1e-6)
    assert (found.mirrored().codes != found.codes).any()


def test_points_of_a_mirrored_picture_are_those_of_the_picture_mirrored():
    model, picture = PointModel(40), print_of(1)
    own, mirrored = (
        points_of(model.encode_pixels(model.prepare(one)[None])) for one in (picture, ImageOps.mirror(picture))
    )
    expected = own.mirrored()
    bits = [np.unpackbits(side.codes[0], axis=1) for side in (expected, mirrored)]
    nearest = (bits[0][:, None] != bits[1][None]).sum(axis=2).min(axis=1)
    plain = (np.unpackbits(own.codes[0], axis=1)[:, None] != bits[1][None]).sum(axis=2).min(axis=1)
    assert np.median(nearest) < 16 < np.median(plain)


def test_the_strongest_points_come_first_whatever_their_number():
    picture = print_of(2)
    few, many = (PointModel(count).prepare(picture)[..., 0] for count in (10, 60))
    np.testing.assert_array_equal(few, many[:10])
    assert few.any(axis=1).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (2000, 3), (40, 30)])
@pytest.mark.parametrize("colour", ["white", "black"])
def test_a_plain_picture_of_any_size_has_no_points(size, colour):
    assert not PointModel(8).prepare(Image.new("RGB", size, colour)).any()


@pytest.mark.parametrize("narrow", [*range(1, 26), 40])
def test_a_picture_may_be_as_narrow_as_it_likes(narrow):
    for size in ((256, narrow), (narrow, 256)):
        assert PointModel(8).prepare(print_of(1, size)).shape == (8, 20, 1)


def test_small_pictures_have_points_too():
    assert PointModel(30).prepare(print_of(3, size=(60, 48)))[..., 0].any(axis=1).sum() > 20


def test_each_product_has_a_row_and_unusable_pictures_are_told_of_elsewhere(catalog_of, tmp_path):
    print_of(4).save(tmp_path / "good.png")
    Image.new("RGB", (50, 50), "white").save(tmp_path / "blank.png")
    (tmp_path / "page.jpg").write_text("<html>gone</html>")
    catalog = catalog_of(id=list("abcd"), images=[["good.png"], ["blank.png"], ["page.jpg"], None])
    encoder = PointEncoder(12)
    encoded = encoder.encode(catalog)
    assert encoded.rows.shape == (4, encoder.dim) == (4, 12 * NUMBERS)
    assert encoded.rows.any(axis=1).tolist() == [True, False, False, False]
    assert encoded.rejects == []
    model = PointModel(12)
    np.testing.assert_array_equal(encoded.rows[:1], model.encode_pixels(model.prepare(print_of(4))[None]))


def test_without_opencv_it_is_said_what_to_install(monkeypatch):
    require_opencv.cache_clear()
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(InputError, match=r"--image-points: needs OpenCV: pip install 'heroic\[points\]'"):
        require_opencv()
