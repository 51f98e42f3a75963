"""Fusion makes one vector a product out of its text and its picture, and fused cosines out of those of the views."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Floats2d
from indexing.errors import InputError


@dataclass(frozen=True)
class Fusion:
    """A fusion says what weight the text has in a fused row, from 0 to 1; the picture has the rest."""

    text_weight: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.text_weight <= 1:
            raise InputError(f"text weight {self.text_weight}: give a number from 0 to 1")

    def rows(self, text: Floats2d, image: Floats2d) -> Floats2d:
        """Return fused rows (n, dt + di): the unit row of (sqrt(w)·text, sqrt(1 - w)·image).

        A product without one view has the unit row of the other, so its fused cosine with a complete product is
        sqrt(w) or sqrt(1 - w) times that view's cosine. One without both has a row of zeros.
        """
        if len(text) != len(image):
            raise InputError(f"text has {len(text)} rows, image {len(image)}: encode the same catalogue")
        of_text, of_image = self._shares(np.any(text, axis=1), np.any(image, axis=1))
        return np.hstack([text * of_text[:, None], image * of_image[:, None]]).astype(np.float32, copy=False)

    def cosines(
        self, text: Floats1d, image: Floats1d, seen_left: tuple[Bools1d, Bools1d], seen_right: tuple[Bools1d, Bools1d]
    ) -> Floats1d:
        """Return the fused cosines (p,) of pairs from their text and image cosines.

        `seen_*` say which products on a side have text, and which have an image.
        """
        text_left, image_left = self._shares(*seen_left)
        text_right, image_right = self._shares(*seen_right)
        fused = text_left * text_right * text + image_left * image_right * image
        return np.asarray(fused, dtype=np.float32)

    def _shares(self, has_text: Bools1d, has_image: Bools1d) -> tuple[Floats1d, Floats1d]:
        """Return what text and image are multiplied by: the lengths of the two parts of a unit row."""
        text = np.sqrt(np.where(has_image, self.text_weight, 1.0)) * has_text
        image = np.sqrt(np.where(has_text, 1.0 - self.text_weight, 1.0)) * has_image
        return text.astype(np.float32), image.astype(np.float32)
