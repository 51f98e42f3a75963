"""Forms of labelling: what is asked blind, what is answered, and what comes of the answers."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from scripts.serve.api.forms import FieldShown, Form, Id, ReasonForm


class VerdictForm(Form):
    """It is a reviewer's verdict of the pair that is asked."""

    left: Id
    right: Id
    verdict: Literal["match", "no match", "unsure"]


class BlindSide(Form):
    """It is one product of a pair that is asked: its id, which is not shown, and how many pictures it has."""

    id: int | str
    pictures: int


class BlindPair(Form):
    """It is a pair that is asked: neither score nor reason, which would be an answer."""

    left: BlindSide
    right: BlindSide
    fields: list[FieldShown]


class ProgressForm(Form):
    """It says how many pairs are labelled of how many that are asked in all, how many match, and how many of them the reviewer answered;
    `estimates` are the F1 that the session estimated last, by the number of labels."""

    asked: int
    total: int
    matches: int
    note: str
    own: int
    estimates: list[tuple[int, float]]


class Revealed(Form):
    """It is what the model says of a pair that was answered."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    left: int | str
    right: int | str
    probability: float
    match: bool
    supporting: Annotated[list[ReasonForm], Field(alias="for")]
    against: list[ReasonForm]


class NextQuestion(Form):
    """It is what is asked next, and what the model says of the pair that was answered just now."""

    pair: BlindPair | None
    progress: ProgressForm
    answered: Revealed | None


class QuestionBatch(Form):
    """They are the pairs that the reviewer is asked now, in the order in which their labels teach most."""

    pairs: list[BlindPair]
    progress: ProgressForm


class DisputeVerdict(VerdictForm):
    """It is a verdict of a pair in dispute; `after` is how many disputes were passed over before it."""

    after: Annotated[int, Field(ge=0, lt=2**31)] = 0


class DisputeQuestion(Form):
    """It is a pair in dispute with what each reviewer says of it, null where there is no more beyond the `place` asked for; `disputes`
    counts them."""

    pair: BlindPair | None
    verdicts: dict[str, str]
    place: int
    disputes: int
    progress: ProgressForm
    answered: Revealed | None


class KappaForm(Form):
    """It is how two reviewers agree."""

    first: str
    second: str
    pairs: int
    agreed: float | None
    kappa: float | None


class DisputeForm(Form):
    """It is a pair of which sure reviewers say different things."""

    left: int | str
    right: int | str
    verdicts: dict[str, str]


class AgreementForm(Form):
    """It says how far reviewers agree on the pairs that several judged."""

    pairs: int
    alpha: float | None
    kappas: list[KappaForm]
    disputes: list[DisputeForm]


class LabelledPair(Form):
    """It is a settled pair: 1 for a match, 0 for none."""

    left: int | str
    right: int | str
    target: int


class LabelExport(Form):
    """They are the settled pairs, and what stays out."""

    pairs: list[LabelledPair]
    left_out: str
