"""Augmentation imitates what befalls a picture between two offers: crop, mirroring, light, colour, compression."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from indexing.encoders.pictures.shape import Pixels

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


@dataclass(frozen=True)
class Augmentation:
    """It says how far each change may go. `crop` is the least and largest share of a side that stays (above 1: a
    margin is added), `stretch` the largest ratio of proportions, `turn` degrees, `flip`, `grey` and `recompress`
    probabilities, `brightness`, `contrast` and `saturation` the largest factor less 1, `tint` a factor of each
    channel of its own."""

    crop: tuple[float, float] = (0.6, 1.1)
    stretch: float = 1.25
    turn: float = 4.0
    flip: float = 0.5
    brightness: float = 0.4
    contrast: float = 0.3
    saturation: float = 0.3
    tint: float = 0.08
    grey: float = 0.05
    recompress: float = 0.3
    quality: tuple[int, int] = (20, 85)  # the least and the largest of the JPEG

    def apply(self, pictures: Pixels, size: tuple[int, int], *, random: np.random.Generator, device: str) -> Any:
        """Change pictures (b, h, w, 3), each in its own way, into a torch tensor (b, 3, rows, columns) from 0 to 1."""
        import torch

        pixels = torch.from_numpy(self._recompressed(pictures, random))
        if device != "cpu":
            pixels = pixels.pin_memory().to(device, non_blocking=True)
        values = pixels.permute(0, 3, 1, 2).float() / 255
        return self._lit(self._cut(values, size, random), random)

    def _recompressed(self, pictures: Pixels, random: np.random.Generator) -> Pixels:
        chosen = np.flatnonzero(random.random(len(pictures)) < self.recompress)
        qualities = random.integers(*self.quality, size=len(chosen), endpoint=True)
        out = np.array(pictures)
        for place, quality in zip(chosen, qualities, strict=True):
            content = io.BytesIO()
            Image.fromarray(out[place]).save(content, "JPEG", quality=int(quality))
            out[place] = np.asarray(Image.open(content))
        return out

    def _cut(self, values: Any, size: tuple[int, int], random: np.random.Generator) -> Any:
        """Crop, stretch, turn and mirror in one resampling; what lies outside repeats the edge."""
        import torch
        from torch.nn import functional

        count = len(values)
        side = random.uniform(*self.crop, size=count)
        stretch = np.exp(random.uniform(-0.5, 0.5, count) * np.log(self.stretch))
        wide, high = side * stretch, side / stretch
        turn = np.deg2rad(random.uniform(-self.turn, self.turn, count))
        mirror = np.where(random.random(count) < self.flip, -1.0, 1.0)
        theta = np.zeros((count, 2, 3), dtype=np.float32)
        theta[:, 0, 0], theta[:, 0, 1] = np.cos(turn) * wide * mirror, -np.sin(turn) * high
        theta[:, 1, 0], theta[:, 1, 1] = np.sin(turn) * wide * mirror, np.cos(turn) * high
        theta[:, 0, 2] = random.uniform(-1, 1, count) * np.abs(1 - wide)
        theta[:, 1, 2] = random.uniform(-1, 1, count) * np.abs(1 - high)
        places = functional.affine_grid(
            torch.from_numpy(theta).to(values.device), [count, 3, *size], align_corners=False
        )
        return functional.grid_sample(values, places, mode="bilinear", padding_mode="border", align_corners=False)

    def _lit(self, values: Any, random: np.random.Generator) -> Any:
        import torch

        def factors(most: float, columns: int = 1) -> Any:
            drawn = np.exp(random.uniform(-1, 1, (len(values), columns, 1, 1)) * np.log1p(most))
            return torch.from_numpy(drawn.astype(np.float32)).to(values.device)

        luma = torch.tensor(LUMA, device=values.device).view(1, 3, 1, 1)
        values = values * factors(self.brightness) * factors(self.tint, 3)
        mean = values.mean(dim=(1, 2, 3), keepdim=True)
        values = mean + (values - mean) * factors(self.contrast)
        grey = (values * luma).sum(dim=1, keepdim=True)
        without = torch.from_numpy((random.random((len(values), 1, 1, 1)) < self.grey).astype(np.float32))
        values = grey + (values - grey) * factors(self.saturation) * (1 - without.to(values.device))
        return values.clamp(0, 1)
