"""`patches` says which colours the small parts of a picture have, wherever they stand, and beside it what `thumbnail` sees.

Each cell of a grid gives the means and deviations of its colours, and neighbouring cells are a patch, as local colour statistics
are (Clinchant et al., "XRCE's participation to ImagEval", 2007). A mixture of Gaussians learned from the catalogue's own pictures gathers them into a Fisher
vector (Perronnin, Sánchez and Mensink, "Improving the Fisher kernel for large-scale image classification", ECCV 2010), of which the
leading directions are kept. So a crop, a mirror, a turn or another ground changes little.
"""

import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats2d
from indexing.catalog.catalog import Catalog
from indexing.encoders.encoder import Encoded
from indexing.encoders.pictures.patches.options import PatchOptions
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.pictures.picture_encoder import PictureEncoder
from indexing.encoders.pictures.shape import Picture, Pixels
from indexing.encoders.thumbnail import SIDE, ThumbnailModel, describe, lab_colors, thumbnail
from indexing.errors import InputError
from indexing.machine.threads import one_blas_thread
from indexing.storage.artefact import write_json
from indexing.vectors.vectors import unit_rows

OPTIONS_FILE, ARRAYS_FILE = "patches.json", "patches.npz"
STATISTICS = 6  # of a cell: means and deviations of three channels
BLOCK_PICTURES = 16  # of which the arrays stay in the cache

Floats = npt.NDArray[np.float32]
Values = TypeVar("Values", Floats, npt.NDArray[np.uint16])


@dataclass(frozen=True)
class Mixture:
    """It holds what patches are gathered by: the `middle` (s,) and the `axes` (s, a) of their statistics, and along these the
    `centers` (m, a), `deviations` (m, a) and `shares` (m,) of Gaussians."""

    middle: Floats
    axes: Floats
    centers: Floats
    deviations: Floats
    shares: Floats

    def fisher_vectors(self, patches: Floats) -> Floats2d:
        """Return the unit rows (n, 2 a m) of pictures with these patches (n, p, s)."""
        placed = np.asarray((patches - self.middle) @ self.axes, dtype=np.float32)
        belongs = self._belongs(placed).transpose(0, 2, 1) / np.float32(placed.shape[1])
        sums, squares = belongs @ placed, belongs @ placed**2
        held = belongs.sum(axis=2)[..., None]
        shifts = (sums - held * self.centers) / self.deviations
        spreads = (
            squares - 2 * self.centers * sums + held * (self.centers**2 - self.deviations**2)
        ) / self.deviations**2
        scales = np.sqrt(self.shares)[:, None]
        found = np.concatenate([shifts / scales, spreads / (scales * np.float32(np.sqrt(2)))], axis=2)
        return unit_rows((np.sign(found) * np.sqrt(np.abs(found))).reshape(len(patches), -1))

    def _belongs(self, placed: Floats) -> Floats:
        """Return how much each patch (n, p, a) belongs to each Gaussian, (n, p, m)."""
        narrow = 1 / self.deviations**2
        likely = placed @ (self.centers * narrow).T - 0.5 * (placed**2 @ narrow.T)
        likely += (
            np.log(self.shares) - np.log(self.deviations).sum(axis=1) - 0.5 * (self.centers**2 * narrow).sum(axis=1)
        )
        likely -= likely.max(axis=2, keepdims=True)
        np.exp(likely, out=likely)
        return np.asarray(likely / likely.sum(axis=2, keepdims=True), dtype=np.float32)


@dataclass(frozen=True)
class PatchModel:
    """It is what was learned from a catalogue's pictures, in the form of a picture model: the `mixture`, the `mean` (2 a m,) of
    Fisher vectors, and the projection (2 a m, d) that is kept of them.

    A row holds d numbers for the colours of patches, then those of `thumbnail`.
    """

    options: PatchOptions
    mixture: Mixture
    mean: Floats
    projection: Floats2d

    @property
    def dim(self) -> int:
        return self.options.dim + ThumbnailModel().dim

    @property
    def learned(self) -> bool:
        """Return whether there were two different pictures to learn from: else a row says what `thumbnail` sees alone."""
        return bool(self.projection.any())

    @property
    def batch(self) -> int:
        return BLOCK_PICTURES

    @property
    def decode_side(self) -> int:
        return 2 * self.options.side

    def prepare(self, picture: Picture) -> Pixels:
        """Return the cropped picture as (side, side, 3)."""
        return thumbnail(picture, self.options.side)

    def encode_pixels(self, pixels: Pixels) -> Floats2d:
        """Return unit rows (n, d) of prepared pictures (n, side, side, 3), the same to the last bit with any number of threads, and
        beside whatever other pictures: an update tells by it which have not changed."""
        with one_blas_thread():  # which rounds otherwise with each number
            rows = self.mixture.fisher_vectors(color_patches(pixels, self.options)) - self.mean
            kept = (rows[:, None] @ self.projection)[:, 0]  # each by itself: a product of all rounds with their number
            patches = unit_rows(kept) * np.float32(np.sqrt(self.options.share))
        whole = describe(smaller(pixels, SIDE)) * np.float32(np.sqrt(1 - self.options.share))
        return unit_rows(np.hstack([patches, whole]))

    @cached_property
    def arrays(self) -> dict[str, Floats]:
        """Return everything learned, by name."""
        return {**asdict(self.mixture), "mean": self.mean, "projection": self.projection}

    def save(self, folder: Path) -> None:
        write_json(folder / OPTIONS_FILE, asdict(self.options))
        np.savez(folder / ARRAYS_FILE, **self.arrays)  # type: ignore[arg-type]


@dataclass(frozen=True)
class PatchEncoder:
    """It encodes the main picture of each product, or its `extra` ones; a product without a usable one has a row of zeros."""

    model: PatchModel
    extra: bool = False
    workers: int = 4
    patience: Patience = field(default_factory=Patience)

    @property
    def spec(self) -> str:
        return "patches"

    @property
    def dim(self) -> int:
        return self.model.dim

    def encode(self, catalog: Catalog) -> Encoded:
        """Return a row a product; what cannot be decoded is a reject with its reason."""
        return PictureEncoder(self.spec, self.model, self.extra, self.workers, self.patience).encode(catalog)


def load_patches(folder: Path) -> PatchModel:
    """Read the model that `save` wrote. Raises InputError when the folder does not hold a whole one."""
    try:
        options = json.loads((folder / OPTIONS_FILE).read_text(encoding="utf-8"))
        options["cells"] = tuple(options["cells"])
        with (folder / ARRAYS_FILE).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            mixture = Mixture(*(arrays[name] for name in Mixture.__dataclass_fields__))
            return PatchModel(PatchOptions(**options), mixture, arrays["mean"], arrays["projection"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise InputError(f"{folder}: the patches encoder cannot be read ({error}): build the index again") from error


def smaller(pixels: Pixels, side: int) -> Pixels:
    """Return pictures (n, s, s, 3), whose side is a multiple, as (n, side, side, 3)."""
    step = pixels.shape[1] // side
    sums = cell_sums(pixels.astype(np.uint16), step)
    return np.asarray(np.rint(sums / np.float32(step**2)), dtype=np.uint8)


def color_patches(pixels: Pixels, options: PatchOptions) -> Floats:
    """Return the statistics (n, p, s) of the patches of pictures (n, side, side, 3), of each size of cells: those of the window's
    cells, row by row."""
    return patches_of(color_cells(pixels, options), options)


def patches_of(cells_of_sizes: list[Floats], options: PatchOptions) -> Floats:
    """Return the statistics (n, p, s) of the patches of such cells."""
    found = []
    for cells in cells_of_sizes:
        count, window = cells.shape[1] - options.window + 1, range(options.window)
        parts = [cells[:, row : row + count, column : column + count] for row in window for column in window]
        found.append(np.concatenate(parts, axis=-1).reshape(len(cells), count * count, -1))
    return np.concatenate(found, axis=1)


def color_cells(pixels: Pixels, options: PatchOptions) -> list[Floats]:
    """Return the statistics (n, c, c, 6) of the cells of pictures (n, side, side, 3), of each size: means, then deviations."""
    lab = lab_colors(pixels)
    both = np.concatenate([lab, lab**2], axis=-1)
    found = []
    for size in options.cells:
        means = cell_sums(both, size) / np.float32(size**2)
        spread = np.sqrt(np.maximum(means[..., 3:] - means[..., :3] ** 2, 0))
        found.append(np.concatenate([means[..., :3], spread], axis=-1))
    return found


def cell_sums(values: Values, size: int) -> Values:
    """Return the sums (n, c, c, v) of cells of size by size pixels, of values (n, side, side, v): of rows first, which stand together in memory."""
    count, side, _, each = values.shape
    cells = side // size
    rows = _sum_along(2, values.reshape(count, cells, size, side * each))
    return _sum_along(3, rows.reshape(count, cells, cells, size, each))


def _sum_along(axis: int, values: Values) -> Values:
    """Return what `values.sum(axis)` does, for a short axis: slice by slice it takes a sixth of the time."""
    slices = np.moveaxis(values, axis, 0)
    total: Values = slices[0].copy()
    for other in slices[1:]:
        total += other
    return total
