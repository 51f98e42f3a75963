"""An index's manifest keeps what the vectors of a view were made from and by: one record an engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from indexing.encoders.encoder import Spec
from indexing.encoders.pictures.patches.options import PatchOptions
from indexing.encoders.precision import Agreement
from indexing.storage.records import OMIT, read_as, stored_record
from indexing.vectors.ngram_options import LsaOptions
from indexing.words.reading import EARLIER, Reading

THUMBNAIL_SHAPES = 128  # of a thumbnail's numbers, the last: eight orientations of each cell of 4 x 4


@dataclass(frozen=True)
class EncoderMade:
    """It keeps what a view's vectors depend on besides the catalogue's texts: an encoder, by its SPEC, and settings."""

    spec: str

    @property
    def engine(self) -> str:
        """Return the SPEC's engine, such as `lsa`."""
        return Spec.of(self.spec).engine

    @classmethod
    def chosen(cls, stored: Mapping[str, Any]) -> "EncoderMade":
        """Read the record of the engine that the stored SPEC names. Raises ValueError for an engine that is not known."""
        if not isinstance(stored, dict) or not isinstance(stored.get("spec"), str):
            raise ValueError("spec is missing: it names the encoder")
        engine = Spec.of(stored["spec"]).engine
        if engine not in ENGINES_MADE:
            raise ValueError(f"spec: the engine {engine!r} is not known")
        return read_as(ENGINES_MADE[engine], stored)


@dataclass(frozen=True)
class LsaMade(EncoderMade):
    """The vectors were made by `lsa`, fitted to the catalogue with these options, of texts read so."""

    options: LsaOptions
    reading: Reading = field(default=EARLIER, metadata=OMIT, kw_only=True)


@dataclass(frozen=True)
class ColumnMade(EncoderMade):
    """The vectors came from `column:NAME`; `vectors` is the digest of the column."""

    vectors: str


@dataclass(frozen=True)
class ThumbnailMade(EncoderMade):
    """The vectors were made by `thumbnail`; `pictures` is a digest of the pictures' states, `extra` says that
    products' further pictures were seen."""

    pictures: str
    extra: bool = False


@dataclass(frozen=True)
class PatchesMade(ThumbnailMade):
    """The vectors were made by `patches`, fitted with these options to the catalogue's main pictures; for the others see
    ThumbnailMade."""

    options: PatchOptions = field(kw_only=True)


@dataclass(frozen=True)
class PointsMade(EncoderMade):
    """The rows were made by `points:N`, of N points at most of each main picture; for `pictures` see ThumbnailMade."""

    pictures: str


@dataclass(frozen=True)
class StaticMade(EncoderMade):
    """The vectors were made by `static:MODEL` at a revision; `digest` tells the contents of models apart, `template`
    is what was read of a product, `reading` how."""

    model: str
    revision: str
    digest: str
    template: str
    reading: Reading = field(default=EARLIER, metadata=OMIT, kw_only=True)


@dataclass(frozen=True)
class SentenceMade(StaticMade):
    """The vectors were made by `st:MODEL`, reading at most `max_tokens` (None: the model's limit) in a precision."""

    max_tokens: int | None
    precision: str


@dataclass(frozen=True)
class ClipMade(EncoderMade):
    """The vectors were made by `clip:MODEL` over pictures; for `extra` and `pictures` see ThumbnailMade."""

    model: str
    digest: str
    precision: str
    extra: bool = False
    pictures: str = field(default="", metadata=OMIT)


@dataclass(frozen=True)
class ClipTextMade(EncoderMade):
    """The vectors were made by `clip-text:MODEL`, the text tower, over a template; for `reading` see
    StaticMade."""

    model: str
    digest: str
    precision: str
    template: str | None
    reading: Reading = field(default=EARLIER, metadata=OMIT, kw_only=True)


ENGINES_MADE: dict[str, type[EncoderMade]] = {
    "lsa": LsaMade,
    "column": ColumnMade,
    "thumbnail": ThumbnailMade,
    "patches": PatchesMade,
    "points": PointsMade,
    "static": StaticMade,
    "st": SentenceMade,
    "clip": ClipMade,
    "clip-text": ClipTextMade,
}


@dataclass(frozen=True)
class EncoderNotes:
    """These notes keep what the vectors do not depend on, but opening the encoder again may.

    They say where its model was (`folder` or `file`), the `name` it was asked by, whether its code was trusted, the
    libraries' `versions`; and how far a precision below fp32 was measured to be from it (`agreement`).
    """

    folder: str | None = field(default=None, metadata=OMIT)
    file: str | None = field(default=None, metadata=OMIT)
    name: str | None = field(default=None, metadata=OMIT)
    trust_remote_code: bool = field(default=False, metadata=OMIT)
    versions: Mapping[str, str] = field(default_factory=dict, metadata=OMIT)
    agreement: Agreement | None = field(default=None, metadata=OMIT)


@dataclass(frozen=True)
class EncoderRecord:
    """It keeps the encoder of one view of an index: what its rows, of `dim` numbers each, were made from.

    `fitted` is the fingerprint of the older index whose fitted encoder an extending build went on with, None where
    there was none.
    """

    made: EncoderMade
    dim: int
    notes: EncoderNotes = field(default_factory=EncoderNotes)
    fitted: str | None = None

    @property
    def spec(self) -> str:
        """Return the SPEC of the encoder."""
        return self.made.spec

    @classmethod
    def chosen(cls, stored: Mapping[str, Any]) -> "EncoderRecord":
        """Read what `stored` gave: the record of the engine lies flat beside the rest."""
        own = {"dim", "notes", "fitted"}
        made = read_as(EncoderMade, {key: value for key, value in stored.items() if key not in own})
        if "dim" not in stored:
            raise ValueError("dim is missing")
        notes = read_as(EncoderNotes, stored.get("notes") or {})
        return cls(made, read_as(int, stored["dim"]), notes, read_as(str | None, stored.get("fitted")))  # type: ignore[arg-type]

    def stored(self) -> dict[str, Any]:
        """Return the JSON object of the manifest."""
        return {**self.depends_on(), "dim": self.dim, "notes": stored_record(self.notes)}

    def options(self) -> dict[str, Any] | None:
        """Return the options that an encoder was fitted with, JSON-able; None for one that is not fitted."""
        return stored_record(self.made.options) if isinstance(self.made, LsaMade | PatchesMade) else None

    @property
    def color_dims(self) -> int:
        """Return how many numbers, the first of a row, tell a picture's colours, the others its shape; 0 where the two are not
        apart."""
        return self.dim - THUMBNAIL_SHAPES if isinstance(self.made, ThumbnailMade) else 0

    def depends_on(self) -> dict[str, Any]:
        """Return what another catalogue's vectors must be made from to be these, JSON-able."""
        fitted = {} if self.fitted is None else {"fitted": self.fitted}
        return {**stored_record(self.made), **fitted}
