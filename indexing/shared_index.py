"""An index that is open here is opened on other machines, too: from the folder that all see, or from the store that it is in."""

from pathlib import Path

from indexing.errors import InputError
from indexing.product_index import ProductIndex, open_index
from indexing.storage.stored.cache import fetched_to_cache, origin_of


def shared_place(folder: Path) -> str:
    """Return where other machines find an index that is open here: its folder, or the URL that it was copied from."""
    return origin_of(folder) or str(folder.resolve())


def open_same_index(place: str, fingerprint: str) -> ProductIndex:
    """Open an index that work began with elsewhere, one in a store through this machine's cache. Raises InputError where it is not
    there, or is another one now."""
    index = open_index(fetched_to_cache(Path(place)))
    if index.fingerprint != fingerprint:
        raise InputError(f"{place}: is not the index that the work began with: run the same command again")
    return index
