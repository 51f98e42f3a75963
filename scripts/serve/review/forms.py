"""Forms of reviewing: what is looked at, with its score and what others say of it, and what is said."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from reranking.labels.reviews import NOTE_CHARS
from scripts.serve.api.forms import Form, Id, Name, PairShown

Verdict = Literal["match", "no match", "unsure"]


class WantedForm(Form):
    """It says which pairs are looked at: `open` ones that nobody decided, those that `others` did, or `disputes`; of a category, those
    alone that the scores of before do not have, and those beyond a row of the queue, where that is asked. `version` is that of the
    scores that were shown, of which `after` is a row: where newer ones took their place, what was passed over stays so."""

    part: Literal["open", "others", "disputes"] = "open"
    category: Name | None = None
    fresh: bool = False
    after: Annotated[int, Field(ge=-1, lt=2**31)] = -1
    version: Annotated[str, StringConstraints(max_length=64)] | None = None


class ReviewForm(Form):
    """It is a verdict of a pair with a note, in the version of the scores that `then` names, and which pair comes then."""

    left: Id
    right: Id
    verdict: Verdict
    note: Annotated[str, StringConstraints(max_length=NOTE_CHARS)] = ""
    then: WantedForm = WantedForm()


class SaidForm(Form):
    """It is what a reviewer says of a pair, and when (UTC)."""

    reviewer: str
    verdict: Verdict
    note: str
    at: str


class FiledScore(Form):
    """It is what the scores file says of a pair: its score, the threshold of its category, null where nothing is called a match, and
    whether the scores of before lack it."""

    file: str
    score: float
    threshold: float | None
    category: str
    fresh: bool
    model: str | None


class ReviewedPair(Form):
    """It is a pair to be looked at: its row in the queue, what the file says of it, what reviewers said, and both products side by
    side with what the model that is served makes of them."""

    row: int
    filed: FiledScore
    said: list[SaidForm]
    shown: PairShown


class ReviewProgress(Form):
    """It counts the pairs of the queue that the reviewer decided, that anybody did, that are in dispute, and all; `remaining` are those
    of what is looked at."""

    own: int
    decided: int
    disputed: int
    queue: int
    remaining: int


class NextReview(Form):
    """It is the pair that is looked at now, null where there is no more of what was asked, in a `version` of the scores, and the row
    there beyond which was looked."""

    pair: ReviewedPair | None
    progress: ReviewProgress
    version: str
    after: int


class ReviewCategory(Form):
    """It counts the pairs of a category in the scores file, those of them that are fresh, and those in the queue that are open."""

    category: str
    threshold: float | None
    pairs: int
    fresh: int
    queue: int
    open: int


class ReviewerForm(Form):
    """It counts what a reviewer said of the queue's pairs."""

    reviewer: str
    match: int
    no_match: int
    unsure: int


class ReviewCounts(Form):
    """They are the numbers of the scores file, by category and by reviewer: rows, those without a product in the index, those that pair a
    product with itself or stand there again, and those in the queue; `compared` says whether scores of before were given."""

    file: str
    version: str
    model: str | None
    rows: int
    missing: int
    odd: int
    queue: int
    compared: bool
    categories: list[ReviewCategory]
    reviewers: list[ReviewerForm]


class NoteForm(SaidForm):
    """It is a verdict with a note, of a pair."""

    left: int | str
    right: int | str


class NotesForm(Form):
    """They are the newest notes, the newest first."""

    notes: list[NoteForm]
