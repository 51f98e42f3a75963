"""Which products may be neighbours: those of a category, of some sources, or of all sources but some."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.categories import in_category, instead
from indexing.errors import InputError


@dataclass(frozen=True)
class Filters:
    """Products of `category` at any level, of one of `sources`, and of none of `not_sources`; what is empty asks nothing.

    A product without a source is of none.
    """

    category: str | None = None
    sources: tuple[str, ...] = ()
    not_sources: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != EVERYBODY

    def __str__(self) -> str:
        """What is asked, for a reader."""
        parts = [] if self.category is None else [f"category {self.category}"]
        parts += [f"source {' or '.join(self.sources)}"] if self.sources else []
        parts += [f"not source {' or '.join(self.not_sources)}"] if self.not_sources else []
        return ", ".join(parts)

    def allowed(self, catalog: Catalog) -> Bools1d | None:
        """Which products (n,) may be neighbours, None for all. Raises InputError, with names that are near, for a
        category or source that no product has."""
        if not self:
            return None
        allowed = np.ones(len(catalog), dtype=bool) if self.category is None else in_category(catalog, self.category)
        if self.sources:
            allowed &= in_sources(catalog, self.sources)
        if self.not_sources:
            allowed &= ~in_sources(catalog, self.not_sources)
        return allowed


EVERYBODY = Filters()


def in_sources(catalog: Catalog, names: Sequence[str]) -> Bools1d:
    """Which products (n,) one of these sources offers, by whole name in any case.

    Raises InputError for a name that no product has, with names that are near.
    """
    known = source_names(catalog)
    meant = [_meant(name, known) for name in names]
    values = pa.array([name for of in meant for name in of], pa.large_string())
    return np.asarray(pc.is_in(catalog.table["source"], values).to_numpy(), dtype=bool)


def source_names(catalog: Catalog) -> list[str]:
    """The distinct sources, in alphabetical order."""
    return sorted(name for name in pc.unique(catalog.table["source"]).to_pylist() if name is not None)


def _meant(name: str, known: list[str]) -> list[str]:
    wanted = name.strip().casefold()
    meant = [source for source in known if source.casefold() == wanted]
    if not meant:
        raise InputError(f"source {name!r} is not in the catalogue: {instead(wanted, known, 'source')}")
    return meant
