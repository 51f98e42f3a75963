"""A label is what one reviewer answers of one pair, with why the pair was asked."""

from dataclasses import dataclass, field
from enum import StrEnum

from indexing.errors import InputError

Id = int | str
LARGEST = 2**63 - 1


class PairVerdict(StrEnum):
    """It says whether two products are the same; `UNSURE` settles nothing."""

    MATCH = "match"
    NO_MATCH = "no match"
    UNSURE = "unsure"


class Purpose(StrEnum):
    """It says what a label is for. Audits measure, and what is measured must not be learned from; reviews saw the score, so that
    they are neither (`reviews`)."""

    LEARNING = "learning"
    AUDIT = "audit"
    REVIEW = "review"


@dataclass(frozen=True)
class Question:
    """It says why a pair is asked, and for what.

    `probability` is the one with which it was drawn, None where it was not drawn by chance; `draw` is the note of the store
    that describes the sample (`LabelStore.add_note`) and `stratum` the pair's place in it. `shown` is a digest of what
    was shown of both products, by which another catalogue's labels are known.
    """

    purpose: Purpose = Purpose.LEARNING
    why: str = ""
    probability: float | None = None
    draw: int | None = None
    stratum: int | None = None
    index_fingerprint: str | None = None
    model_fingerprint: str | None = None
    shown: str | None = None

    def __post_init__(self) -> None:
        if self.probability is not None and not 0 < self.probability <= 1:
            raise InputError(f"probability {self.probability}: a pair is drawn with one above 0 and at most 1")


@dataclass(frozen=True)
class Label:
    """It is a reviewer's verdict of a pair of ids, of which the smaller one is `left`, as in candidates.

    Raises InputError for a reviewer without a name, a pair of a product with itself, and ids that are no ids.
    """

    left: Id
    right: Id
    verdict: PairVerdict
    reviewer: str
    question: Question = field(default_factory=Question)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reviewer", named(self.reviewer))
        for product_id in (self.left, self.right):
            check_id(product_id)
        if type(self.left) is not type(self.right):
            raise InputError(f"{self.left!r} and {self.right!r}: ids of a pair are both integers or both text")
        if self.left == self.right:
            raise InputError(f"{self.left!r} is paired with itself: a label is of two products")
        if self.left > self.right:  # type: ignore[operator]  # both are of one type
            left, right = self.right, self.left
            object.__setattr__(self, "left", left)
            object.__setattr__(self, "right", right)


def named(reviewer: str) -> str:
    """Return a reviewer's name without blanks around it. Raises InputError where nothing is left of it."""
    if not reviewer.strip():
        raise InputError(f"reviewer {reviewer!r}: a verdict is somebody's: give --reviewer NAME")
    return reviewer.strip()


def check_id(product_id: Id) -> None:
    """Raise InputError for what is no id."""
    if isinstance(product_id, bool) or not isinstance(product_id, int | str):
        raise InputError(f"{product_id!r} is {type(product_id).__name__}: ids are integers or text")
    if product_id == "":
        raise InputError("an id is empty: every product needs an id")
    if isinstance(product_id, int) and not -LARGEST - 1 <= product_id <= LARGEST:
        raise InputError(f"id {product_id} is too large an integer: write ids as text")
