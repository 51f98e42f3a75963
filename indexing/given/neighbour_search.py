"""Products that are not in an index have lists of neighbours there: those that an update would keep of each, were it the
only one to come."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.join.self_join import FIRST_ASK, LARGE_SOURCE, MOST_ASK
from indexing.join.settled_cosines import SPARE, settled
from indexing.product_index import ProductIndex
from indexing.search.neighbours import Neighbours, allowed_for, eligible, keep, no_neighbours
from indexing.vectors.rows import Rows

NOBODY = -1


@dataclass(frozen=True)
class GivenRows:
    """They are the rows (q, d) of products in each encoded view and, sparse, in the lexical one, `known` (q,) the positions
    of those that the index holds too, NOBODY for the others, and `sources` (q,) codes as the index's, -1 for none."""

    rows: Mapping[str, Any]
    known: Ints1d
    sources: Ints1d

    def __len__(self) -> int:
        return len(self.known)


@dataclass(frozen=True)
class _Beside:
    """It gives the rows of an index's products, and behind them those of the given ones."""

    own: Rows
    given: Floats2d

    def __len__(self) -> int:
        return len(self.own) + len(self.given)

    @property
    def dim(self) -> int:
        return self.own.dim

    def take(self, positions: Ints1d) -> Floats2d:
        if not len(positions) or positions.min() >= len(self.own):
            return np.asarray(self.given[positions - len(self.own)])
        return self.own.take(positions)


@dataclass(frozen=True)
class GivenSearch:
    """It searches an index for products that are given, and compares them with its own; what needs the whole catalogue is
    made once."""

    index: ProductIndex

    @cached_property
    def _large(self) -> frozenset[int]:
        """Return the sources of so many products that the others are searched by themselves."""
        sources = self.index.sources
        counts = np.bincount(sources[sources >= 0], minlength=1)
        return frozenset(np.flatnonzero(counts > LARGE_SOURCE * max(len(sources), 1)).tolist())

    def query_rows(self, view: str, given: GivenRows) -> Any:
        """Return the rows of a view that is searched: (q, d) dense, (q, f) sparse in the lexical one."""
        if view == "fused":
            return self.index.fusion.rows(given.rows["text"], given.rows["image"])
        return given.rows[view]

    def lists(self, view: str, given: GivenRows, k: int, *, allowed: Bools1d | None = None) -> Neighbours:
        """Return the k neighbours (q, k) of each product, without itself where the index holds it; of other sources where
        the index was built so, and only among the `allowed` ones (n,)."""
        rows = self.query_rows(view, given)
        more = k if view == "lexical" else k + SPARE
        if allowed is not None:
            found = self._among(view, rows, given, more, allowed)
        elif self.index.made.match_across_sources:
            found = self._across(view, rows, given, more)
        else:
            got = self.index.engine(view).search(rows, more + 1)
            found = keep(got, got.positions != given.known[:, None], more)
        if view == "lexical":
            return found
        n = len(self.index.catalog)
        beside = _Beside(self.index.rows(view), rows)
        return _padded(settled(found, beside, n + np.arange(len(given)), k), k)  # type: ignore[arg-type]

    def _among(self, view: str, rows: Any, given: GivenRows, k: int, allowed: Bools1d) -> Neighbours:
        """Search some products alone; offers of each source by themselves, where theirs are no neighbours."""
        across, found = self.index.made.match_across_sources, no_neighbours(len(given), k)
        own = given.sources if across else np.full(len(given), NOBODY)
        for source in np.unique(own).tolist():
            these = np.flatnonzero(own == source)
            others = allowed if source == NOBODY else allowed & self._others(source)
            got = self.index.engine(view).search(rows[these], k + 1, allowed=others)
            kept = keep(got, got.positions != given.known[these, None], k)
            found.positions[these], found.cosines[these] = kept.positions, kept.cosines
        return found

    def _across(self, view: str, rows: Any, given: GivenRows, k: int) -> Neighbours:
        """Ask for some more than k and skip those of the same source; who then lacks some searches the others alone."""
        engine, sources = self.index.engine(view), self.index.sources
        found, own = no_neighbours(len(given), k), given.sources
        large = np.isin(own, list(self._large))
        waiting, ask = np.flatnonzero(~large), int(k * FIRST_ASK) + 1
        while waiting.size and ask <= MOST_ASK:
            got = engine.search(rows[waiting], ask)
            wanted = eligible(sources, own[waiting], got.positions) & (got.positions != given.known[waiting, None])
            kept = keep(got, wanted, k)
            found.positions[waiting], found.cosines[waiting] = kept.positions, kept.cosines
            short = (kept.positions[:, -1] < 0) & (got.positions[:, -1] >= 0)
            waiting, ask = waiting[short], ask * 4
        rest = np.concatenate([waiting, np.flatnonzero(large)])
        for source in np.unique(own[rest]).tolist():
            these = rest[own[rest] == source]
            got = engine.search(rows[these], k + 1, allowed=self._others(source))
            kept = keep(got, got.positions != given.known[these, None], k)
            found.positions[these], found.cosines[these] = kept.positions, kept.cosines
        return found

    @cached_property
    def _allowed(self) -> dict[int, Bools1d]:
        return {}

    def _others(self, source: int) -> Bools1d:
        """Return who (n,) is of another source; it is kept for the few sources that are asked for often."""
        if source not in self._large:
            return allowed_for(self.index.sources, source)
        if source not in self._allowed:
            self._allowed[source] = allowed_for(self.index.sources, source)
        return self._allowed[source]

    def cosines(self, view: str, given: GivenRows, which: Ints1d, products: Ints1d) -> Floats1d:
        """Return the cosines (p,) of given products, `which` of them, and the index's in a view, float32, NaN where either has
        nothing to see."""
        if view == "lexical" and self.index.lexical is not None:
            return self._lexical(given.rows["lexical"], which, products)
        if view == "fused":
            return self._fused(given, which, products)
        vectors = self.index.vectors(view)
        assert vectors is not None
        rows = given.rows[view]
        cosines = np.asarray(np.einsum("ij,ij->i", rows[which], vectors.take(products)), dtype=np.float32)
        cosines[~(np.any(rows, axis=1)[which] & self.index.seen[view][products])] = np.nan
        return cosines

    def _fused(self, given: GivenRows, which: Ints1d, products: Ints1d) -> Floats1d:
        text, image = (np.nan_to_num(self.cosines(view, given, which, products)) for view in ("text", "image"))
        ours = tuple(np.any(given.rows[view], axis=1)[which] for view in ("text", "image"))
        theirs = tuple(self.index.seen[view][products] for view in ("text", "image"))
        fused = self.index.fusion.cosines(text, image, (ours[0], ours[1]), (theirs[0], theirs[1]))
        fused[~((ours[0] | ours[1]) & (theirs[0] | theirs[1]))] = np.nan
        return fused

    def _lexical(self, rows: Any, which: Ints1d, products: Ints1d) -> Floats1d:
        assert self.index.lexical is not None
        lexical = self.index.lexical
        ours, theirs = rows[which], lexical.matrix[products]
        cosines = np.asarray(theirs.multiply(ours).sum(axis=1), dtype=np.float32).ravel()
        if lexical.first is not None:
            cosines[(np.diff(ours.indptr) == 0) | (np.diff(theirs.indptr) == 0)] = np.nan
        return cosines


@dataclass(frozen=True)
class GivenVectors:
    """They give the rows of one encoded view by place: those of `products` (p,) of the index, then those of given ones."""

    vectors: Any
    products: Ints1d
    rows: Floats2d

    @property
    def dim(self) -> int:
        return int(self.vectors.dim)

    def take(self, positions: Ints1d) -> Floats2d:
        out = np.empty((len(positions), self.dim), dtype=np.float32)
        theirs = positions < len(self.products)
        out[theirs] = self.vectors.take(self.products[positions[theirs]])
        out[~theirs] = self.rows[positions[~theirs] - len(self.products)]
        return out


def _padded(found: Neighbours, k: int) -> Neighbours:
    if found.k >= k:
        return found
    room = no_neighbours(len(found), k - found.k)
    return Neighbours(np.hstack([found.positions, room.positions]), np.hstack([found.cosines, room.cosines]))
