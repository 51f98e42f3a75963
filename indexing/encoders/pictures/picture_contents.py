"""What an image encoder reads of each product, as far as it can be told without decoding: which pictures, in what state."""

import hashlib

from indexing.catalog.catalog import Catalog
from indexing.catalog.contents import Contents, text_contents
from indexing.catalog.pictures import PictureError, read_picture, url_of


def picture_contents(catalog: Catalog, *, extra: bool = False) -> Contents:
    """(n, 2), of the main pictures or of the `extra` ones: a file's name, size and time of change, a URL's name, the
    bytes of those that stand in the catalogue. A picture that cannot be looked at is of a content of its own."""
    references = catalog.extra_pictures() if extra else [[name] if name else [] for name in catalog.main_pictures()]
    states = (_state(name, place, catalog) for place, names in enumerate(references) for name in names)
    return text_contents(["\n".join(next(states) for _ in names) for names in references])


def _state(reference: str, place: int, catalog: Catalog) -> str:
    if url_of(reference, catalog.pictures) is not None:
        return reference
    try:
        state = (catalog.pictures / reference).stat()
        return f"{catalog.pictures / reference} {state.st_size} {state.st_mtime_ns}"
    except (OSError, ValueError):
        pass
    try:
        return hashlib.sha256(read_picture(reference, catalog)).hexdigest()
    except PictureError:
        return f"{reference} of product {place} cannot be read"
