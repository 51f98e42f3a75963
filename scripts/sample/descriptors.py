"""Plain descriptors tell of pictures and titles; retrieval of pairs and ready-made vectors are made from them."""

from __future__ import annotations

import zlib

import numpy as np
from PIL import Image

from indexing.arrays import Floats1d

GRID = 8
PICTURE_NUMBERS = GRID * GRID * 3
BUCKETS = 2048


def describe_picture(picture: Image.Image) -> Floats1d:
    """Return the layout of colours, (192,), in [0, 1]."""
    small = picture.convert("RGB").resize((GRID, GRID), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32).ravel() / np.float32(255)


def describe_title(title: str) -> Floats1d:
    """Return hashed character 3-grams, (2048,), of unit length."""
    text = f"  {title.lower()} "
    counts = np.zeros(BUCKETS, dtype=np.float32)
    for start in range(len(text) - 2):
        counts[zlib.crc32(text[start : start + 3].encode()) % BUCKETS] += 1
    weights = np.sqrt(counts)
    return np.asarray(weights / np.linalg.norm(weights), dtype=np.float32)
