"""Decoding pictures: one policy for whatever is there."""

import io

import numpy as np
import pytest
from PIL import Image

from indexing.catalog.catalog import catalog_of
from indexing.catalog.images import decode, load_picture
from indexing.catalog.pictures import PictureError
from indexing.encoders.pictures.picture_encoder import picture_states


def encoded(picture, kind="PNG", **options):
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def plain(mode, colour, size=(8, 6)):
    return Image.new(mode, size, colour)


def grey(dtype, value):
    return Image.fromarray(np.full((6, 8), value, dtype=dtype))


def palette():
    picture = Image.new("P", (8, 6), 1)
    picture.putpalette([0, 0, 0, 200, 100, 50])
    return picture


@pytest.mark.parametrize(
    ("picture", "kind", "colour"),
    [
        (plain("RGB", (200, 100, 50)), "PNG", (200, 100, 50)),
        (plain("L", 77), "PNG", (77, 77, 77)),
        (plain("1", 1), "PNG", (255, 255, 255)),
        (palette(), "PNG", (200, 100, 50)),
        (plain("CMYK", (0, 255, 255, 0)), "TIFF", (255, 0, 0)),
        (plain("LA", (50, 255)), "PNG", (50, 50, 50)),
        (plain("RGBA", (200, 0, 0, 255)), "PNG", (200, 0, 0)),
        (grey(np.uint16, 257 * 128), "PNG", (128, 128, 128)),
        (grey(np.uint16, 257), "PNG", (1, 1, 1)),
        (grey(np.int32, 257 * 128), "TIFF", (128, 128, 128)),
        (grey(np.int32, 128), "TIFF", (128, 128, 128)),
        (grey(np.float32, 0.5), "TIFF", (128, 128, 128)),
        (grey(np.float32, 64.0), "TIFF", (64, 64, 64)),
        (grey(np.float32, np.nan), "TIFF", (0, 0, 0)),
    ],
)
def test_every_mode_becomes_rgb(picture, kind, colour):
    found = decode(encoded(picture, kind))
    assert (found.mode, found.size) == ("RGB", (8, 6))
    assert found.getpixel((3, 3)) == colour


@pytest.mark.parametrize(
    "picture", [plain("RGBA", (255, 0, 0, 0)), plain("LA", (0, 0)), plain("RGBA", (255, 255, 255, 100))]
)
def test_what_is_transparent_is_white(picture):
    assert decode(encoded(picture)).getpixel((0, 0)) == (255, 255, 255)


def test_half_transparent_red_is_pink():
    assert decode(encoded(plain("RGBA", (255, 0, 0, 128)))).getpixel((0, 0)) == (255, 127, 127)


@pytest.mark.parametrize(
    ("picture", "clear"), [(palette(), 1), (plain("RGB", (9, 9, 9)), (9, 9, 9)), (plain("L", 9), 9)]
)
def test_a_transparent_colour_is_white(picture, clear):
    assert decode(encoded(picture, transparency=clear)).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (0, 0)), (2, (7, 0)), (3, (7, 7)), (4, (0, 7)), (5, (0, 0)), (6, (7, 0)), (8, (0, 7))],
)
def test_a_picture_is_turned_as_its_exif_says(orientation, corner):
    picture = plain("RGB", "lime", (8, 8))
    picture.paste("red", (0, 0, 4, 4))
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = decode(encoded(picture, exif=exif))
    corners = [(0, 0), (7, 0), (0, 7), (7, 7)]
    assert [place for place in corners if turned.getpixel(place) == (255, 0, 0)] == [corner]


def test_a_turned_picture_has_its_sides_swapped():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(encoded(plain("RGB", "red", (8, 6)), exif=exif)).size == (6, 8)


def test_of_an_animation_the_first_frame_counts():
    content = encoded(plain("RGB", "red"), "GIF", save_all=True, append_images=[plain("RGB", "blue")])
    assert decode(content).getpixel((0, 0)) == (255, 0, 0)


def test_a_jpeg_may_be_decoded_smaller_but_not_below_the_side():
    content = encoded(plain("RGB", "red", (800, 1600)), "JPEG")
    assert decode(content).size == (800, 1600)
    assert decode(content, side=100).size == (100, 200)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_a_cut_picture_cannot_be_decoded(kind):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    content = encoded(noise, kind)
    with pytest.raises(PictureError, match="cannot be decoded"):
        decode(content[: len(content) // 2])


@pytest.mark.parametrize("content", [b"<!DOCTYPE html><p>Not found", b"", b"\xff\xd8\xff"])
def test_what_is_no_picture_says_how_it_begins(content):
    with pytest.raises(PictureError, match="no picture: begins with") as caught:
        decode(content)
    assert repr(content[:12]) in str(caught.value)


def test_an_enormous_picture_is_not_decoded(monkeypatch):
    monkeypatch.setattr("indexing.catalog.images.MOST_PIXELS", 47)
    with pytest.raises(PictureError, match="enormous: 8 x 6 pixels"):
        decode(encoded(plain("RGB", "red")))


def test_a_decompression_bomb_is_enormous(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(PictureError, match="enormous: a decompression bomb"):
        decode(encoded(plain("RGB", "red")))


def test_a_reference_leads_from_the_folder_of_pictures(tmp_path, draw):
    catalog = catalog_of(pictures=tmp_path)
    assert load_picture(draw("a.png"), catalog).size == (96, 96)
    assert load_picture(str(tmp_path / "a.png"), catalog).size == (96, 96)


def test_a_picture_given_as_bytes_is_read_from_its_place(tmp_path):
    content = encoded(plain("RGB", "red"))
    (tmp_path / "pictures.bin").write_bytes(b"before" + content + b"after")
    catalog = catalog_of(folder=tmp_path)
    assert load_picture(f"pictures.bin#6:{len(content)}", catalog).getpixel((0, 0)) == (255, 0, 0)


def test_a_file_name_may_hold_the_mark_of_a_place(tmp_path, draw):
    draw("a#1:2.png")
    assert load_picture("a#1:2.png", catalog_of(pictures=tmp_path)).size == (96, 96)


@pytest.mark.parametrize(
    ("reference", "reason"),
    [("none.jpg", "no such file"), ("folder", "cannot be read"), ("a\0b", "cannot be read"), ("x" * 999, "cannot be")],
)
def test_an_absent_picture_has_its_reason(tmp_path, reference, reason):
    (tmp_path / "folder").mkdir()
    with pytest.raises(PictureError, match=reason):
        load_picture(reference, catalog_of(pictures=tmp_path))


def test_the_state_of_pictures_changes_with_their_files(tmp_path, draw):
    for name in ("a.png", "b#1.png"):
        catalog = catalog_of(images=[name], pictures=tmp_path)
        absent = picture_states(catalog)
        draw(name, "red")
        red = picture_states(catalog)
        draw(name, "blue", size=(50, 50))
        assert len({absent, red, picture_states(catalog)}) == 3


def test_the_state_of_a_picture_with_an_impossible_name_is_absent(tmp_path):
    assert picture_states(catalog_of(images=["a\0b"], pictures=tmp_path)) != picture_states(catalog_of())
