"""What was counted of a large catalogue is kept in this machine's cache: the next command reads the texts of its own products alone."""

import io
import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np

from indexing.errors import InputError, Unfinished
from indexing.product_index import ProductIndex
from indexing.running.same_versions import own_versions
from indexing.storage.artefact import fingerprint_of
from indexing.storage.stored.cache import cache_folder
from indexing.storage.whole_file import writing_file
from reranking.signals.counted_catalogue import CountedCatalogue
from reranking.signals.product_rows import has_titles_only
from reranking.signals.texts.counting import Entries, TokenCounts

LEAST_PRODUCTS = 10_000  # of a catalogue that is kept: fewer are read within a second
MOST_KEPT = 8  # catalogues, or versions of one
FOLDER = "counts"


def known_counts(index: ProductIndex, *, titles_only: bool | None = None) -> CountedCatalogue | None:
    """Return the catalogue of an index with what a command before has kept, by the same code; None where nothing whole is there.
    `titles_only` is whether texts beyond titles were left out, None where that goes with the catalogue."""
    if len(index.catalog) < LEAST_PRODUCTS:
        return None
    titles_only = has_titles_only(index.catalog) if titles_only is None else titles_only
    path = _path(index, titles_only)
    entries = None if path is None else _read(path)
    return None if entries is None else CountedCatalogue.of_entries(index.catalog, entries, titles_only=titles_only)


def keep_counts(index: ProductIndex, tokens: TokenCounts) -> None:
    """Keep what was counted of all products of a large catalogue, if the cache can be written to; what was not used for longest goes."""
    if len(index.catalog) < LEAST_PRODUCTS:
        return
    path = _path(index, tokens.has_titles_only(index.catalog))
    if path is None:
        return
    content = io.BytesIO()
    np.save(content, tokens.entries())
    with suppress(OSError, InputError, Unfinished):
        with writing_file(path) as unfinished:
            unfinished.write_bytes(sha256(content.getbuffer()).digest() + content.getvalue())
        for old in sorted(path.parent.glob("*.counts"), key=lambda file: -file.stat().st_mtime)[MOST_KEPT:]:
            old.unlink(missing_ok=True)


def _path(index: ProductIndex, titles_only: bool) -> Path | None:
    """Return the file of an index's counts; None where there is no cache."""
    try:
        folder = cache_folder() / FOLDER
    except InputError:
        return None
    return folder / f"{fingerprint_of(index.fingerprint, titles_only, own_versions())}.counts"


def _read(path: Path) -> Entries | None:
    """Return what a file holds; None where there is none, or another content than was written."""
    try:
        content = path.read_bytes()
        digest, stored = content[:32], memoryview(content)[32:]
        if sha256(stored).digest() != digest:
            return None
        with suppress(OSError):
            os.utime(path)  # what is used stays
        return np.asarray(np.load(io.BytesIO(stored), allow_pickle=False), dtype=np.int32)
    except (OSError, ValueError):
        return None
