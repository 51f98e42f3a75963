"""A user's options say which encoders a catalogue's views have, and what these read."""

from dataclasses import dataclass

from indexing.catalog.catalog import TEXT_FIELDS
from indexing.catalog.text_template import TextTemplate
from indexing.encoders.encoder import parse_spec
from indexing.errors import InputError
from indexing.words.reading import TODAYS, Reading

PRECISIONS = ("auto", "fp32", "bf16", "int8")
MOST_POINTS = 1024  # of a picture: more are noise
LEAST_TOKENS, MOST_CHARS = 4, 2**31 - 1  # as many as a length in Arrow is


@dataclass(frozen=True)
class EncodingOptions:
    """These options decide by which encoders a catalogue's vectors are made.

    `text_encoder` and `image_encoder` are SPECs; `image_encoder` auto means the contest's vectors for its schema,
    `patches` where there are pictures, else none. The text and the lexical view read `text_fields`; a neural text encoder
    reads `text_template` instead, where one is given. `model_revision` pins a model of the hub, `max_tokens` bounds what is
    read of a text, `precision` is that of models. Of each field `text_cap` characters are read, None: all but of long
    descriptions. Of each main picture so many `image_points` are kept, by which pairs are compared; it takes an image encoder that looks at
    pictures. Raises InputError for values that no encoder knows.
    """

    text_encoder: str = "lsa"
    image_encoder: str = "auto"
    text_fields: tuple[str, ...] = TEXT_FIELDS
    text_template: str | None = None
    model_revision: str | None = None
    trust_remote_code: bool = False
    max_tokens: int | None = None
    precision: str = "auto"
    text_cap: int | None = None
    image_points: int = 0

    def __post_init__(self) -> None:
        if self.max_tokens is not None and self.max_tokens < LEAST_TOKENS:
            raise InputError(f"--max-tokens {self.max_tokens}: a model needs at least {LEAST_TOKENS}")
        if self.text_cap is not None and not 1 <= self.text_cap <= MOST_CHARS:
            raise InputError(f"--text-cap {self.text_cap}: of a field 1 to {MOST_CHARS:,} characters can be read")
        if not 0 <= self.image_points <= MOST_POINTS:
            raise InputError(f"--image-points {self.image_points}: of a picture 0 to {MOST_POINTS} points can be kept")
        if self.precision not in PRECISIONS:
            raise InputError(f"--precision {self.precision}: choose from {', '.join(PRECISIONS)}")
        if self.text_template is not None:
            TextTemplate(self.text_template)
        parse_spec(self.text_encoder, "text")
        if self.image_encoder != "auto":
            parse_spec(self.image_encoder, "image")

    @property
    def reading(self) -> Reading:
        """Return how the texts of a catalogue are read."""
        return TODAYS if self.text_cap is None else Reading(field_chars=self.text_cap, description_chars=self.text_cap)
