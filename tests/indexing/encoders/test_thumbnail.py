"""The thumbnail descriptor: what it does not mind, and what it tells apart."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from indexing.encoders.thumbnail import ThumbnailEncoder, describe, thumbnail


def lamp(colour="red"):
    """A product that is not symmetric, on white."""
    picture = Image.new("RGB", (120, 160), "white")
    pen = ImageDraw.Draw(picture)
    pen.ellipse((10, 10, 80, 70), fill=colour)
    pen.rectangle((60, 60, 75, 140), fill="black")
    pen.rectangle((40, 135, 110, 150), fill=colour)
    return picture


def stripes():
    picture = Image.new("RGB", (120, 160), "white")
    pen = ImageDraw.Draw(picture)
    for left in range(10, 110, 20):
        pen.rectangle((left, 10, left + 9, 150), fill="navy")
    return picture


def cosine(one, other):
    left, right = describe(np.stack([thumbnail(one), thumbnail(other)]))
    return float(left @ right)


def test_mirroring_changes_nothing_to_speak_of():
    assert cosine(lamp(), ImageOps.mirror(lamp())) > 0.99


@pytest.mark.parametrize("border", [(20, 20, 20, 20), (60, 0, 0, 0), (0, 5, 0, 90)])
def test_white_margins_matter_little(border):
    assert cosine(lamp(), ImageOps.expand(lamp(), border, "white")) > 0.95


def test_scaling_matters_little():
    assert cosine(lamp(), lamp().resize((360, 480))) > 0.95


def test_another_colour_or_shape_is_less_near():
    same = cosine(lamp(), ImageOps.mirror(lamp()))
    recoloured, other = cosine(lamp(), lamp("blue")), cosine(lamp(), stripes())
    assert same > recoloured + 0.05
    assert recoloured > other
    assert other < 0.75


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (3000, 2), (33, 31)])
@pytest.mark.parametrize("colour", ["white", "black", (150, 150, 150)])
def test_a_plain_picture_of_any_size_has_a_finite_row(size, colour):
    (row,) = describe(thumbnail(Image.new("RGB", size, colour))[None])
    assert np.isfinite(row).all()


def test_unreadable_pictures_are_set_aside_and_have_nothing_to_see(catalog_of, draw, tmp_path, monkeypatch):
    monkeypatch.setattr("indexing.catalog.pictures.MOST_PIXELS", 200 * 200)
    whole = (tmp_path / draw("good.png")).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "page.jpg").write_text("<html>gone</html>")
    draw("huge.png", size=(300, 200))
    names = ["good.png", "cut.png", "page.jpg", "huge.png", "absent.png"]
    catalog = catalog_of(id=list("abcdef"), images=[*([name] for name in names), None])
    encoded = ThumbnailEncoder(workers=2).encode(catalog)
    assert np.any(encoded.rows, axis=1).tolist() == [True, False, False, False, False, False]
    assert [(reject.id, reject.column, reject.value) for reject in encoded.rejects] == [
        ("b", "image", "cut.png"),
        ("c", "image", "page.jpg"),
        ("d", "image", "huge.png"),
        ("e", "image", "absent.png"),
    ]
    reasons = [reject.reason.partition(":")[0] for reject in encoded.rejects]
    assert reasons == ["cannot be decoded", "no picture", "enormous", "no such file"]


def test_only_the_main_picture_is_looked_at(catalog_of, draw):
    draw("a.png", "red")
    draw("b.png", "blue")
    both, first = ThumbnailEncoder().encode(catalog_of(images=[["a.png", "b.png"], ["a.png"]])).rows
    assert (both == first).all()
