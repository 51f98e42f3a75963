"""A file of scores says how it was made in a JSON object in the metadata of its parquet schema."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from indexing.errors import InputError
from indexing.storage.records import OMIT, read_record, stored_record

KIND, METADATA_KEY = "scores", b"heroic"


@dataclass(frozen=True)
class ScoredColumns:
    """It names the columns of both ids in the file of pairs that was scored."""

    left: str
    right: str


@dataclass(frozen=True)
class PriorRecord:
    """The share of matches among the scored pairs: as the model expects it, as it was found (with its standard `error` in
    log-odds, and by how many pairs are called at the best F1, `black_box`), and the one that scores were made for; `kind` is what was asked:
    model, estimate or told. None stands for what is not known, and for `used` where probabilities and thresholds stayed."""

    kind: str
    expected: float | None = None
    found: float | None = None
    error: float | None = None
    black_box: float | None = None
    used: Mapping[str, float] | None = None


@dataclass(frozen=True)
class WithdrawnRecord:
    """The promise of precision was withdrawn for a `source`, a `category`, or `all` calls without those named before, `share` of
    whose calls are unlike."""

    margin: str
    name: str
    share: float


@dataclass(frozen=True)
class KindRecord:
    """The share of calls that are unlike any that were judged: of all, by source and by category, of a sample of so many `calls`;
    what the promise was withdrawn for, and the features that tell such calls. `untold` says why nothing was found: no features
    `kept`, or too few pairs `judged` or `called`."""

    untold: str | None = field(default=None, metadata=OMIT)
    calls: int = field(default=0, metadata=OMIT)
    share: float | None = field(default=None, metadata=OMIT)
    sources: Mapping[str, float] = field(default_factory=dict, metadata=OMIT)
    categories: Mapping[str, float] = field(default_factory=dict, metadata=OMIT)
    withdrawn: tuple[WithdrawnRecord, ...] = field(default=(), metadata=OMIT)
    told_by: tuple[str, ...] = field(default=(), metadata=OMIT)


@dataclass(frozen=True)
class ScoresManifest:
    """It names the index, the model and the decisions that scores were made with, as far as the file says so.

    A threshold of None is never reached; files that name no `thresholds` say nothing of decisions.
    """

    kind: str = KIND
    index_fingerprint: str | None = None
    model_fingerprint: str | None = None
    target_precision: float | None = None
    target_precisions: Mapping[str, float] = field(default_factory=dict)
    thresholds: Mapping[str, float | None] = field(default_factory=dict)
    default_threshold: float | None = None
    f1_threshold: float | None = None
    columns: ScoredColumns | None = field(default=None, metadata=OMIT)
    prior: PriorRecord | None = field(default=None, metadata=OMIT)
    kinds: KindRecord | None = field(default=None, metadata=OMIT)

    def __post_init__(self) -> None:
        if self.kind != KIND:
            raise InputError(f"it says that the file holds {self.kind}, not scores")

    def as_metadata(self) -> bytes:
        """Return the JSON that the file keeps under METADATA_KEY."""
        return json.dumps(stored_record(self), ensure_ascii=False).encode()


def read_scores_manifest(raw: bytes, path: object) -> ScoresManifest:
    """Read what the metadata of a file of scores says. Raises InputError, in one line, where it cannot be read."""
    where = f"{path}: its heroic metadata cannot be read"
    try:
        stored = json.loads(raw)
    except ValueError as error:
        raise InputError(f"{where} ({error}): score again") from error
    return read_record(stored, ScoresManifest, where=where, remedy="score again")


def stored_threshold(threshold: float) -> float | None:
    """Return a threshold for JSON, which has no infinity: null is written for 'never'."""
    return threshold if math.isfinite(threshold) else None


def read_threshold(stored: float | None) -> float:
    """Return the threshold that `stored_threshold` was given: null is infinity."""
    return math.inf if stored is None else stored
