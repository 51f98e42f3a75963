"""A view of pictures notices which of them show something else than when it was made: files change under their names."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.contents import Contents, write_contents
from indexing.catalog.digest import DIGEST_VERSION
from indexing.encoders.encoder import LOOKING
from indexing.encoders.pictures.picture_encoder import picture_contents
from indexing.product_index import CONTENTS, DELTA, ProductIndex
from indexing.update.changes import CatalogUpdate, Moves


@dataclass(frozen=True)
class PictureView:
    """It holds what an encoder has seen of each product (`contents`, (n, 2)): of the main picture, or of the `extra`
    ones. An index of before does not say: then files written `since` it was built count as changed."""

    extra: bool
    contents: Contents | None
    since: float = 0.0

    def changed(self, given: Catalog, place: Ints1d) -> Bools1d:
        """Return which of the products given (g,), which stood at `place` (g,), have pictures that are other ones now."""
        if self.contents is None:
            return self._written_since(given)
        differs: Bools1d = np.any(picture_contents(given, extra=self.extra) != self.contents[place], axis=1)
        return differs

    def _written_since(self, given: Catalog) -> Bools1d:
        lists = given.extra_pictures() if self.extra else [[name] if name else [] for name in given.main_pictures()]
        times = ((_time(given.pictures / name) for name in names) for names in lists)
        return np.fromiter(
            (any(time >= self.since for time in written) for written in times), dtype=bool, count=len(lists)
        )

    def moved(self, update: CatalogUpdate, moves: Moves) -> Contents | None:
        """Return the contents of the products as they are now, None where those of before are not known."""
        if self.contents is None:
            return None
        rows = update.rows(moves)
        contents = self.contents[np.maximum(moves.origin, 0)]
        fresh = rows >= 0
        contents[fresh] = picture_contents(update.given.take(rows[fresh]), extra=self.extra)
        return contents


def picture_views(index: ProductIndex) -> dict[str, PictureView]:
    """Return the views whose encoder looks at pictures itself."""
    created = index.manifest.created if index.made.updates is None else index.made.updates.created
    since = datetime.fromisoformat(created).timestamp()
    known = index.made.catalog.digest_version == DIGEST_VERSION  # before, contents named files as the command did
    views = (view for view, record in index.made.encoders.items() if record.made.engine in LOOKING)
    return {view: PictureView(view == "image_extra", index.contents(view) if known else None, since) for view in views}


def write_seen(views: Mapping[str, PictureView], update: CatalogUpdate, moves: Moves, folder: Path) -> None:
    """Keep what each view has seen of the products as they are now, for the next update."""
    for view, seen in views.items():
        contents = seen.moved(update, moves)
        if contents is not None:
            write_contents(folder / DELTA / CONTENTS / view, contents)


def _time(file: Path) -> float:
    try:
        return os.stat(file).st_mtime
    except (OSError, ValueError):
        return -1.0  # no file: bytes, a URL, or absent as it was


def unseen_pictures(index: ProductIndex, given: Catalog) -> tuple[str, ...]:
    """Return a note where products given have pictures that no view of the index looks at, since none had any when it
    was built."""
    looking = {view for view, record in index.made.encoders.items() if record.made.engine in LOOKING}
    if "image" in looking and "image_extra" not in looking:
        return _unseen(_with_pictures(given, more_than=1), "further pictures")
    if "image" not in index.made.encoders and not _with_pictures(index.catalog):
        return _unseen(_with_pictures(given), "pictures")
    return ()


def _unseen(count: int, what: str) -> tuple[str, ...]:
    if not count:
        return ()
    have = "1 product given has" if count == 1 else f"{count:,} products given have"
    return (
        f"{have} {what}, which no view of this index looks at, since it was built without any: build it again to see them",
    )


def _with_pictures(catalog: Catalog, *, more_than: int = 0) -> int:
    lengths = pc.fill_null(pc.list_value_length(catalog.table["images"]), 0)
    return int(pc.sum(pc.greater(lengths, more_than)).as_py() or 0)
