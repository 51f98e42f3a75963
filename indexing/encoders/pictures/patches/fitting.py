"""The patches of a catalogue's own pictures say which colours are common there, and in which directions pictures differ."""

import warnings
from collections.abc import Generator, Iterator
from contextlib import closing
from hashlib import blake2b
from typing import Protocol

import numpy as np

from indexing.arrays import Floats2d
from indexing.catalog.catalog import Catalog
from indexing.encoders.pictures.decoding import PictureDecoding, Prepared
from indexing.encoders.pictures.patches.model import (
    BLOCK_PICTURES,
    STATISTICS,
    Floats,
    Mixture,
    PatchModel,
    color_cells,
    patches_of,
)
from indexing.encoders.pictures.patches.options import PatchOptions
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.pictures.picture_encoder import decoded_ahead, watched
from indexing.encoders.pictures.shape import Picture, Pixels
from indexing.encoders.thumbnail import thumbnail
from indexing.machine.progress import Progress, silent
from indexing.machine.threads import one_blas_thread

STAGE = "fit pictures"
LEAST_SPREAD = 1e-3  # of a statistic of cells: pictures of one plain colour have none
ROUNDS = 20
SMALLEST = 1e-6  # of a direction's variance, as a share of the largest: below, it is noise


class Decoded(Protocol):
    """It says what comes of pictures, wherever they are decoded."""

    def __call__(self, catalog: Catalog, options: PatchOptions, references: list[str]) -> Generator[Prepared]:
        """Yield one answer a reference, in order, with its pixels (side, side, 3) where these were not given for the same bytes."""
        ...


def fit_patches(
    catalog: Catalog,
    options: PatchOptions,
    progress: Progress = silent,
    *,
    patience: Patience | None = None,
    decoded: Decoded | None = None,
) -> PatchModel:
    """Learn from the main pictures, of many from those whose names have the smallest hashes, so that the order of products does
    not matter. Pictures that cannot be used teach nothing; they are told of when they are encoded. They are `decoded` by this process, or
    otherwise. Raises PicturesMissing, which is Unfinished, where more cannot be had than the `patience` takes."""
    pixels = _pixels(catalog, options, progress, (patience or Patience()).anew(), decoded or decoded_here)
    random = np.random.default_rng(options.seed)
    with one_blas_thread():  # the same sums on every machine
        cells = [color_cells(block, options) for block in _blocks(pixels)]
        mixture = _mixture(_some_patches(cells, len(pixels), options, random), options)
        found = [mixture.fisher_vectors(patches_of(block, options)) for block in cells]
        width = 2 * mixture.centers.size
        vectors = np.concatenate([np.zeros((0, width), dtype=np.float32), *found])
        mean, projection = _projected(vectors, options)
    progress(STAGE, len(pixels), len(pixels))
    return PatchModel(options, mixture, mean, projection)


def decoded_here(catalog: Catalog, options: PatchOptions, references: list[str]) -> Generator[Prepared]:
    """Decode pictures in this process."""

    def prepare(picture: Picture) -> Pixels:
        return thumbnail(picture, options.side)

    return decoded_ahead(PictureDecoding(catalog, prepare, 2 * options.side), references)


def _pixels(
    catalog: Catalog, options: PatchOptions, progress: Progress, patience: Patience, decoded: Decoded
) -> Pixels:
    """Return pictures (n, side, side, 3) to learn from."""
    names = {name for name in catalog.main_pictures() if name}
    chosen = sorted(names, key=lambda name: blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest())
    chosen = chosen[: options.most_pictures]
    found, unreached = dict[bytes, Pixels](), dict[str, str]()
    progress(STAGE, 0, len(chosen))
    with closing(watched(decoded(catalog, options, chosen), patience, catalog)) as prepared:
        for number, answer in enumerate(prepared):
            unreached[answer.reference] = answer.reason if answer.unreachable else ""
            if answer.pixels is not None:
                found[answer.digest] = answer.pixels
            if number % BLOCK_PICTURES == 0:
                progress(STAGE, number, len(chosen))
    patience.refuse_outage(unreached, catalog)
    usable = [found[digest] for digest in sorted(found)]  # neither names nor which of two equal ones was decoded teach
    return np.stack(usable) if usable else np.zeros((0, options.side, options.side, 3), dtype=np.uint8)


def _blocks(pixels: Pixels) -> Iterator[Pixels]:
    for start in range(0, len(pixels), BLOCK_PICTURES):
        yield pixels[start : start + BLOCK_PICTURES]


def _some_patches(
    cells: list[list[Floats]], pictures: int, options: PatchOptions, random: np.random.Generator
) -> Floats:
    """Return the statistics (p, s) of some patches of each of the pictures whose cells stand in blocks."""
    if not pictures:
        return np.zeros((1, STATISTICS * options.window**2), dtype=np.float32)
    each = -(-options.most_patches // pictures)
    found = []
    for block in cells:
        patches = patches_of(block, options)
        chosen = random.integers(patches.shape[1], size=(len(patches), min(each, patches.shape[1])))
        found.append(np.take_along_axis(patches, chosen[..., None], axis=1).reshape(-1, patches.shape[2]))
    return np.concatenate(found)[: options.most_patches]


def _mixture(patches: Floats, options: PatchOptions) -> Mixture:
    """Learn Gaussians along the main axes of the statistics; of few different patches there are fewer Gaussians."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture  # takes longer to load than a picture to encode

    middle = patches.mean(axis=0)
    centred = (patches - middle).astype(np.float64)
    axes = np.linalg.eigh(centred.T @ centred)[1][:, : -options.axes - 1 : -1]
    placed = centred @ axes
    count = min(options.components, len(np.unique(placed.round(3), axis=0)))
    learned = GaussianMixture(
        count,
        covariance_type="diag",
        reg_covar=LEAST_SPREAD**2,
        max_iter=ROUNDS,
        init_params="k-means++",
        random_state=options.seed,
    )
    if len(placed) > 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # after so many rounds it is good enough
            learned.fit(placed)
        found = learned.means_, np.sqrt(learned.covariances_), learned.weights_
    else:
        found = placed, np.full_like(placed, LEAST_SPREAD), np.ones(1)
    return Mixture(*(np.asarray(array, dtype=np.float32) for array in (middle, axes, *found)))


def _projected(vectors: Floats2d, options: PatchOptions) -> tuple[Floats, Floats2d]:
    """Return the mean (f,) of Fisher vectors, and the projection (f, d) on the directions in which they differ most, of zeros where
    there are fewer of these."""
    projection = np.zeros((vectors.shape[1], options.dim), dtype=np.float32)
    dim = min(options.dim, len(vectors) - 1, vectors.shape[1])
    if dim < 1:
        return np.zeros(vectors.shape[1], dtype=np.float32), projection
    mean = vectors.mean(axis=0, dtype=np.float64)
    centred = vectors - mean
    variances, directions = np.linalg.eigh(centred.T @ centred / len(vectors))
    order = np.argsort(-variances)[:dim]
    least = max(float(variances[order[0]]) * SMALLEST, 1e-12)
    scales = np.sqrt(np.maximum(variances[order], least)) ** options.whitening
    projection[:, :dim] = directions[:, order] / scales
    return mean.astype(np.float32), projection
