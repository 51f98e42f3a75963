"""Forms are what the API takes and gives: they check what comes in, and are what the OpenAPI document says of what goes out."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, StringConstraints

from scripts.serve.engine.limits import LIMITS

View = Literal["text", "image", "fused", "lexical"]
IdText = Annotated[StrictStr, StringConstraints(min_length=1, max_length=1_000)]
Id = Annotated[StrictInt, Field(ge=-(2**63), lt=2**63)] | IdText
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Names = Annotated[list[Name], Field(max_length=50)]


class Form(BaseModel):
    """It refuses what it does not know: a misspelt name would be an option that does nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ErrorSaid(Form):
    """It says what went wrong."""

    status: int
    code: str
    message: str


class ErrorForm(Form):
    """It is the form of every error."""

    error: ErrorSaid


class Attribute(Form):
    """It is one value of an attribute."""

    key: str | None
    value: str | None


class ProductForm(Form):
    """It is a product as the index read it; `pictures` counts those it has."""

    id: int | str
    title: str | None
    description: str | None
    brand: str | None
    attributes: list[Attribute]
    colors: list[str]
    price: float | None
    price_high: float | None
    currency: str | None
    price_text: str
    categories: list[str | None]
    category: str | None
    source: str | None
    pictures: int


class Card(Form):
    """It is what is shown of a product among others."""

    title: str | None
    brand: str | None
    category: str | None
    source: str | None
    price_text: str
    pictures: int


class Neighbour(Card):
    """It is a neighbour, best first: its cosine in each view of the index, null where either has nothing to see there, and the
    model's probability that it is the same product, null without a model and for what is not in the catalogue."""

    rank: int
    id: int | str
    cosines: dict[View, float | None]
    probability: float | None


class NeighboursForm(Form):
    """They are the neighbours of a query, and how they were found."""

    query: dict[str, int | str]
    index: str
    model: str | None
    view: View
    k: int
    category: str | None
    sources: list[str]
    not_sources: list[str]
    neighbours: list[Neighbour]
    notes: list[str]


class SearchForm(Form):
    """It asks for products like a text; with a picture beside it, in a form of several parts, like both."""

    text: Annotated[str, StringConstraints(max_length=LIMITS.text_chars)] | None = None
    k: Annotated[int, Field(ge=1, le=LIMITS.neighbours)] = 10
    view: View | None = None
    category: Name | None = None
    source: Names = []
    not_source: Names = []


class AmongForm(Form):
    """It says which products an offer is matched with: those of a category at any level, of one of the sources, and of none of
    `not_source`."""

    category: Name | None = None
    source: Names = []
    not_source: Names = []


class PairForm(Form):
    """It names a pair of products."""

    left: Id
    right: Id


class PairsForm(Form):
    """They are the pairs to score."""

    pairs: Annotated[list[PairForm], Field(min_length=1, max_length=LIMITS.pairs)]


class ScoredPair(Form):
    """It is a pair with the model's score, its calibrated probability, and whether the score reaches the threshold of the
    category of its left product; the threshold is null where nothing is called a match."""

    left: int | str
    right: int | str
    score: float
    probability: float
    threshold: float | None
    category: str
    match: bool


class ScoresForm(Form):
    """They are the pairs in the order in which they were asked."""

    index: str
    model: str
    pairs: list[ScoredPair]


class PieceForm(Form):
    """It is a run of a text; `mark` says whether the other product lacks it, and whether it holds a digit."""

    text: str
    mark: Literal["", "word", "number"]


class FieldShown(Form):
    """It is one field of both products, in pieces, none where a product lacks it."""

    name: str
    equal: bool
    left: list[PieceForm]
    right: list[PieceForm]


class Side(Form):
    """It is what tells one product of a pair: the id, the title, and how many pictures it has."""

    id: int | str
    title: str | None
    pictures: int


class ReasonForm(Form):
    """It is a reason in words, and what it adds to the log-odds."""

    family: str
    added: float
    words: str


class Family(Form):
    """It is what a family of features adds to the log-odds, and the feature that adds most of it."""

    family: str
    added: float
    strongest: str
    value: float | None


class FeatureAdded(Form):
    """It is a feature's value, null where it is unknown, and what it adds to the log-odds."""

    feature: str
    value: float | None
    added: float


class FactShown(Form):
    """It is a field of both products as text, and whether they agree."""

    name: str
    left: str
    right: str
    agreement: Literal["equal", "conflicting", "unjudged"]


class Explained(Form):
    """It says why a model scores a pair as it does; `against` and `for` are its strongest reasons."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    left: int | str
    right: int | str
    probability: float
    score: float
    threshold: float | None
    category: str
    match: bool
    supporting: Annotated[list[ReasonForm], Field(alias="for")]
    against: list[ReasonForm]
    base: float
    families: list[Family]
    features: list[FeatureAdded]
    facts: list[FactShown]


class PairShown(Form):
    """It is a pair side by side, with what differs marked, and, with a model, why it is scored as it is."""

    left: Side
    right: Side
    fields: list[FieldShown]
    cosines: dict[View, float | None]
    explanation: Explained | None


class Health(Form):
    """It says that the server lives."""

    status: Literal["ok"]


class ReadingForm(Form):
    """It says how many rows of about so many are read of the scores that are reviewed; `refused` why newer ones were not taken up."""

    state: Literal["reading", "ready", "failed"]
    done: int
    total: int
    refused: str | None


class Readiness(Form):
    """It says that index and model are open; `refused` why a newer version was not taken up; `review` how far the scores to review
    are read, null where there are none."""

    status: Literal["ready"]
    index: str
    model: str | None
    refused: str | None
    review: ReadingForm | None


class NamesForm(Form):
    """They are names that a filter may ask for."""

    categories: list[str]
    sources: list[str]


class KnownForm(Form):
    """It says whether there is such a product."""

    known: bool
