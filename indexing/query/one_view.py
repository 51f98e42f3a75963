"""One view is searched for a query's neighbours: never fewer than k while there are k, whoever is allowed."""

from typing import TYPE_CHECKING, Any

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.product_index import ProductIndex
from indexing.search.neighbours import Neighbours, in_order, keep, no_neighbours, without_self
from indexing.vectors.rows import Rows

if TYPE_CHECKING:
    from indexing.search.lexical_index import LexicalIndex

SCAN_ROWS = 65_536
FEW = 32_768  # products that are looked at themselves sooner than an engine is asked that may leave some out
MOST_FETCHED = 2048  # neighbours fetched before those not allowed are skipped: as many as a GPU finds
NOBODY = -1


def search_view(index: ProductIndex, view: str, row: Any, k: int, *, own: int, allowed: Bools1d | None) -> Neighbours:
    """Return the k neighbours (1, k) of a query row, without the product at `own`, only among `allowed` (n,) when
    given."""
    if not (row.nnz if hasattr(row, "nnz") else np.any(row)):
        return no_neighbours(1, k)
    owns = np.array([own])
    if allowed is None:
        found = without_self(index.engine(view).search(row, k + 1), owns, k)
        if view == "lexical" or found.positions[0, -1] != NOBODY or index.exact(view):
            return found
        return _scanned(index.rows(view), row, np.arange(len(index.catalog)), own, k)
    if view == "lexical" and index.lexical is not None and index.elsewhere is None:
        return without_self(_lexical(index.lexical, row, allowed, k + 1), owns, k)
    return _among(index, view, row, k, own, allowed)


def _among(index: ProductIndex, view: str, row: Floats2d, k: int, own: int, allowed: Bools1d) -> Neighbours:
    """Return the k neighbours among the allowed. Engines on the CPU skip the others; elsewhere more than k are brought,
    of which those allowed are kept: when there are k of them no better one was left out. What an engine does not find
    is looked for by looking at everybody allowed."""
    count, engine = int(np.count_nonzero(allowed)), index.engine(view)
    if index.elsewhere is not None:
        found = without_self(engine.search(row, k + 1, allowed=allowed), np.array([own]), k)
        short = found.positions[0, -1] == NOBODY and view != "lexical"
        return _scanned(index.rows(view), row, np.flatnonzero(allowed), own, k) if short else found
    selects, exact = index.device == "cpu", index.exact(view)
    if not (selects and exact) and count > FEW:
        ask = min(MOST_FETCHED, 2 * (k + 1) * len(allowed) // count)
        got = engine.search(row, ask)
        wanted = (got.positions >= 0) & (got.positions != own) & allowed[np.maximum(got.positions, 0)]
        found = keep(got, wanted, k)
        if found.positions[0, -1] != NOBODY:
            return found
    if selects and (exact or count > FEW):
        found = _selected(engine, row, k, own, allowed)
        if exact or found.positions[0, -1] != NOBODY:
            return found
    return _scanned(index.rows(view), row, np.flatnonzero(allowed), own, k)


def _selected(engine: Any, row: Floats2d, k: int, own: int, allowed: Bools1d) -> Neighbours:
    try:
        return without_self(engine.search(row, k + 1, allowed=allowed), np.array([own]), k)
    except InputError:  # an engine that has no selectors
        return no_neighbours(1, k)


def _lexical(index: "LexicalIndex", row: Any, allowed: Bools1d, k: int) -> Neighbours:
    """Return every product that shares an n-gram with the query, those not allowed left out."""
    products, cosines = index.everybody(row)
    there = allowed[products]
    found = in_order(products[there][None, :], cosines[there][None, :])
    return _padded(found.first(k), k)


def _scanned(rows: Rows, row: Floats2d, places: Ints1d, own: int, k: int) -> Neighbours:
    """Return the k best of the products at `places`, all of them looked at, a block at a time."""
    found = no_neighbours(1, 0)
    for start in range(0, len(places), SCAN_ROWS):
        block = places[start : start + SCAN_ROWS]
        dense = rows.take(block)
        positions = np.where(np.any(dense, axis=1), block, NOBODY)[None, :]
        cosines = (dense @ row[0])[None, :]
        both = np.hstack([found.positions, positions]), np.hstack([found.cosines, cosines])
        found = in_order(*both).first(k + 1)
    return without_self(_padded(found, k + 1), np.array([own]), k)


def _padded(found: Neighbours, k: int) -> Neighbours:
    room = no_neighbours(len(found), k - found.k)
    return Neighbours(np.hstack([found.positions, room.positions]), np.hstack([found.cosines, room.cosines]))
