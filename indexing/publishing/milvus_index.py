"""A Milvus index searches one view on a server: candidates come from there, their cosines from the local rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d, Ints2d
from indexing.errors import InputError
from indexing.publishing.product_fields import Condition, ProductFields
from indexing.publishing.publication import PublishedPart, PublishedView
from indexing.publishing.server import MOST, MilvusServer
from indexing.publishing.shipment import AnyRows, LexicalRows, as_vectors, seen_in
from indexing.search.neighbours import Neighbours, best, in_order, no_neighbours

MORE = 8  # candidates beyond those asked for
FETCHED = {"IVF_SQ8": 2, "IVF_PQ": 4}  # times as many are fetched of an index that shortens vectors
EFFORTS = {"HNSW": "ef", "IVF_FLAT": "nprobe", "IVF_SQ8": "nprobe", "IVF_PQ": "nprobe", "DISKANN": "search_list"}
PER_RESULT = ("ef", "search_list")  # which are at least as many as the candidates
QUERIES = 64  # at once
CONDITIONS = 16  # kept, each with a byte a product


@dataclass(frozen=True)
class MilvusIndex:
    """It is an Index of all products (n,) in one view. What lies on the server may be older than `rows`: a product that was
    found by what it was before has the cosine of what it is, and who is gone is nobody's neighbour."""

    server: MilvusServer
    view: PublishedView
    rows: AnyRows
    products: ProductFields
    _conditions: dict[int, tuple[Bools1d, Condition]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.products)

    def search(self, queries: Any, k: int, *, allowed: Bools1d | None = None) -> Neighbours:
        """Return the k neighbours of each row, dense (q, d) or sparse, by exact cosine among those the server brings."""
        if k > MOST:
            raise InputError(f"k {k}: {self.server} brings {MOST:,} neighbours at most: ask for fewer")
        found = no_neighbours(queries.shape[0], k)
        chosen = np.flatnonzero(seen_in(queries))
        if not len(chosen) or not self.view.rows or (allowed is not None and not allowed.any()):
            return found
        asked = queries[chosen]

        def fetch(rows: Ints1d, ask: int) -> Neighbours:
            blocks = [self._fetch(asked[rows[at : at + QUERIES]], ask, allowed) for at in range(0, len(rows), QUERIES)]
            return Neighbours(
                np.concatenate([block.positions for block in blocks]),
                np.concatenate([block.cosines for block in blocks]),
            )

        got = best(fetch, len(chosen), k, min(len(self), MOST))
        found.positions[chosen], found.cosines[chosen] = got.positions, got.cosines
        return found

    def _fetch(self, queries: Any, ask: int, allowed: Bools1d | None) -> Neighbours:
        condition = Condition("", len(self)) if allowed is None else self._condition(allowed)
        share = 1.0 if allowed is None else condition.products / max(int(allowed.sum()), 1)
        limit = int(min(MOST, share * self._limit(ask)))
        found = [self._candidates(part, queries, limit, condition.text) for part in self.view.parts]
        positions = _once(np.hstack(found))
        if allowed is not None:
            positions = np.where(allowed[np.maximum(positions, 0)], positions, -1)
        cosines = self._cosines(queries, positions)
        ordered = in_order(np.where(np.isnan(cosines), -1, positions), cosines).first(ask)
        room = no_neighbours(len(positions), ask - ordered.k)
        return Neighbours(np.hstack([ordered.positions, room.positions]), np.hstack([ordered.cosines, room.cosines]))

    def _limit(self, ask: int) -> int:
        """Return how many rows are asked of each part: those that are older than the products take places."""
        older = 2 * max(self.view.rows - self.view.live, 0) / max(self.view.rows, 1)
        return int(ask * FETCHED.get(self.view.index, 1) * (1 + older)) + MORE

    def _candidates(self, part: PublishedPart, queries: Any, limit: int, condition: str) -> Ints2d:
        """Return the positions (q, m) of what a part finds, -1 for who is gone, and where it finds no more."""
        limit = max(1, min(limit, part.rows))
        found = self.server.search(part.collection, as_vectors(queries), limit, condition, self._params(limit))
        width = max(map(len, found), default=0)
        keys, there = np.zeros((len(found), width), dtype=np.int64), np.zeros((len(found), width), dtype=bool)
        for number, hits in enumerate(found):
            keys[number, : len(hits)], there[number, : len(hits)] = hits, True
        return np.where(there, self.products.find(keys), -1)

    def _params(self, limit: int) -> Mapping[str, int]:
        name, effort = EFFORTS.get(self.view.index), self.view.effort
        if name is None or effort is None:
            return {}
        return {name: max(effort, limit) if name in PER_RESULT else effort}

    def _cosines(self, queries: Any, positions: Ints2d) -> Floats2d:
        """Return the cosines (q, m) with the rows as they are here, NaN for -1 and where there is nothing to see."""
        places, inverse = np.unique(positions, return_inverse=True)
        rows = self.rows.take(np.maximum(places, 0))
        products = rows @ queries.T
        every = products.toarray() if isinstance(self.rows, LexicalRows) else np.asarray(products)
        every = np.where((seen_in(rows) & (places >= 0))[:, None], every, np.nan).astype(np.float32)
        cosines = every[inverse.reshape(positions.shape), np.arange(len(positions))[:, None]]
        if isinstance(self.rows, LexicalRows):  # who shares nothing with a query is no neighbour
            cosines[cosines <= 0] = np.nan
        return cosines

    def _condition(self, allowed: Bools1d) -> Condition:
        """Return the condition for these products; the latest are kept, as the same are asked again."""
        kept = self._conditions.get(id(allowed))
        if kept is not None and kept[0] is allowed:
            return kept[1]
        condition = self.products.condition(allowed)
        self._conditions[id(allowed)] = (allowed, condition)
        for oldest in list(self._conditions)[:-CONDITIONS]:
            self._conditions.pop(oldest, None)
        return condition


def _once(positions: Ints2d) -> Ints2d:
    """Return positions in which each row names nobody twice: -1 stands in the others' places."""
    ordered = np.sort(positions, axis=1)
    again = np.zeros(ordered.shape, dtype=bool)
    again[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    return np.where(again, -1, ordered)
