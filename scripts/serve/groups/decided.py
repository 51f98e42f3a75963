"""What is decided of a group is gathered from decisions that are read one after another, as each may name many products."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from indexing.arrays import Bools1d, Ints1d
from reranking.grouping.decisions import DecisionKind, KeptDecision
from reranking.grouping.members import GroupMembers
from reranking.grouping.seen_titles import Retitled
from reranking.labels.settled import id_column

MOST_NAMED = 10
MOST_CHARS = 300  # of a title


@dataclass(frozen=True)
class DecidedGroup:
    """It says of each member (n,) of a group the part that splits leave it in, and whether it is `locked`: kept with another one;
    whether one decision keeps the `whole` group together; and has the decisions as documents, the last one first."""

    parts: Ints1d
    locked: Bools1d
    whole: bool
    documents: tuple[dict[str, Any], ...]

    @classmethod
    def nothing(cls, size: int) -> "DecidedGroup":
        """Return that nothing is decided of a group of so many products."""
        return cls(np.zeros(size, dtype=np.int64), np.zeros(size, dtype=bool), False, ())

    @classmethod
    def of(
        cls,
        members: GroupMembers,
        own: pa.Array,
        decisions: Iterable[KeptDecision],
        retitled: Callable[[int], Sequence[Retitled]],
    ) -> "DecidedGroup":
        """Gather what decisions, the oldest first, say of the products `own` (n,); `retitled` returns of a decision's number which of
        its products read otherwise now."""
        place = {product_id: number for number, product_id in enumerate(own.to_pylist())}
        parts, locked = np.zeros(len(place), dtype=np.int64), np.zeros(len(place), dtype=bool)
        whole, documents = False, []
        for kept in decisions:
            decision = kept.decision
            sides = [_places(place, side) for side in (decision.one, decision.other)]
            both = np.concatenate(sides)
            if decision.kind == DecisionKind.SPLIT:
                parts = _parted(parts, sides) if all(map(len, sides)) else parts
            elif len(both) > 1:
                locked[both] = True
                whole = whole or len(both) == len(place)
            documents.append(decision_document(members, kept, retitled(kept.seq)))
        return cls(_numbered(parts), locked, whole, tuple(reversed(documents)))


def _places(place: dict[int | str, int], side: Sequence[int | str]) -> Ints1d:
    return np.array([place[member] for member in side if member in place], dtype=np.int64)


def _parted(parts: Ints1d, sides: Sequence[Ints1d]) -> Ints1d:
    """Return parts (n,) that a split divides further: into those of either side, and those of neither."""
    own = np.zeros(len(parts), dtype=np.int64)
    for number, side in enumerate(sides, 1):
        own[side] = number
    return np.asarray(np.unique(parts * 3 + own, return_inverse=True)[1], dtype=np.int64)


def _numbered(parts: Ints1d) -> Ints1d:
    """Return parts (n,) that are counted from 0 in the order of their first members."""
    _, first, codes = np.unique(parts, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[codes], dtype=np.int64)


def decision_document(members: GroupMembers, kept: KeptDecision, retitled: Sequence[Retitled]) -> dict[str, Any]:
    """Return a decision, whether the groups are as it asks for, and which of its products read otherwise now."""
    decision = kept.decision
    groups = [_groups_of(members, side) for side in (decision.one, decision.other)]
    known = [np.unique(side[side >= 0]) for side in groups]
    every = np.unique(np.concatenate(known))
    split = decision.kind == DecisionKind.SPLIT
    return {
        "number": kept.seq,
        "kind": decision.kind.value,
        "reviewer": decision.reviewer,
        "at": kept.at,
        "pending": bool(np.intersect1d(known[0], known[1]).size) if split else len(every) > 1,
        "sizes": [len(decision.one), len(decision.other)],
        "one": list(decision.one[:MOST_NAMED]),
        "other": list(decision.other[:MOST_NAMED]),
        "groups": members.names.take(pa.array(every[:MOST_NAMED])).to_pylist(),
        "gone": int(sum((side < 0).sum() for side in groups)),
        "retitled": len(retitled),
        "example": None if not retitled else _example(retitled[0]),
    }


def _example(one: Retitled) -> dict[str, Any]:
    seen, now = one.titles(MOST_CHARS)
    return {"id": one.product_id, "seen": seen, "now": now}


def _groups_of(members: GroupMembers, ids: Sequence[int | str]) -> Ints1d:
    """Return the group of each product, -1 where it is in none."""
    places = members.find(id_column(ids))
    return np.where(places >= 0, members.groups[places], -1)
