"""Filters say which products may be neighbours: those of a category by name, of some sources, or of all but some."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d
from indexing.catalog.catalog import LEVELS, Catalog
from indexing.errors import InputError

SUGGESTIONS = 3
NEAR_ENOUGH = 60  # of rapidfuzz's 100


def category_names(catalog: Catalog) -> list[str]:
    """Return the distinct names of all levels, in alphabetical order."""
    names = {name for level in LEVELS for name in pc.unique(catalog.category(int(level))).to_pylist()}
    return sorted(names - {None})


def in_category(catalog: Catalog, name: str) -> Bools1d:
    """Return which products (n,) have the category at any level, by whole name in any case.

    Raises InputError for a name that no product has, with names that are near.
    """
    names = category_names(catalog)
    wanted = name.strip().casefold()
    meant = pa.array([known for known in names if known.casefold() == wanted], pa.large_string())
    if not len(meant):
        raise InputError(f"category {name!r} is not in the catalogue: {instead(wanted, names, 'category')}")
    found = np.zeros(len(catalog), dtype=bool)
    for level in LEVELS:
        found |= pc.is_in(catalog.category(int(level)), meant).to_numpy()
    return found


def instead(wanted: str, names: list[str], what: str) -> str:
    """Say what may be meant by a name that is not among `names`."""
    if not names:
        return f"its products have no {what}"
    from rapidfuzz import fuzz, process  # late: only who names what is not there gets this far

    near = process.extract(
        wanted, names, scorer=fuzz.WRatio, processor=str.casefold, limit=SUGGESTIONS, score_cutoff=NEAR_ENOUGH
    )
    shown = ", ".join(repr(match[0]) for match in near) or ", ".join(map(repr, names[:SUGGESTIONS]))
    return f"did you mean {shown}?" if near else f"it has {len(names)} others, such as {shown}"


@dataclass(frozen=True)
class Filters:
    """Filters ask for products of `category` at any level, of one of `sources`, and of none of `not_sources`; what is
    empty asks nothing.

    A product without a source is of none.
    """

    category: str | None = None
    sources: tuple[str, ...] = ()
    not_sources: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != EVERYBODY

    def __str__(self) -> str:
        """Say for a reader what is asked."""
        parts = [] if self.category is None else [f"category {self.category}"]
        parts += [f"source {' or '.join(self.sources)}"] if self.sources else []
        parts += [f"not source {' or '.join(self.not_sources)}"] if self.not_sources else []
        return ", ".join(parts)

    def allowed(self, catalog: Catalog) -> Bools1d | None:
        """Return which products (n,) may be neighbours, None for all.

        Raises InputError, with names that are near, for a category or source that no product has.
        """
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
    """Return which products (n,) one of these sources offers, by whole name in any case.

    Raises InputError for a name that no product has, with names that are near.
    """
    known = source_names(catalog)
    meant = [_meant(name, known) for name in names]
    values = pa.array([name for alike in meant for name in alike], pa.large_string())
    return np.asarray(pc.is_in(catalog.table["source"], values).to_numpy(), dtype=bool)


def source_names(catalog: Catalog) -> list[str]:
    """Return the distinct sources, in alphabetical order."""
    return sorted(name for name in pc.unique(catalog.table["source"]).to_pylist() if name is not None)


def _meant(name: str, known: list[str]) -> list[str]:
    wanted = name.strip().casefold()
    meant = [source for source in known if source.casefold() == wanted]
    if not meant:
        raise InputError(f"source {name!r} is not in the catalogue: {instead(wanted, known, 'source')}")
    return meant
