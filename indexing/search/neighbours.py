"""Neighbours are the nearest products of queries in one view: here are their order, who is left out, and the rank of
one among another's."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d, Ints2d
from indexing.errors import InputError

RESOLUTION = 1e-6  # cosines nearer than this are ties: below it float32 sums depend on the order of adding
_PLACES = 40  # bits of an order key that hold the position
_LAST = np.iinfo(np.int64).max
RANK_BLOCK = 65_536


@dataclass(frozen=True)
class Neighbours:
    """They are the neighbours of q queries, best first: `positions` (q, k) int64, -1 = no neighbour, and their
    `cosines` (q, k) float32, NaN there. Equal cosines stand in the order of positions."""

    positions: Ints2d
    cosines: Floats2d

    def __post_init__(self) -> None:
        if self.positions.shape != self.cosines.shape:
            raise InputError(f"positions are {self.positions.shape}, cosines {self.cosines.shape}: they must agree")

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def k(self) -> int:
        """Return how many neighbours of each query there is room for."""
        return int(self.positions.shape[1])

    def take(self, queries: Ints1d) -> "Neighbours":
        """Return the lists of some queries, read from where they are kept."""
        # np.take would copy all of what is cut to k first
        return Neighbours(np.asarray(self.positions)[queries], np.asarray(self.cosines)[queries])

    def first(self, k: int) -> "Neighbours":
        """Return the k best of each query."""
        return Neighbours(self.positions[:, :k], self.cosines[:, :k])


def no_neighbours(queries: int, k: int) -> Neighbours:
    """Return room for k neighbours of so many queries, none of which has any."""
    return Neighbours(np.full((queries, k), -1, dtype=np.int64), np.full((queries, k), np.nan, dtype=np.float32))


def in_order(positions: Ints2d, cosines: Floats2d) -> Neighbours:
    """Sort neighbours by cosine, best first, then position; cosines are rounded to RESOLUTION. -1 goes last."""
    keys = np.rint((1.0 - cosines.astype(np.float64)) / RESOLUTION)
    keys = np.where(positions < 0, 0, np.maximum(keys, 0)).astype(np.int64)
    ordered = np.sort(np.where(positions < 0, _LAST, (keys << _PLACES) | positions), axis=1)
    missing = ordered == _LAST
    found = np.where(missing, -1, ordered & ((1 << _PLACES) - 1))
    values = np.where(missing, np.nan, 1.0 - (ordered >> _PLACES) * RESOLUTION)
    return Neighbours(found, values.astype(np.float32))


def best(fetch: Callable[[Ints1d, int], Neighbours], queries: int, k: int, size: int, *, margin: int = 8) -> Neighbours:
    """Return the k best of each query by cosine and position, whatever the engine does with ties.

    `fetch(rows, n)` brings n neighbours in order of the queries at `rows`, any choice among those that tie at the end.
    Where the tie at the k-th place goes on to the last one fetched, twice as many are fetched.
    """
    found = no_neighbours(queries, k)
    rows, ask = np.arange(queries), min(k + margin, size)
    while rows.size and ask:
        got = fetch(rows, ask)
        found.positions[rows, : min(k, ask)] = got.positions[:, :k]
        found.cosines[rows, : min(k, ask)] = got.cosines[:, :k]
        if ask <= k or ask >= size:
            break
        rows = rows[got.cosines[:, k - 1] == got.cosines[:, -1]]
        ask = min(ask * 2, size)
    return found


def keep(neighbours: Neighbours, wanted: npt.NDArray[np.bool_], k: int) -> Neighbours:
    """Return the first k neighbours of each query for which `wanted` (q, n) holds, in their order."""
    wanted = wanted & (neighbours.positions >= 0)
    order = np.argsort(~wanted, axis=1, kind="stable")[:, :k]
    there = np.take_along_axis(wanted, order, axis=1)
    positions = np.where(there, np.take_along_axis(neighbours.positions, order, axis=1), -1)
    cosines = np.where(there, np.take_along_axis(neighbours.cosines, order, axis=1), np.nan)
    if order.shape[1] < k:
        room = ((0, 0), (0, k - order.shape[1]))
        positions, cosines = np.pad(positions, room, constant_values=-1), np.pad(cosines, room, constant_values=np.nan)
    return Neighbours(positions, cosines.astype(np.float32))


def without_self(neighbours: Neighbours, own: Ints1d, k: int) -> Neighbours:
    """Return the first k neighbours that are not the query itself: `own` (q,) holds the queries' positions.

    Exact duplicates of the query are kept, wherever they stand.
    """
    if neighbours.k <= k:
        return keep(neighbours, neighbours.positions != own[:, None], k)
    is_own = neighbours.positions == own[:, None]
    place = np.where(is_own.any(axis=1), is_own.argmax(axis=1), k)
    columns = np.arange(k)[None, :] + (np.arange(k)[None, :] >= place[:, None])
    return Neighbours(
        np.take_along_axis(neighbours.positions, columns, axis=1),
        np.take_along_axis(neighbours.cosines, columns, axis=1),
    )


def rank_of(neighbours: Neighbours, queries: Ints1d, others: Ints1d) -> Floats1d:
    """Return the rank of `others` (p,) among the neighbours of `queries` (p,): float32 from 1, NaN when not among them.

    Those with the same cosine share the best rank of them, so that the order of the catalogue does not matter.
    """
    ranks = np.full(len(queries), np.nan, dtype=np.float32)
    for start in range(0, len(queries), RANK_BLOCK):
        part = slice(start, start + RANK_BLOCK)
        ranks[part] = rank_in(neighbours.take(queries[part]), others[part])
    return ranks


def rank_in(lists: Neighbours, others: Ints1d) -> Floats1d:
    """Return the rank of each of `others` (p,) in its own one of the lists (p, k), as `rank_of` does."""
    ranks = np.full(len(lists), np.nan, dtype=np.float32)
    row, column = np.divmod(np.flatnonzero(lists.positions == others[:, None]), max(lists.k, 1))
    cosines = lists.cosines[row]
    better = cosines > cosines[np.arange(len(row)), column][:, None]
    ranks[row] = 1 + better.sum(axis=1)
    return ranks


def shared_neighbours(neighbours: Neighbours, left: Ints1d, right: Ints1d, k: int) -> Floats1d:
    """Count how many of the first k neighbours left and right have in common, float32 (p,); NaN where either has none.

    Neighbours that tie with those beyond the k-th do not count: which of them came first is chance.
    """
    known = neighbours.first(k + 1)
    return shared_lists(known.take(left), known.take(right), k)


def shared_lists(left: Neighbours, right: Neighbours, k: int) -> Floats1d:
    """Count the same of the lists (p, l) of both sides."""
    own, other = _first_untied(left, k), _first_untied(right, k)
    none = [np.asarray(lists.positions[:, 0] < 0) for lists in (left, right)]
    both = np.sort(np.hstack([own, other]), axis=1)
    common = (both[:, 1:] == both[:, :-1]) & (both[:, 1:] >= 0)  # two missing neighbours are nothing in common
    counts = np.asarray(common.sum(axis=1), dtype=np.float32)
    counts[none[0] | none[1]] = np.nan
    return counts


def _first_untied(lists: Neighbours, k: int) -> npt.NDArray[np.int32]:
    """Return the first k neighbours of each list (q, k), -1 where one ties with the first that is left out."""
    k = min(k, lists.k)
    positions = np.asarray(lists.positions[:, :k], dtype=np.int32)
    if k == lists.k:  # of what the list left out nothing is known
        return positions
    left_out = lists.cosines[:, k]  # NaN where nothing was left out
    tied = lists.cosines[:, :k] == left_out[:, None]
    return np.where(tied, np.int32(-1), positions)


def eligible(sources: Ints1d, own: Ints1d, positions: Ints2d) -> npt.NDArray[np.bool_]:
    """Return which neighbours (q, n) another source offers: codes `sources` (products,), the queries' `own` (q,).

    A product without a source (-1) may be everybody's neighbour, and everybody its.
    """
    theirs = sources[np.maximum(positions, 0)]
    return np.asarray((theirs != own[:, None]) | (own[:, None] < 0), dtype=bool)


def allowed_for(sources: Ints1d, own: int) -> Bools1d:
    """Return which products (n,) may be neighbours of one that the source `own` offers."""
    return np.ones(len(sources), dtype=bool) if own < 0 else sources != own
