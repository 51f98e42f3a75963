"""The forms of matching are an offer, and the products that it was scored with."""

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from reranking.decisions.prior import LEAST_SHARE
from scripts.serve.api.forms import AmongForm, Card, Form, Id, Name, ReasonForm, View
from scripts.serve.engine.limits import LIMITS

Share = Annotated[float, Field(ge=LEAST_SHARE, le=1 - LEAST_SHARE)]


class OfferForm(Form):
    """It is an offer that no index has, with the fields of a product; `category` are levels from the widest, and `id` only says
    which product of the index it is to take the place of. It is matched `among` some products, or all. `prior` is the share of
    matches that probabilities and decisions are made for, of all pairs of offers or by evaluation category (`default`: of those
    that are not named), the model's where it is null. `top` pairs are returned, and all that are called a match."""

    id: Id | None = None
    title: Annotated[str, StringConstraints(max_length=LIMITS.text_chars)] | None = None
    description: str | None = None
    brand: Name | None = None
    attributes: Annotated[dict[Name, str], Field(max_length=200)] | None = None
    price: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    currency: Name | None = None
    category: Annotated[list[Name], Field(max_length=4)] | None = None
    source: Name | None = None
    color: Name | None = None
    gtin: Name | None = None
    mpn: Name | None = None
    among: AmongForm = AmongForm()
    prior: Share | Annotated[dict[Name, Share], Field(min_length=1, max_length=2_000)] | None = None
    top: Annotated[int, Field(ge=0, le=LIMITS.neighbours)] = 5


class MatchedPair(Card):
    """It is a product of the index that an offer was scored with; `for` and `against` are the model's strongest reasons."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    id: int | str
    score: float
    probability: float
    match: bool
    cosines: dict[View, float | None]
    supporting: Annotated[list[ReasonForm], Field(alias="for")]
    against: list[ReasonForm]


class MatchesForm(Form):
    """They are the pairs of an offer, best first; `in_index` says that it stood in the place of the product of its id, `category`
    is the one whose threshold decides, and `notes` name what of the offer was left out."""

    index: str
    model: str
    in_index: bool
    category: str
    pairs: list[MatchedPair]
    notes: list[str]
