"""Encoders turn products into unit rows of one view; which one is named by a SPEC, chosen at the edge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from indexing.arrays import Floats2d
from indexing.errors import InputError

if TYPE_CHECKING:
    from indexing.catalog.catalog import Catalog
    from indexing.catalog.rejects import Reject  # late: who opens an index reads no file of rejects

NEURAL = ("st", "static", "clip", "clip-text")  # engines whose vectors a model made, which takes long
ENGINES = {
    "text": ("lsa", "column", "st", "static", "clip-text", "none"),
    "image": ("thumbnail", "patches", "column", "clip", "none"),
}
LOOKING = ("thumbnail", "patches", "clip", "points")  # engines that read pictures
NAMED = {"text": "column:NAME, st:MODEL, static:MODEL, clip-text:MODEL", "image": "column:NAME, clip:MODEL"}


@dataclass(frozen=True)
class Encoded:
    """It holds unit rows (n, d) float32, zeros where there is nothing to see, and what had to be set aside."""

    rows: Floats2d
    rejects: "list[Reject]" = field(default_factory=list)


class Encoder(Protocol):
    """An encoder encodes catalogues, one block at a time. A query is a catalogue of one product (`catalog_of`)."""

    @property
    def spec(self) -> str:
        """Return the SPEC that names this encoder, such as `lsa` or `column:name_bert_64`."""

    @property
    def dim(self) -> int:
        """Return d, the length of a row."""

    def encode(self, catalog: "Catalog") -> Encoded:
        """Return one row a product, in the catalogue's order."""


@dataclass(frozen=True)
class Spec:
    """It holds a SPEC taken apart: `column:main+extra` is engine `column`, name `main+extra`."""

    engine: str
    name: str = ""

    @classmethod
    def of(cls, text: str) -> "Spec":
        """Take a SPEC apart, of whatever view."""
        engine, _, name = text.partition(":")
        return cls(engine, name)

    def __str__(self) -> str:
        return f"{self.engine}:{self.name}" if self.name else self.engine


def parse_spec(text: str, view: str) -> Spec:
    """Return the SPEC of a view's encoder. Raises InputError for engines that the view does not have."""
    spec, own = Spec.of(text), ENGINES[view]
    if spec.engine not in own:
        raise InputError(f"--{view}-encoder {text}: choose from {', '.join(own)} ({NAMED[view]})")
    if (spec.engine == "column" or spec.engine in NEURAL) != bool(spec.name):
        raise InputError(f"--{view}-encoder {text}: write {NAMED[view]}, or {own[0]} without a name")
    return spec


def column_names(spec: Spec) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the vector columns of a SPEC: those that every product must have, and the optional one after a plus."""
    if spec.engine != "column":
        return (), ()
    main, _, extra = spec.name.partition("+")
    return (main,), (extra,) if extra else ()


def vector_columns(specs: Mapping[str, Spec]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the vector columns that the encoders of these views take: those in which every product must have a vector,
    and those in which it may have none. A text every product has, a picture not."""
    always, optional = dict[str, None](), dict[str, None]()
    for view, spec in specs.items():
        main, extra = column_names(spec)
        (always if view == "text" else optional).update(dict.fromkeys(main))
        optional.update(dict.fromkeys(extra))
    return tuple(always), tuple(name for name in optional if name not in always)
