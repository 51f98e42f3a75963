"""Colours and shapes of two pictures are compared apart where the rows of their encoder keep them apart."""

import numpy as np
import pytest
from flat_options import build_options
from PIL import Image, ImageDraw

from indexing.build.build_index import build_index
from indexing.encoders.thumbnail import COLOR_CELLS
from indexing.vectors.vectors import from_arrays
from reranking.signals.families.views import ViewSignals

NAMES = ("image_color_cosine", "image_shape_cosine", "image_recolored")


def parted(*angles):
    """Signals of products whose rows hold colours at an angle, and shapes at another one; None is nothing to see."""
    rows = [[0.0] * 4 if pair is None else np.sqrt([0.3, 0.3, 0.7, 0.7]) * _sides(*pair) for pair in angles]
    vectors = from_arrays(np.array(rows, dtype=np.float32))
    return ViewSignals({"image": vectors}, {"image": vectors.seen()}, colors=2)


def _sides(color, shape):
    return np.ravel([[np.cos(np.radians(angle)), np.sin(np.radians(angle))] for angle in (color, shape)])


def found(signals, left, right):
    values = signals.compute(np.array([left]), np.array([right]))[0]
    by_name = dict(zip([feature.name for feature in signals.features], values, strict=True))
    return [by_name[name] for name in NAMES]


def test_colours_and_shapes_have_cosines_of_their_own():
    signals = parted((0, 0), (60, 0), (0, 90))
    assert found(signals, 0, 1) == pytest.approx([0.5, 1, 0.5], abs=1e-6)
    assert found(signals, 0, 2) == pytest.approx([1, 0, -1], abs=1e-6)
    assert found(signals, 1, 2) == found(signals, 2, 1)


def test_a_product_without_a_picture_has_neither():
    signals = parted((0, 0), None)
    assert np.isnan(found(signals, 0, 1)).all()
    together = signals.compute(np.array([0, 0]), np.array([1, 0]))[:, -3:]
    assert np.isnan(together).all(axis=1).tolist() == [True, False]


def test_a_row_without_colours_has_a_shape_all_the_same():
    vectors = from_arrays(np.array([[0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]], dtype=np.float32))
    signals = ViewSignals({"image": vectors}, {"image": vectors.seen()}, colors=2)
    assert found(signals, 0, 1)[1] == 0
    assert np.isnan(found(signals, 0, 1)[0])
    assert np.isnan(found(signals, 0, 2)).all()


def lamp(path, color, *, tall):
    """A lamp of one colour on white, tall or wide: two models."""
    picture = Image.new("RGB", (64, 64), "white")
    ImageDraw.Draw(picture).polygon(
        [(10, 10), (30, 6), (54, 20)] if tall else [(10, 58), (32, 8), (54, 58)], fill=color
    )
    picture.save(path)


def test_the_same_shape_in_another_colour_is_told_from_another_shape(tmp_path):
    looks = {"a": ("red", True), "b": ("navy", True), "c": ("red", False)}
    for name, (color, tall) in looks.items():
        lamp(tmp_path / f"{name}.png", color, tall=tall)
    (tmp_path / "products.csv").write_text("id,image\n" + "".join(f"{name},{name}.png\n" for name in looks))
    options = build_options(text_encoder="none", image_encoder="thumbnail", lexical=False, k=2)
    signals = ViewSignals.of(build_index([tmp_path / "products.csv"], tmp_path / "index", options=options).index)
    assert signals.colors == COLOR_CELLS**2 * 3
    variant, model = found(signals, 0, 1), found(signals, 0, 2)
    assert variant[1] > 0.9 > model[1]
    assert variant[0] < model[0]
    assert variant[2] > 0.2 > model[2]
