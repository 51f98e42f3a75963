"""Missed pictures are those that could not be had when a view was encoded: whoever builds on its rows looks at them again."""

from collections.abc import Iterable
from contextlib import closing

import numpy as np

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.pictures import UNREACHED, is_gone
from indexing.catalog.rejects import Reject
from indexing.encoders.pictures.decoding import PictureDecoding
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.pictures.picture_encoder import decoded_ahead, watched
from indexing.encoders.pictures.shape import Picture, Pixels

IMAGE = "image"  # the column of rejects that are pictures


def missed_pictures(rejects: Iterable[Reject]) -> list[str]:
    """Return the pictures that could not be had, each once, of what was set aside."""
    missed = (reject.value for reject in rejects if reject.column == IMAGE and reject.reason.startswith(UNREACHED))
    return list(dict.fromkeys(missed))


def gone_pictures(rejects: Iterable[Reject]) -> frozenset[str]:
    """Return the pictures that their hosts or folders did not have."""
    return frozenset(reject.value for reject in rejects if reject.column == IMAGE and is_gone(reject.reason))


def faulty_products(catalog: Catalog, rejects: Iterable[Reject], *, extra: bool) -> Ints1d:
    """Return the products (p,) whose main picture, or one of whose `extra` ones, was set aside for whatever reason."""
    aside = {reject.value for reject in rejects if reject.column == IMAGE}
    if extra:
        faulty = (not aside.isdisjoint(names) for names in catalog.extra_pictures())
    else:
        faulty = (name in aside for name in catalog.main_pictures())
    return np.flatnonzero(np.fromiter(faulty, dtype=bool, count=len(catalog)))


def any_back(references: list[str], catalog: Catalog, patience: Patience) -> bool:
    """Return whether any of these pictures can be had now. Raises PicturesMissing, which is Unfinished, where more in a row cannot
    be had than the `patience` takes."""
    decoding = PictureDecoding(catalog, _nothing, side=1)
    with closing(watched(decoded_ahead(decoding, references), patience.anew(), catalog)) as answers:
        return any(not answer.unreachable for answer in answers)


def _nothing(picture: Picture) -> Pixels:
    return np.zeros((1, 1, 3), dtype=np.uint8)
