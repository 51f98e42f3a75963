"""A shape says how a decoded picture becomes a model's input: resized and cropped as open_clip does, in eight bits."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from indexing.errors import InputError

Picture = Image.Image
Pixels = npt.NDArray[np.uint8]
RESIZE_MODES = ("shortest", "longest", "squash")


@dataclass(frozen=True)
class PictureShape:
    """A shape holds rows and columns of the input, and says how a picture is brought there.

    `shortest` fills it and cuts the middle out, `longest` fits into it on a ground of `fill`, `squash` gives up the
    proportions.
    """

    size: tuple[int, int]
    resize_mode: str = "shortest"
    interpolation: str = "bicubic"
    fill: int = 0

    def __post_init__(self) -> None:
        if self.resize_mode not in RESIZE_MODES:
            raise InputError(f"resize_mode {self.resize_mode!r}: choose from {', '.join(RESIZE_MODES)}")

    @property
    def decode_side(self) -> int:
        """Return the least pixels a side to decode a JPEG with: twice the input's, so that resizing sees detail."""
        return 2 * max(self.size)

    def apply(self, picture: Picture) -> Pixels:
        """Return the picture (RGB) as (rows, columns, 3)."""
        rows, columns = self.size
        if self.resize_mode == "squash":
            return np.asarray(picture.resize((columns, rows), self._method))
        resized = picture.resize(self._fitted(picture), self._method)
        return np.asarray(self._cut(resized))

    @property
    def _method(self) -> Image.Resampling:
        return Image.Resampling.BILINEAR if self.interpolation == "bilinear" else Image.Resampling.BICUBIC

    def _fitted(self, picture: Picture) -> tuple[int, int]:
        """Return the width and height that fill the input, or fit into it, in the picture's proportions."""
        rows, columns = self.size
        width, height = picture.size
        if self.resize_mode == "shortest" and rows == columns:  # torchvision's Resize, which cuts fractions off
            short, long = min(width, height), max(width, height)
            other = int(rows * long / short)
            return (rows, other) if width <= height else (other, rows)
        ratios = height / rows, width / columns
        ratio = max(ratios) if self.resize_mode == "longest" else min(ratios)
        return round(width / ratio), round(height / ratio)

    def _cut(self, picture: Picture) -> Picture:
        """Cut the middle out of a picture, put on a ground of `fill` where it is too small."""
        rows, columns = self.size
        width, height = picture.size
        if width < columns or height < rows:
            ground = Image.new("RGB", (max(width, columns), max(height, rows)), (self.fill,) * 3)
            ground.paste(picture, (max(columns - width, 0) // 2, max(rows - height, 0) // 2))
            picture, (width, height) = ground, ground.size
        left, top = round((width - columns) / 2), round((height - rows) / 2)
        return picture.crop((left, top, left + columns, top + rows))
