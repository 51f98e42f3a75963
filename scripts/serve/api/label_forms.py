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
    """It says how many pairs are labelled of how many that are asked in all, and how many match."""

    asked: int
    total: int
    matches: int
    note: str


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
