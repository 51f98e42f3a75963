"""A second look is taken at pictures that could not be had when an index, or its products, were encoded: by the encoders as they are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from indexing.arrays import Floats2d, Ints1d
from indexing.catalog.contents import Contents
from indexing.catalog.rejects import REJECTS_FILE, Reject, StoredRejects
from indexing.encoders.encoder import LOOKING, Encoder
from indexing.encoders.pictures.missed import IMAGE, missed_pictures
from indexing.encoders.pictures.picture_encoder import picture_contents
from indexing.given.encoders import GivenEncoder
from indexing.machine.progress import Progress
from indexing.product_index import ProductIndex


@dataclass
class SecondLook:
    """It encodes the `chosen` products (c,), sorted, of a view of an index again, by the encoder that is `opened` when it is
    needed; `rejects` are what is set aside now."""

    index: ProductIndex
    view: str
    chosen: Ints1d
    opened: Callable[[], Encoder]
    progress: Progress
    rejects: list[Reject] = field(default_factory=list)

    @cached_property
    def encoder(self) -> GivenEncoder:
        return GivenEncoder(self.index, self.view, self.opened())

    def fill(self, rows: Floats2d, start: int) -> None:
        """Put what is seen now into the rows (n, d) of the products from `start` on."""
        first, last = np.searchsorted(self.chosen, [start, start + len(rows)])
        here = self.chosen[first:last]
        if len(here):
            rows[here - start], rejects = self.encoder.encode(self.index.catalog.take(here), self.progress)
            self.rejects += rejects

    def seen(self, contents: Contents) -> Contents:
        """Return what has been seen of each product (n, 2), with that of the chosen ones as it is now."""
        now = np.array(contents)
        if len(self.chosen):
            now[self.chosen] = picture_contents(self.index.catalog.take(self.chosen), extra=self.view == "image_extra")
        return now


def looking_views(index: ProductIndex, refitted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the views, but for those that are `refitted`, that take a second look: where a picture could not be had, or where a
    refitted one looks at all of them, so that what is wrong with pictures is told anew."""
    looking = [view for view, record in index.made.encoders.items() if record.made.engine in LOOKING]
    with index.hold.read() as place:
        missed = missed_pictures(StoredRejects(place / REJECTS_FILE))
    if not missed and not set(looking) & set(refitted):
        return ()
    return tuple(view for view in looking if view not in refitted)


def of_picture(reject: Reject) -> bool:
    """Return whether an encoder set it aside, not who read the files."""
    return reject.column == IMAGE and reject.row < 0
