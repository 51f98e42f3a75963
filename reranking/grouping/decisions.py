"""A decision is what one reviewer says of product groups: these stay together, or these are never in one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from indexing.errors import InputError
from reranking.labels.label import Id, check_id, named

MOST_MEMBERS = 100_000  # of one decision


class DecisionKind(StrEnum):
    """It says what is decided: a `LOCK` keeps products together, a `MERGE` makes one group of two, which stays, and a `SPLIT`
    keeps two sets of products apart."""

    LOCK = "lock"
    MERGE = "merge"
    SPLIT = "split"


@dataclass(frozen=True)
class Decision:
    """It holds the products of `one` side and of the `other`, which a lock has not, by id, and who decided.

    Raises InputError for sides that are empty or share a product, a lock of fewer than two, ids that are no ids or of two
    types, and a reviewer without a name.
    """

    kind: DecisionKind
    one: tuple[Id, ...]
    other: tuple[Id, ...]
    reviewer: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "reviewer", named(self.reviewer))
        members = self.members
        for product_id in members:
            check_id(product_id)
        if len({type(product_id) for product_id in members}) > 1:
            raise InputError("a decision names ids that are integers and ids that are text: they are of one type")
        if len(set(members)) < len(members):
            raise InputError(f"a {self.kind} names a product twice: each is named once")
        if self.kind == DecisionKind.LOCK and (len(self.one) < 2 or self.other):
            raise InputError("a lock keeps two products together, or more: name them")
        if self.kind != DecisionKind.LOCK and not (self.one and self.other):
            raise InputError(f"a {self.kind} is of two sides: name products of both")
        if len(members) > MOST_MEMBERS:
            raise InputError(
                f"a {self.kind} of {len(members):,} products: at most {MOST_MEMBERS:,} are decided at once"
            )

    @property
    def members(self) -> tuple[Id, ...]:
        """Return the products of both sides."""
        return self.one + self.other


@dataclass(frozen=True)
class KeptDecision:
    """It is a decision with its number, 0 where it is not kept yet, and when it was taken, in UTC."""

    seq: int
    at: str
    decision: Decision

    def __str__(self) -> str:
        if not self.seq:
            return f"this {self.decision.kind}"
        return f"decision {self.seq} ({self.decision.kind}, {self.decision.reviewer}, {self.at[:10]})"


class DecisionsDisagree(InputError):
    """Decisions keep products together that others keep apart."""


def listed(decisions: Sequence[KeptDecision]) -> str:
    """Name decisions in a row."""
    return ", ".join(map(str, decisions))
