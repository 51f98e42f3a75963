"""A small classic picture descriptor keeps colour layout and gradient histograms of the cropped, mirrored thumbnail.

The colour layout follows MPEG-7 (ISO/IEC 15938-3), in CIELAB; the gradient histograms follow Dalal and Triggs,
"Histograms of oriented gradients for human detection", CVPR 2005. Both are made indifferent to mirroring: of each value
and its mirror twin the sum and the absolute difference are kept. The picture is first cropped to what differs from its
border, so that margins and crops matter less.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image

from indexing.arrays import Floats2d
from indexing.catalog.catalog import Catalog
from indexing.encoders.encoder import Encoded
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.pictures.picture_encoder import PictureEncoder
from indexing.encoders.pictures.shape import Pixels
from indexing.vectors.vectors import unit_rows

SIDE = 32  # pixels a side of the thumbnail
COLOR_CELLS = 8  # a side
GRADIENT_CELLS = 4
ORIENTATIONS = 8
COLOR_SHARE = 0.5  # of the cosine
NEUTRAL = np.array([0.6, 0.0, 0.0], dtype=np.float32)  # a light grey: the colour that says nothing
BORDER_DIFFERENCE = 24  # of 255: less is background
CONTENT_SHARE = 0.02  # of a row or column that must differ from the background to belong to the picture
LEAST_CONTENT = 8  # pixels a side: a smaller content is not cropped to
DECODE_SIDE = 128  # a JPEG may be decoded down to this
BLOCK_PICTURES = 1024

Floats = npt.NDArray[np.float32]

_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], dtype=np.float32
) / np.array([[0.9505], [1.0], [1.089]], dtype=np.float32)  # sRGB, white point D65
_RGB = np.arange(256, dtype=np.float32) / np.float32(255)
_LINEAR = np.where(_RGB > 0.04045, ((_RGB + 0.055) / 1.055) ** 2.4, _RGB / 12.92).astype(np.float32)


@dataclass(frozen=True)
class ThumbnailModel:
    """It is the descriptor in the form of a picture model."""

    batch: int = BLOCK_PICTURES

    @property
    def dim(self) -> int:
        return COLOR_CELLS * COLOR_CELLS * 3 + GRADIENT_CELLS * GRADIENT_CELLS * ORIENTATIONS

    @property
    def decode_side(self) -> int:
        return DECODE_SIDE

    def prepare(self, picture: Image.Image) -> Pixels:
        """Return the cropped thumbnail (SIDE, SIDE, 3)."""
        return thumbnail(picture)

    def encode_pixels(self, pixels: Pixels) -> Floats2d:
        """Return unit rows (n, d) of thumbnails (n, SIDE, SIDE, 3)."""
        return describe(pixels)


@dataclass(frozen=True)
class ThumbnailEncoder:
    """It encodes the main picture of each product, or its `extra` ones; a product without a usable one has a row of
    zeros."""

    workers: int = 4
    extra: bool = False
    patience: Patience = field(default_factory=Patience)

    @property
    def spec(self) -> str:
        return "thumbnail"

    @property
    def dim(self) -> int:
        return ThumbnailModel().dim

    def encode(self, catalog: Catalog) -> Encoded:
        """Return a row a product; what cannot be decoded is a reject with its reason."""
        return PictureEncoder(self.spec, ThumbnailModel(), self.extra, self.workers, self.patience).encode(catalog)


def thumbnail(picture: Image.Image, side: int = SIDE) -> Pixels:
    """Return the picture, cropped to what differs from its border, as (side, side, 3)."""
    content = cropped(picture)
    method = Image.Resampling.BOX if min(content.size) > side else Image.Resampling.BILINEAR
    return np.asarray(content.resize((side, side), method))


def describe(thumbnails: Pixels) -> Floats2d:
    """Return unit rows (n, d) of thumbnails (n, SIDE, SIDE, 3)."""
    lab = lab_colors(thumbnails)
    colors = unit_rows(_color_layout(lab)) * np.float32(np.sqrt(COLOR_SHARE))
    gradients = unit_rows(_gradients(lab[..., 0])) * np.float32(np.sqrt(1 - COLOR_SHARE))
    return unit_rows(np.hstack([colors, gradients]))


def cropped(picture: Image.Image) -> Image.Image:
    """Cut rows and columns of background off the picture's edges, if it has a plain border."""
    pixels = np.asarray(picture)
    border = np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]), axis=0)
    far = np.abs(np.arange(256)[:, None] - border) > BORDER_DIFFERENCE  # of each value of each channel
    differs = far[pixels[..., 0], 0] | far[pixels[..., 1], 1] | far[pixels[..., 2], 2]
    rows = np.flatnonzero(differs.mean(axis=1) > CONTENT_SHARE)
    columns = np.flatnonzero(differs.mean(axis=0) > CONTENT_SHARE)
    if rows.size < LEAST_CONTENT or columns.size < LEAST_CONTENT:
        return picture
    return picture.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))


def lab_colors(pixels: Pixels) -> Floats:
    """Convert pixels to CIELAB with L from 0 to 1 and a, b on the same scale, (n, SIDE, SIDE, 3)."""
    xyz = _LINEAR[pixels] @ _TO_XYZ.T
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    lab = np.stack([1.16 * f[..., 1] - 0.16, 5 * (f[..., 0] - f[..., 1]), 2 * (f[..., 1] - f[..., 2])], axis=-1)
    return lab.astype(np.float32)


def _color_layout(lab: Floats) -> Floats2d:
    """Return the mean colour of each cell against the neutral one, (n, cells² · 3)."""
    size = SIDE // COLOR_CELLS
    cells = lab.reshape(len(lab), COLOR_CELLS, size, COLOR_CELLS, size, 3).mean(axis=(2, 4)) - NEUTRAL
    return _mirror_free(cells, cells[:, :, ::-1])


def _gradients(luminance: Floats) -> Floats2d:
    """Return square roots of histograms of unsigned gradient orientations by cell, (n, cells² · ORIENTATIONS)."""
    down, across = np.zeros_like(luminance), np.zeros_like(luminance)
    down[:, 1:-1] = luminance[:, 2:] - luminance[:, :-2]
    across[:, :, 1:-1] = luminance[:, :, 2:] - luminance[:, :, :-2]
    strength = np.hypot(down, across)
    angle = (np.arctan2(down, across) % np.pi) / np.pi * ORIENTATIONS
    lower = np.floor(angle)
    upper_share = angle - lower
    size = SIDE // GRADIENT_CELLS
    cells = np.empty((len(luminance), GRADIENT_CELLS, GRADIENT_CELLS, ORIENTATIONS), dtype=np.float32)
    for orientation in range(ORIENTATIONS):
        weight = np.where(lower % ORIENTATIONS == orientation, 1 - upper_share, 0)
        weight += np.where((lower + 1) % ORIENTATIONS == orientation, upper_share, 0)
        blocks = (strength * weight).reshape(-1, GRADIENT_CELLS, size, GRADIENT_CELLS, size)
        cells[..., orientation] = blocks.sum(axis=(2, 4))
    turned = (-np.arange(ORIENTATIONS)) % ORIENTATIONS  # mirroring turns an angle a into -a
    return np.sqrt(_mirror_free(cells, cells[:, :, ::-1][..., turned]))


def _mirror_free(cells: Floats, mirrored: Floats) -> Floats2d:
    """Return sum and absolute difference of each cell of the left half and its mirror twin, flat (n, all values)."""
    half = cells.shape[2] // 2
    both = np.concatenate([(cells + mirrored)[:, :, :half], np.abs(cells - mirrored)[:, :, :half]], axis=2)
    return both.reshape(len(cells), -1)
