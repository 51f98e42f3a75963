"""A picture's points lie in one row of whole numbers that float32 holds exactly: of each a code of 128 bits, and where it stands.

A code has a bit for each number of a SIFT descriptor (Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004):
whether it is above the descriptor's median, so that half of all bits are set, and codes are compared by how many bits differ.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats2d

BITS = 128  # of a code: 4 x 4 cells of 8 orientations
NUMBERS = 7  # a point takes in a row: six of 24 bits for the code, angle and size, one for its place
POINT_BYTES = 20  # of a packed point: 16 of its code, one of its angle, one of its size, two of its place
OCTAVES = 8.0  # between the smallest size and that of the whole picture

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PicturePoints:
    """They hold the points of p pictures, the same number n of each, of which `there` (p, n) are some: `codes` (p, n, 16) bytes,
    `places` (p, n, 2) as shares of the picture's longer side, `sizes` (p, n) in octaves below it, `angles` (p, n) in radians."""

    codes: Bytes
    places: Floats
    sizes: Floats
    angles: Floats

    @property
    def there(self) -> npt.NDArray[np.bool_]:
        """Return which points are some: a code has bits."""
        return np.asarray(self.codes.any(axis=2), dtype=bool)

    def mirrored(self) -> "PicturePoints":
        """Return the points of the mirrored pictures."""
        bits = np.unpackbits(self.codes, axis=2)[..., _MIRROR]
        places = self.places * np.array([-1, 1], dtype=np.float32)
        return PicturePoints(
            np.packbits(bits, axis=2), places, self.sizes, np.asarray(np.pi - self.angles, dtype=np.float32)
        )


def _mirror() -> npt.NDArray[np.int64]:
    """Return which bit of a code is which of the mirrored patch: rows across the main direction, and turns, the other way
    round."""
    bits = np.arange(BITS).reshape(4, 4, 8)
    return bits[::-1][..., -np.arange(8) % 8].ravel()


_MIRROR = _mirror()


def packed(codes: Bytes, places: Floats, sizes: Floats, angles: Floats) -> Bytes:
    """Return points (n,) as bytes (n, POINT_BYTES)."""
    turns = np.floor(angles / (2 * np.pi) % 1 * 256).astype(np.uint8)
    octaves = np.clip(np.rint((sizes + OCTAVES) / OCTAVES * 255), 0, 255).astype(np.uint8)
    levels = np.clip(np.rint(places * 255), 0, 255).astype(np.uint8)
    return np.column_stack([codes, turns, octaves, levels])


def rows_of(points: Bytes) -> Floats2d:
    """Return rows (p, n * NUMBERS) float32 of packed points (p, n, POINT_BYTES)."""
    padded = np.zeros((*points.shape[:2], 3 * NUMBERS), dtype=np.uint8)
    padded[..., :POINT_BYTES] = points
    words = padded.reshape(*points.shape[:2], NUMBERS, 3).astype(np.uint32)
    numbers = words[..., 0] << 16 | words[..., 1] << 8 | words[..., 2]
    return numbers.reshape(len(points), -1).astype(np.float32)


def points_of(rows: Floats2d) -> PicturePoints:
    """Return the points of rows (p, n * NUMBERS)."""
    numbers = np.asarray(rows, dtype=np.float32).astype(np.uint32).reshape(len(rows), -1, NUMBERS)
    words = np.stack([numbers >> 16 & 255, numbers >> 8 & 255, numbers & 255], axis=-1)
    found = words.reshape(*numbers.shape[:2], 3 * NUMBERS).astype(np.uint8)
    turns, octaves, places = found[..., 16], found[..., 17], found[..., 18:20]
    return PicturePoints(
        np.ascontiguousarray(found[..., :16]),
        np.asarray(places / 255, dtype=np.float32),
        np.asarray(octaves * (OCTAVES / 255) - OCTAVES, dtype=np.float32),
        np.asarray(turns * (2 * np.pi / 256), dtype=np.float32),
    )
