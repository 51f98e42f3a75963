"""OpenCV finds the points of a picture by which it is known again: the strongest of SIFT, of a picture of one size."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from indexing.arrays import Floats2d
from indexing.catalog.catalog import Catalog
from indexing.encoders.encoder import Encoded
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.pictures.picture_encoder import PictureEncoder
from indexing.encoders.pictures.points.codes import NUMBERS, POINT_BYTES, Bytes, packed, rows_of
from indexing.encoders.pictures.shape import Picture, Pixels
from indexing.errors import InputError

SIDE = 256  # pixels of the longer side, to which small pictures are enlarged
LEAST_SIDE = 12  # pixels of the shorter one: SIFT cannot halve a narrower picture
CONTRAST = 0.02  # of a point, at least: half of what OpenCV takes, for shop pictures are smooth
BATCH = 1024


@dataclass(frozen=True)
class PointModel:
    """It is the detection of at most `count` points in the form of a picture model; a row is no vector, and nothing is searched by
    it."""

    count: int

    @property
    def dim(self) -> int:
        return self.count * NUMBERS

    @property
    def batch(self) -> int:
        return BATCH

    @property
    def decode_side(self) -> int:
        return SIDE

    def prepare(self, picture: Picture) -> Pixels:
        """Return the points of a picture, packed, (count, 20, 1): the strongest first, then zeros."""
        found = np.zeros((self.count, POINT_BYTES), dtype=np.uint8)
        points = _points(_gray(picture), self.count)
        found[: len(points)] = points
        return found[..., None]

    def encode_pixels(self, pixels: Pixels) -> Floats2d:
        """Return rows (n, dim) of packed points (n, count, 20, 1)."""
        return rows_of(pixels[..., 0])


@dataclass(frozen=True)
class PointEncoder:
    """It finds the points of each product's main picture; a product without a usable one, or with a blank one, has a row of zeros.
    What cannot be used is told of by the view of main pictures."""

    count: int
    workers: int = 4
    patience: Patience = field(default_factory=Patience)

    @property
    def spec(self) -> str:
        return f"points:{self.count}"

    @property
    def dim(self) -> int:
        return PointModel(self.count).dim

    def encode(self, catalog: Catalog) -> Encoded:
        """Return a row a product."""
        encoder = PictureEncoder(self.spec, PointModel(self.count), workers=self.workers, patience=self.patience)
        return Encoded(encoder.encode(catalog).rows)


def _gray(picture: Picture) -> Pixels:
    width, height = picture.size
    ratio = SIDE / max(width, height)
    size = max(round(width * ratio), 1), max(round(height * ratio), 1)
    opencv = require_opencv()
    method = opencv.INTER_AREA if ratio < 1 else opencv.INTER_CUBIC
    return np.asarray(opencv.resize(np.asarray(picture.convert("L")), size, interpolation=method))


def _points(gray: Pixels, count: int) -> Bytes:
    """Return the strongest points (n, 20) of a picture, at most `count`, in an order that does not depend on how they were found."""
    if min(gray.shape) < LEAST_SIDE:
        return np.zeros((0, POINT_BYTES), dtype=np.uint8)
    sift = require_opencv().SIFT_create(contrastThreshold=CONTRAST)
    found = sorted(sift.detect(gray, None), key=lambda point: (-point.response, point.pt, point.angle))
    kept, descriptors = sift.compute(gray, found[:count])
    if descriptors is None:
        return np.zeros((0, POINT_BYTES), dtype=np.uint8)
    codes = np.packbits(descriptors > np.median(descriptors, axis=1, keepdims=True), axis=1)
    numbers = np.array([(*point.pt, point.size, point.angle) for point in kept], dtype=np.float32)
    usable = codes.any(axis=1)
    numbers, codes = numbers[usable], codes[usable]
    sizes = np.log2(np.maximum(numbers[:, 2], 1e-3) / SIDE)
    return packed(
        codes,
        *(np.asarray(part, dtype=np.float32) for part in (numbers[:, :2] / SIDE, sizes, np.radians(numbers[:, 3]))),
    )


@cache
def require_opencv() -> Any:
    """Return OpenCV, which leaves threads to us. Raises InputError where it is not installed."""
    try:
        import cv2
    except ImportError as error:
        raise InputError("--image-points: needs OpenCV: pip install 'heroic[points]'") from error
    cv2.setNumThreads(1)
    return cv2
