"""The manifest of an index says what it was built of, how, what was chosen on the way, and what was measured of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from indexing.catalog.catalog import CATEGORY_LEVEL
from indexing.encoders.record import EncoderRecord
from indexing.join.options import JoiningOptions, JoinRecord
from indexing.search.recall import CategoryRecall
from indexing.storage.artefact import Manifest, fingerprint_of
from indexing.storage.records import OMIT, read_record, stored_record
from indexing.vectors.ngram_options import LexicalOptions
from indexing.words.reading import EARLIER, Reading

KIND = "index"


@dataclass(frozen=True)
class CatalogRecord:
    """It describes the catalogue: how many `products`, its `digest`, the name of its schema, the columns that nothing
    was made of, the folder that relative pictures lie in, how the digest was made (`digest_version`), the `inputs` of the
    schema as YAML would say them (an earlier index does not say), and which level of the categories is evaluated."""

    products: int
    digest: str
    schema: str
    unread: tuple[str, ...]
    pictures: str
    digest_version: int = field(default=1, metadata=OMIT)
    inputs: tuple[Mapping[str, Any], ...] = field(default=(), metadata=OMIT)
    category_level: int = field(default=CATEGORY_LEVEL, metadata=OMIT)


@dataclass(frozen=True)
class Effort:
    """It says how hard an engine searches: FAISS's name of the parameter, such as nprobe, and its value."""

    name: str
    value: int


@dataclass(frozen=True)
class RecallRecord:
    """It keeps the recall@k that was asked and measured: of searches (`queries`) and of the kept `neighbours`, the
    standard `error` of the latter, on a `sample` of so many products, and by category; None where nobody of the sample
    has a neighbour."""

    asked: float
    k: int
    queries: float | None
    neighbours: float | None = None
    error: float | None = None
    sample: int = 0
    by_category: Mapping[str, CategoryRecall] = field(default_factory=dict)


@dataclass(frozen=True)
class TunedEngine:
    """It describes the engine of a dense view before its join: a FAISS `factory`, how hard it searches (None: it has no
    choice), the factories that missed the asked recall before it, and the recall of its searches."""

    factory: str
    effort: Effort | None
    stepped_back_from: tuple[str, ...]
    recall: RecallRecord


@dataclass(frozen=True)
class EngineRecord:
    """It describes the engine and the join of a dense view. `compared` is the share of all pairs of distinct rows whose
    cosine the join computed, None for a join through an engine."""

    tuned: TunedEngine
    join: JoinRecord
    compared: float | None = None

    @property
    def factory(self) -> str:
        """Return the FAISS factory string of the engine."""
        return self.tuned.factory

    @property
    def recall(self) -> RecallRecord:
        """Return what was measured of searches and kept neighbours."""
        return self.tuned.recall

    @classmethod
    def chosen(cls, stored: Mapping[str, Any]) -> "EngineRecord":
        """Read what `stored` gave: engine, join and share lie flat beside each other."""
        parts = [
            {name: stored[name] for name in stored if name in kind.__annotations__}
            for kind in (TunedEngine, JoinRecord)
        ]
        rest = {name: stored[name] for name in stored if not any(name in part for part in parts)}
        tuned = read_record(parts[0], TunedEngine, where="engine", remedy="build the index again")
        join = read_record(parts[1], JoinRecord, where="join", remedy="build the index again")
        return cls(tuned, join, read_record(rest, _Compared, where="engine", remedy="build the index again").compared)

    def stored(self) -> dict[str, Any]:
        """Return the JSON object of the manifest."""
        compared = {} if self.compared is None else {"compared": self.compared}
        return {**stored_record(self.tuned), **stored_record(self.join), **compared}

    def depends_on(self) -> dict[str, Any]:
        """Return what was chosen, JSON-able, without what was measured of it."""
        return {name: value for name, value in self.stored().items() if name != "recall"}


@dataclass(frozen=True)
class _Compared:
    compared: float | None = None


@dataclass(frozen=True)
class LayersRecord:
    """It says where the products of an updated index are: rows of the build (`main`) and of the `delta`, `dead` ones
    among both."""

    main: int
    delta: int
    dead: int


@dataclass(frozen=True)
class UpdatesRecord:
    """It counts the updates (`number`) since the index was `built`, by that fingerprint, and says when it was
    `created`. `rows` say by view, in 16 digits, which rows are others than then, a view without any is left out."""

    number: int
    built: str
    created: str
    rows: Mapping[str, str] = field(default_factory=dict, metadata=OMIT)


@dataclass(frozen=True)
class IndexManifest:
    """It holds all that an index says of how it was made.

    `encoders` are those of the encoded views (text, image, image_extra, image_points), `views` those that were joined, `engines`
    those of the dense ones among them. `index` is the FAISS factory of the view that is searched by default, `asked`
    what was asked of indexes and joins (None: an earlier index does not say), `reading` how texts are read. `layers` and `updates` are there after an
    update, `refitted` after a compaction that fitted the encoders again: the digest of the catalogue that they were
    fitted to.
    """

    catalog: CatalogRecord
    text_weight: float
    text_fields: tuple[str, ...]
    match_across_sources: bool
    k: int
    seed: int
    rejects: int
    encoders: Mapping[str, EncoderRecord]
    views: tuple[str, ...]
    lexical: LexicalOptions | None
    index: str
    engines: Mapping[str, EngineRecord] = field(default_factory=dict)
    asked: JoiningOptions | None = field(default=None, metadata=OMIT)
    reading: Reading = field(default=EARLIER, metadata=OMIT)
    layers: LayersRecord | None = field(default=None, metadata=OMIT)
    updates: UpdatesRecord | None = field(default=None, metadata=OMIT)
    refitted: str | None = field(default=None, metadata=OMIT)

    def fingerprint(self) -> str:
        """Return 16 digits that change with all that neighbours and cosines depend on.

        That is neither where models were, nor what was asked and measured: what came of it is in the engines. How
        columns were read is in the catalogue.
        """
        engines = {view: engine.depends_on() for view, engine in self.engines.items()}
        encoders = {view: {**record.depends_on(), "dim": record.dim} for view, record in self.encoders.items()}
        catalog = replace(self.catalog, inputs=())
        rest = stored_record(replace(self, catalog=catalog, asked=None, engines={}, encoders={}))
        parts = {**rest, "encoders": encoders, "engines": engines, "catalog": self.catalog.digest}
        level = self.catalog.category_level
        return fingerprint_of(parts if level == CATEGORY_LEVEL else {**parts, "category_level": level})

    def factory_of(self, view: str) -> str:
        """Return the FAISS factory of a dense view."""
        return self.engines[view].factory if view in self.engines else self.index


def index_manifest(manifest: Manifest, folder: Path) -> IndexManifest:
    """Return what a manifest says of the index in `folder`.

    Raises InputError, in one line with what to do, where a key is missing, nobody knows it, or its value is of another type.
    """
    where = f"{folder}: its manifest does not say what its index is"
    return read_record(manifest.made, IndexManifest, where=where, remedy="build it again")
