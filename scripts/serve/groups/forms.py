"""Forms of groups: those that are looked at, what holds one together, and what is decided of it."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from scripts.serve.api.forms import Card, Form, Id, IdText

MOST_APART = 10_000  # products that are named as split off
Version = Annotated[str, Field(max_length=64)]
Apart = Annotated[tuple[Id, ...], Field(max_length=MOST_APART)]


class MemberCard(Card):
    """It is a product of a group; `known` says whether the index has it still."""

    id: int | str
    known: bool


class GroupCard(Form):
    """It is a group among others: its first members, the probability of its weakest link, null where there are no links,
    its links that are no match, and how many decisions name one of its products."""

    group: str
    size: int
    weakest: float | None
    parts: int
    disagreements: int
    decisions: int
    members: list[MemberCard]


class GroupsForm(Form):
    """They are groups of two and more products in an order, of `groups` in all; `version` changes with the file, `index` is the
    fingerprint of the index that products are told from, `linked` says whether their scores are served, and `decides` whether
    the asker may decide."""

    version: str
    index: str
    order: Literal["largest", "weakest"]
    offset: int
    groups: int
    products: int
    linked: bool
    decides: bool
    found: list[GroupCard]


class GroupMember(MemberCard):
    """It is a member; `locked` says whether a decision keeps it with another one, `part` which part of the group it will be in
    when what was decided has been applied, counted from 0."""

    locked: bool
    part: int


class LinkForm(Form):
    """It is a scored pair of members. On the `weakest` one the group hangs."""

    left: int | str
    right: int | str
    probability: float
    score: float
    match: bool
    weakest: bool


class WeakestForm(Form):
    """It is the weakest link and the products of its smaller side, at most a thousand of them: both sides have `sizes`."""

    left: int | str
    right: int | str
    probability: float
    sizes: list[int]
    smaller: list[int | str]


class NearGroup(Form):
    """It is another group that a match leads to, by its likeliest one."""

    group: str
    size: int
    left: int | str
    right: int | str
    probability: float


class RetitledForm(Form):
    """It is a product that reads otherwise `now` than it was `seen` when it was decided of; null is no title. Long titles are
    cut around where they begin to differ."""

    id: int | str
    seen: str | None
    now: str | None


class DecisionForm(Form):
    """It is a decision that stands: `pending` says that the groups are not so yet, `sizes` how many products each side has, of
    which the first are named, `groups` in which they are, the first ten, `gone` how many are in no group, and `retitled` how many read
    otherwise now, with an `example`."""

    number: int
    kind: Literal["lock", "merge", "split"]
    reviewer: str
    at: str
    pending: bool
    sizes: list[int]
    one: list[int | str]
    other: list[int | str]
    groups: list[str]
    gone: int
    retitled: int
    example: RetitledForm | None


class GroupForm(Form):
    """It is a group: its members from `offset` on, the weakest of its `links` first, of `links_total`, and what was decided.
    `parts` counts what matches tie, `locked` says whether one decision keeps all of it together."""

    version: str
    index: str
    group: str
    size: int
    offset: int
    parts: int
    disagreements: int
    linked: bool
    decides: bool
    locked: bool
    members: list[GroupMember]
    weakest: WeakestForm | None
    links: list[LinkForm]
    links_total: int
    near: list[NearGroup]
    decisions: list[DecisionForm]


class FoundGroup(Form):
    """It is the group that a product is in."""

    group: str
    size: int


class DecideForm(Form):
    """It decides of a group as it was seen, in that `version`, with products as that `index` has them: a `lock` keeps its products together, a `merge` all of its and the
    `other` group's, and a `split` keeps the products named in `apart` from all others of the group."""

    kind: Literal["lock", "merge", "split"]
    group: IdText
    version: Version
    index: Version
    other: IdText | None = None
    apart: Apart = ()


class TakenForm(Form):
    """It is the number of a decision that was taken, or taken back."""

    number: int


class UndoForm(Form):
    """It names the decision to take back; without a number it is the asker's last one."""

    number: Annotated[StrictInt, Field(ge=1, lt=2**63)] | None = None


class ConfirmForm(Form):
    """It names the decision that still holds of its products as they were seen, in that `index`."""

    number: Annotated[StrictInt, Field(ge=1, lt=2**63)]
    index: Version


class DecisionsForm(Form):
    """They are the decisions that stand, the last one first, of `total`."""

    version: str
    index: str
    offset: int
    total: int
    decisions: list[DecisionForm]
