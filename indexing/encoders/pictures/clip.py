"""An open_clip model encodes in torch, batch by batch: pictures by its image tower, texts by its text tower."""

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from indexing.arrays import Floats2d
from indexing.encoders.pictures.clip_model import ClipModel
from indexing.encoders.pictures.clip_onnx import eight_bit_tower
from indexing.encoders.pictures.shape import Picture, Pixels
from indexing.errors import InputError
from indexing.vectors.vectors import unit_rows

ENCODE_BATCH = 128
BATCH = {"cpu": 32, "cuda": 256}  # pictures, a device: on a CPU more are slower, since they leave the caches
TEXT_BATCH = 128
Tower = Callable[[torch.Tensor], torch.Tensor]  # inputs of a batch to its rows


def normalized(values: torch.Tensor, model: ClipModel) -> torch.Tensor:
    """Scale pictures (b, 3, h, w) from 0 to 1 as the model's preprocessing does."""
    mean, std = (torch.tensor(part, device=values.device).view(1, 3, 1, 1) for part in (model.mean, model.std))
    return ((values - mean) / std).contiguous(memory_format=torch.channels_last)


def encode_pixels(model: ClipModel, pixels: Pixels, *, device: str = "cpu") -> Floats2d:
    """Return unit rows (n, d) float32 of pictures (n, h, w, 3), scaled where they are not of the input's size."""
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


@dataclass(frozen=True)
class ClipPictureModel:
    """It runs a model's image tower: `towers`, one a device, take pictures (b, 3, h, w) as the model scales them."""

    model: ClipModel
    devices: tuple[str, ...]
    towers: tuple[Tower, ...]
    dtype: torch.dtype = torch.float32

    @property
    def dim(self) -> int:
        return self.model.dim

    @property
    def batch(self) -> int:
        return BATCH[torch.device(self.devices[0]).type] * len(self.devices)

    @property
    def decode_side(self) -> int:
        return self.model.shape.decode_side

    def prepare(self, picture: Picture) -> Pixels:
        """Return the model's input in eight bits: what is left, scaling, is done for a whole batch."""
        return self.model.shape.apply(picture)

    def encode_pixels(self, pixels: Pixels) -> Floats2d:
        """Return unit rows (n, d) float32."""
        parts = np.array_split(pixels, len(self.devices))
        if len(parts) == 1:
            return self._on(0, parts[0])
        with ThreadPoolExecutor(len(parts)) as pool:
            return np.concatenate(list(pool.map(self._on, range(len(parts)), parts)))

    @torch.inference_mode()
    def _on(self, number: int, pixels: Pixels) -> Floats2d:
        """Return the rows of a part of the batch, made on one device."""
        if not len(pixels):
            return np.empty((0, self.dim), dtype=np.float32)
        device = self.devices[number]
        block = torch.from_numpy(np.ascontiguousarray(pixels))
        if device != "cpu":
            block = block.pin_memory().to(device, non_blocking=True)
        values = normalized(block.permute(0, 3, 1, 2).float() / 255, self.model)
        return unit_rows(self.towers[number](values.to(self.dtype)).float().cpu().numpy())


@dataclass(frozen=True)
class ClipTextModel:
    """It runs the text tower of a model on one device: its rows are compared with those of pictures and of texts."""

    model: ClipModel
    device: str = "cpu"

    @property
    def dim(self) -> int:
        return self.model.dim

    @torch.inference_mode()
    def encode_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats2d:
        """Return unit rows (n, d) float32; a longer text than the model reads is cut.

        A `query` is read as any text is.
        """
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), TEXT_BATCH):
            tokens = self.model.tokenizer(list(texts[start : start + TEXT_BATCH])).to(self.device)
            encoded = self.model.module.encode_text(tokens)
            rows[start : start + len(encoded)] = encoded.float().cpu().numpy()
        return unit_rows(rows)


def picture_model(
    model: ClipModel, devices: Sequence[str], *, precision: str = "fp32", eight_bits: Path | None = None
) -> ClipPictureModel:
    """Return the image tower in a precision (fp32, bf16, int8) on each of these devices, a copy each.

    `eight_bits` is the file of the int8 one, which is written where it is not there. The model that is given stays as
    it is.
    """
    if precision == "int8":
        if eight_bits is None:
            raise InputError("--precision int8: the image tower in eight bits has no file")
        return ClipPictureModel(model, ("cpu",), (eight_bit_tower(model, eight_bits),))
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    alike = dtype == torch.float32 and devices[0] == "cpu"
    copies = [model.module if alike else copy.deepcopy(model.module) for _ in devices]
    towers = []
    for module, device in zip(copies, devices, strict=True):
        module.to(device=device, memory_format=torch.channels_last)
        module.visual.to(dtype)
        towers.append(module.encode_image)
    return ClipPictureModel(model, tuple(devices), tuple(towers), dtype)
