"""A file that a command writes may be an object in a store: it is written here, and put there in one step when it is whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexing.errors import InputError
from indexing.storage.scratch import scratch_folder
from indexing.storage.stores import WRITTEN, open_store, url_of


def stored_url(path: Path) -> str | None:
    """Return the URL of a file in a store that can be written, None for one of this machine. Raises InputError where the URL names
    no file."""
    url = url_of(path)
    if url is None or url.partition("://")[0] not in WRITTEN:
        return None
    above, _, name = url.rpartition("/")
    if not name or above.endswith("/"):
        raise InputError(f"{url}: names no file in a bucket: give one, such as {url.rstrip('/')}/scores.parquet")
    return url


@contextmanager
def local_output(path: Path) -> Iterator[Path]:
    """Yield where to write a file: the path itself or, of one in a store, a place here, from which it is put there when the block
    ends without an error. Raises InputError, or Unreachable, where the store cannot be reached, before the work."""
    url = stored_url(path)
    if url is None:
        yield path
        return
    above, _, name = url.rpartition("/")
    store = open_store(above)
    store.names(f"{name}.reached")
    with scratch_folder() as folder:
        yield folder / name
        store.send(folder / name, name)
