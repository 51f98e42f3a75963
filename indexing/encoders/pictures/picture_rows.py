"""Rows of pictures that are prepared already: the image tower of an open_clip model, batch by batch."""

from typing import Any

import numpy as np
import torch

from indexing.arrays import Floats2d
from indexing.encoders.pictures.clip_model import ClipModel
from indexing.encoders.pictures.shape import Pixels

ENCODE_BATCH = 128


def normalized(values: torch.Tensor, model: ClipModel) -> torch.Tensor:
    """Pictures (b, 3, h, w) from 0 to 1 as the model's preprocessing scales them."""
    mean, std = (torch.tensor(part, device=values.device).view(1, 3, 1, 1) for part in (model.mean, model.std))
    return ((values - mean) / std).contiguous(memory_format=torch.channels_last)


def encode_pixels(model: ClipModel, pixels: Pixels, *, device: str = "cpu") -> Floats2d:
    """Unit rows (n, d) float32 of pictures (n, h, w, 3), scaled down where they are larger than the model's input."""
    module: Any = model.module.eval()
    out = np.empty((len(pixels), model.dim), dtype=np.float32)
    with torch.inference_mode():
        for start in range(0, len(pixels), ENCODE_BATCH):
            block = torch.from_numpy(np.ascontiguousarray(pixels[start : start + ENCODE_BATCH])).to(device)
            values = block.permute(0, 3, 1, 2).float() / 255
            if tuple(values.shape[2:]) != model.shape.size:
                values = torch.nn.functional.interpolate(values, model.shape.size, mode="bilinear", antialias=True)
            rows = module.encode_image(normalized(values, model), normalize=True)
            out[start : start + len(rows)] = rows.float().cpu().numpy()
    return out
