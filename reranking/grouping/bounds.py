"""Decisions bound groups: sets of products that stay together, of which some are kept apart, through whatever third product."""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Ints1d
from reranking.grouping.decisions import DecisionKind, DecisionsDisagree, KeptDecision, listed
from reranking.labels.label import Id
from reranking.labels.settled import id_column
from reranking.pairs.pair_files import cast_ids
from reranking.pairs.product_groups import product_groups

MOST_TOLD = 3  # contradictions


@dataclass(frozen=True)
class PlacedBounds:
    """They bind products by place: `together` (n,) is the first product of those that each stays together with, itself where
    nothing is decided. `apart` (t, 2) are such first products, each with a number; of the numbers 2s and 2s + 1, one split's,
    no group may hold both. `gone` counts the decided products that are not among the n."""

    together: Ints1d
    apart: Ints1d
    gone: int

    @classmethod
    def none(cls, count: int) -> "PlacedBounds":
        """Return what binds nothing."""
        return cls(np.arange(count), np.zeros((0, 2), dtype=np.int64), 0)


@dataclass(frozen=True)
class Bounds:
    """They are what decisions ask for: of the products `ids` (m,) the number `together` (m,) of the set that each stays in, and
    `apart` (t, 2), places among them with numbers as in PlacedBounds."""

    decisions: tuple[KeptDecision, ...]
    ids: pa.Array
    together: Ints1d
    apart: Ints1d

    @classmethod
    def of(cls, decisions: Iterable[KeptDecision]) -> "Bounds":
        """Return what decisions ask for together. Raises DecisionsDisagree, which names ids and decisions."""
        kept = tuple(decisions)
        ids = pc.unique(id_column([member for one in kept for member in one.decision.members]))
        places = dict(zip(ids.to_pylist(), range(len(ids)), strict=True))
        links, apart = _links(kept, places), _apart(kept, places)
        together = product_groups(links[:, 0], links[:, 1], None, len(ids), by="pairs")
        _refuse_contradictions(kept, ids, together, apart)
        return cls(kept, ids, together, apart)

    def over(self, ids: pa.Array, path: Path) -> PlacedBounds:
        """Return what binds products of these ids (n,); sets hold through products that are not among them. `path` is of the
        decisions, for errors."""
        found = pc.fill_null(pc.index_in(cast_ids(self.ids, ids.type, path), ids), -1)
        places = np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)
        known = np.flatnonzero(places >= 0)
        first = np.full(len(self.ids), len(ids), dtype=np.int64)  # of each set, beyond all where it has none
        np.minimum.at(first, self.together[known], places[known])
        together = np.arange(len(ids))
        together[places[known]] = first[self.together[known]]
        apart = np.column_stack([first[self.together[self.apart[:, 0]]], self.apart[:, 1]])
        return PlacedBounds(together, np.unique(apart[apart[:, 0] < len(ids)], axis=0), int(len(self.ids) - len(known)))


def _links(kept: Sequence[KeptDecision], places: dict[Id, int]) -> Ints1d:
    """Return couples of places (l, 2) that locks and merges tie: each product with the first of its decision."""
    told = (one.decision.members for one in kept if one.decision.kind != DecisionKind.SPLIT)
    rows = [(places[members[0]], places[member]) for members in told for member in members[1:]]
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def _apart(kept: Sequence[KeptDecision], places: dict[Id, int]) -> Ints1d:
    splits = (one.decision for one in kept if one.decision.kind == DecisionKind.SPLIT)
    rows = [
        (places[member], 2 * number + side)
        for number, split in enumerate(splits)
        for side, members in enumerate((split.one, split.other))
        for member in members
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def _refuse_contradictions(kept: Sequence[KeptDecision], ids: pa.Array, together: Ints1d, apart: Ints1d) -> None:
    """Raise DecisionsDisagree where a set that stays together has products of both sides of a split."""
    splits = [one for one in kept if one.decision.kind == DecisionKind.SPLIT]
    keys = together[apart[:, 0]] * 2 * len(splits) + apart[:, 1]
    found, first = np.unique(keys, return_index=True)
    both = np.flatnonzero((found[:-1] % 2 == 0) & (np.diff(found) == 1))
    if not len(both):
        return
    told = []
    for place in both[:MOST_TOLD].tolist():
        one, other = (ids[int(apart[first[place + side], 0])].as_py() for side in (0, 1))
        split = splits[int(apart[first[place], 1]) // 2]
        told.append(f"{one!r} and {other!r} are apart by {split}, and together by {listed(_chain(kept, one, other))}")
    more = f"; and {len(both) - MOST_TOLD} more" if len(both) > MOST_TOLD else ""
    raise DecisionsDisagree(f"{'; '.join(told)}{more}: take one of them back")


def _chain(kept: Sequence[KeptDecision], start: Id, end: Id) -> list[KeptDecision]:
    """Return the fewest decisions that lead from one product to another, which they keep together."""
    naming: dict[Id, list[KeptDecision]] = defaultdict(list)
    for one in kept:
        if one.decision.kind != DecisionKind.SPLIT:
            for member in one.decision.members:
                naming[member].append(one)
    ways: dict[Id, list[KeptDecision]] = {start: []}
    ahead = deque([start])
    while end not in ways:
        product = ahead.popleft()
        for one in naming[product]:
            for member in one.decision.members:
                if member not in ways:
                    ways[member] = [*ways[product], one]
                    ahead.append(member)
    return ways[end]
