"""An index finds the neighbours of rows in one view; the exact one in NumPy, slow and obvious, says what the others
must find."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.search.neighbours import Neighbours, best, in_order

QueryRows = TypeVar("QueryRows", contravariant=True)


class Index(Protocol[QueryRows]):
    """An index finds the neighbours of query rows, dense (q, d) or sparse, among the products of one view.

    Products with nothing to see (rows of zeros) are nobody's neighbours, and such a query has none.
    """

    def __len__(self) -> int:
        """Return the number of products, seen or not."""

    def search(self, queries: QueryRows, k: int, *, allowed: Bools1d | None = None) -> Neighbours:
        """Return the k neighbours of each row by cosine, then position; only among `allowed` (n,) when given."""


@dataclass(frozen=True)
class Elsewhere:
    """It has the engines of an index that are asked in place of those in its folder: `where` they are, for people, and why
    views are missing there."""

    where: str
    engines: Mapping[str, Index[Any]]
    left_out: Mapping[str, str]

    def engine(self, view: str) -> Index[Any]:
        """Return the engine of a view. Raises InputError for one that is missing there."""
        if view in self.engines:
            return self.engines[view]
        reason = f" ({self.left_out[view]})" if view in self.left_out else ""
        raise InputError(
            f"{self.where}: the {view} view is not published there{reason}: ask another --view, or without --at"
        )


@dataclass(frozen=True)
class ExactIndex:
    """It computes every cosine, and is the ground truth for the other engines."""

    rows: Floats2d

    def __len__(self) -> int:
        return len(self.rows)

    def search(self, queries: Floats2d, k: int, *, allowed: Bools1d | None = None) -> Neighbours:
        cosines = np.asarray(queries, dtype=np.float32) @ self.rows.T
        hidden = ~np.any(self.rows, axis=1) if allowed is None else ~(np.any(self.rows, axis=1) & allowed)
        blind = ~np.any(queries, axis=1)
        positions = np.where(hidden[None, :] | blind[:, None], -1, np.arange(len(self.rows))[None, :])

        def fetch(rows: Ints1d, ask: int) -> Neighbours:
            return in_order(positions[rows], cosines[rows]).first(ask)

        return best(fetch, len(queries), k, len(self.rows), margin=len(self.rows))
