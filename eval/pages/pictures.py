"""A page's pictures are each shrunk and kept once, and are not more than a page can carry."""

import base64
import io

from PIL import Image

from indexing.catalog.catalog import Catalog
from indexing.catalog.pictures import PictureError, load_picture

SIDE = 128
MOST_BYTES = 3_000_000


class PictureShelf:
    """A shelf has the pictures that a page shows, as data URIs; a product names its own by place."""

    def __init__(self, catalog: Catalog, most_bytes: int = MOST_BYTES, *, side: int = SIDE) -> None:
        self.catalog, self.most_bytes, self.side = catalog, most_bytes, side
        self.uris: list[str] = []
        self._places: dict[str, int | None] = {}
        self._bytes = 0

    def place(self, references: list[str]) -> int | None:
        """Return the place of the first picture that can be loaded, None without one: an unreadable picture is a fact
        of the catalogue, not of the report. It is None also when the shelf is full."""
        for reference in references:
            if reference not in self._places:
                self._places[reference] = self._put(reference)
            if self._places[reference] is not None:
                return self._places[reference]
        return None

    def _put(self, reference: str) -> int | None:
        if self._bytes >= self.most_bytes:
            return None
        try:
            uri = _data_uri(load_picture(reference, self.catalog, side=self.side), self.side)
        except PictureError:
            return None
        self._bytes += len(uri)
        self.uris.append(uri)
        return len(self.uris) - 1


def _data_uri(picture: Image.Image, side: int) -> str:
    picture.thumbnail((side, side))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=78)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode("ascii")
