"""The pictures of products are decoded once, into one array on disk: a training goes through them many times."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog
from indexing.encoders.pictures.decoding import PictureDecoding
from indexing.encoders.pictures.shape import PictureShape, Pixels
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.storage.mapped import new_mapped

MARGIN = 1.25  # larger than the model's input, so that a crop does not blur


@dataclass(frozen=True)
class DecodedPictures:
    """It holds different pictures `pixels` (n, h, w, 3), memory-mapped; `products` (m,) and `rows` (m,) say which
    product has which of them; `unusable` counts references that are none."""

    pixels: Pixels
    products: Ints1d
    rows: Ints1d
    unusable: int

    def groups(self, of_products: Ints1d) -> Ints1d:
        """Return the group of each picture (n,): all products that show it share one, as it cannot tell them apart."""
        groups, codes = np.unique(of_products[self.products], return_inverse=True)
        count = len(self.pixels) + len(groups)
        edges = coo_array(
            (np.ones(len(self.rows), dtype=np.int8), (self.rows, len(self.pixels) + codes)), shape=(count, count)
        )
        return np.asarray(connected_components(edges, directed=False)[1][: len(self.pixels)], dtype=np.int64)

    def texts(self, of_products: list[str]) -> list[str]:
        """Return a text of each picture (n,): that of the first product that shows it and has one."""
        found = [""] * len(self.pixels)
        for product, row in zip(self.products.tolist(), self.rows.tolist(), strict=True):
            found[row] = found[row] or of_products[product]
        return found


def decode_pictures(
    catalog: Catalog,
    positions: Ints1d,
    shape: PictureShape,
    file: Path,
    *,
    main: bool = False,
    progress: Progress = silent,
) -> DecodedPictures:
    """Decode all pictures, or the `main` ones, of the products at `positions` into `file`. Raises InputError when there
    are none."""
    part = catalog.take(positions)
    lists = [[one] if one else [] for one in part.main_pictures()]
    if not main:
        lists = [[*first, *more] for first, more in zip(lists, part.extra_pictures(), strict=True)]
    references = list(dict.fromkeys(reference for names in lists for reference in names))
    if not references:
        raise InputError("no product of the pairs has a picture: nothing to learn from")
    pixels = new_mapped(file, np.uint8, (len(references), *shape.size, 3))
    row_of_content: dict[bytes, int] = {}
    content_of: dict[str, bytes] = {}
    decoding = PictureDecoding(catalog, shape.apply, shape.decode_side)
    for done, answer in enumerate(decoding.run(references)):
        if answer.pixels is not None:
            row = row_of_content.setdefault(answer.digest, len(row_of_content))
            pixels[row] = answer.pixels
        content_of[answer.reference] = answer.digest
        progress("decode pictures", done + 1, len(references))
    shown = [
        (position, row_of_content[content_of[name]])
        for position, names in zip(positions.tolist(), lists, strict=True)
        for name in names
        if content_of[name] in row_of_content
    ]
    if not shown:
        raise InputError("no picture of the products of the pairs can be used: see rejects.parquet of the index")
    products, rows = np.array(shown, dtype=np.int64).T
    unusable = sum(content_of[name] not in row_of_content for name in references)
    return DecodedPictures(pixels[: len(row_of_content)], products, rows, unusable)


def larger(shape: PictureShape) -> PictureShape:
    """Return the shape with a margin to crop from."""
    rows, columns = (round(side * MARGIN) for side in shape.size)
    return PictureShape((rows, columns), shape.resize_mode, shape.interpolation, shape.fill)
