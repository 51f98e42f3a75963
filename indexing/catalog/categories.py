"""Categories by name, whatever their level and however their letters are cased."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import fuzz, process

from indexing.arrays import Bools1d
from indexing.catalog.catalog import LEVELS, Catalog
from indexing.errors import InputError

SUGGESTIONS = 3
NEAR_ENOUGH = 60  # of rapidfuzz's 100


def category_names(catalog: Catalog) -> list[str]:
    """The distinct names of all levels, in alphabetical order."""
    names = {name for level in LEVELS for name in pc.unique(catalog.category(int(level))).to_pylist()}
    return sorted(names - {None})


def in_category(catalog: Catalog, name: str) -> Bools1d:
    """Which products (n,) have the category at any level, by whole name in any case.

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
    """What may be meant by a name that is not among `names`."""
    if not names:
        return f"its products have no {what}"
    near = process.extract(
        wanted, names, scorer=fuzz.WRatio, processor=str.casefold, limit=SUGGESTIONS, score_cutoff=NEAR_ENOUGH
    )
    shown = ", ".join(repr(match[0]) for match in near) or ", ".join(map(repr, names[:SUGGESTIONS]))
    return f"did you mean {shown}?" if near else f"it has {len(names)} others, such as {shown}"
