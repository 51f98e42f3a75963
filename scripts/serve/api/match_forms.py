"""The forms of matching are an offer, and the products that it was scored with."""

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from scripts.serve.api.forms import Card, Form, Id, Name, ReasonForm, View
from scripts.serve.engine.limits import LIMITS


class OfferForm(Form):
    """It is an offer that no index has, with the fields of a product; `category` are levels from the widest, and `id` only says
    which product of the index it is to take the place of. `top` pairs are returned, and all that are called a match."""

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
