"""The lists of before, and where their products stand now, are kept where every worker opens them."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from indexing.arrays import Ints1d
from indexing.product_index import ProductIndex
from indexing.running.parts import PartFolder, put_array, read_array
from indexing.shared_index import open_same_index
from indexing.update.joining.kept_lists import OldLists

ORIGIN, KEPT, AGAIN, SOURCES = "origin.npy", "kept.npy", "again.npy", "sources.npy"


@dataclass(frozen=True)
class OpenLists:
    """They are the index of before, the lists of a view of it, and the sources of products now, where these count."""

    index: ProductIndex
    old: OldLists
    sources: Ints1d | None


@dataclass(frozen=True)
class StoredLists:
    """It opens the lists of a `view` of an index; what an update moves is kept with `parts`, and mapped."""

    index: str
    fingerprint: str
    view: str
    k: int
    least: int
    across: bool
    parts: PartFolder

    def put(self, old: OldLists, sources: Ints1d | None) -> None:
        """Keep what is not there yet."""
        arrays = {ORIGIN: old.origin, KEPT: old.kept, AGAIN: old.is_again, SOURCES: sources}
        missing = set(self.parts.missing(arrays))
        for name, array in arrays.items():
            if array is not None and name in missing:
                put_array(self.parts, name, array)

    def open(self) -> OpenLists:
        """Raise InputError where this machine does not see the index, or sees another one."""
        index = open_same_index(self.index, self.fingerprint)
        origin, kept, again = (self._mapped(name) for name in (ORIGIN, KEPT, AGAIN))
        old = OldLists(index.kept_neighbours(self.view), origin, kept, again, self.k, self.least)
        return OpenLists(index, old, self._mapped(SOURCES) if self.across else None)

    def _mapped(self, name: str) -> Any:
        return read_array(self.parts, name)


def digest_of_lists(old: OldLists, sources: Ints1d | None) -> str:
    """Return 16 digits that change with where products stand, who looks otherwise, and the sources."""
    named = sha256(f"{old.k} {old.least} {sources is not None}".encode())
    for array in (old.origin, old.kept, old.is_again, *(() if sources is None else (sources,))):
        named.update(np.ascontiguousarray(array).data)
    return named.hexdigest()[:16]
