"""A report's folder keeps this for programs: `report.json`, and what its manifest says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.findings.leakage import Leakage
from eval.findings.mixes import MixedValue
from eval.findings.promise import Promise
from eval.findings.slices import Slice
from eval.metrics.decisions import DecisionValues
from indexing.errors import InputError
from indexing.storage.artefact import MANIFEST, Manifest
from indexing.storage.records import read_record

REPORT_JSON = "report.json"
SCHEMA_VERSION = 1
AGAIN = "evaluate again"


@dataclass(frozen=True)
class ReportManifest:
    """It is what the manifest of a report's folder says: the names of both files, and the precision asked for."""

    scores: str
    truth: str
    target_precision: float


@dataclass(frozen=True)
class Span:
    """It is an interval, with the number of draws in which its value was defined."""

    low: float
    high: float
    rounds: int


@dataclass(frozen=True)
class JudgedColumns:
    """It has the values of the columns `match` (`precision`) and `match_f1` (`f1`), None where scores lack one."""

    precision: DecisionValues | None
    f1: DecisionValues | None


@dataclass(frozen=True)
class DecisionSpans:
    """It has the intervals of the three values of decisions, None where a value was never defined."""

    precision: Span | None
    recall: Span | None
    f1: Span | None


@dataclass(frozen=True)
class JudgedSpans:
    """It has the intervals of both columns of decisions."""

    precision: DecisionSpans | None
    f1: DecisionSpans | None


@dataclass(frozen=True)
class ReportIntervals:
    """It says how intervals were drawn, and has those of the values over all categories."""

    confidence: float
    rounds: int
    seed: int
    method: str
    weighted: Span | None
    decisions: JudgedSpans


@dataclass(frozen=True)
class CategoryRow:
    """It has the values of one category. `threshold` was found on its pairs, `model_threshold` decides;
    `held_precision` and `held_recall` are of decisions made before the labels were seen; None where there is no such
    number."""

    category: str
    pairs: int
    positives: int
    base_rate: float
    weighted: float
    interval: Span | None
    strict: float
    recall_at_precision: float
    threshold: float | None
    model_threshold: float | None
    held_precision: float | None
    held_precision_interval: Span | None
    held_recall: float | None
    called: int
    calibration_error: float | None
    trivial: float
    small: bool


@dataclass(frozen=True)
class ReportedRecall:
    """It has the recall of true matches at each k by one view, over all and by category, None where there are none."""

    recall: tuple[float | None, ...]
    categories: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True)
class Retrieval:
    """It says how many true matches the views of the index propose, and what the scores make of them."""

    k: tuple[int, ...]
    matches: int
    found: int
    missing: int
    same_source: int
    found_and_called: int
    found_and_lost: int
    called_though_not_found: int
    views: Mapping[str, ReportedRecall]


@dataclass(frozen=True)
class MistakeCounts:
    """It says how many pairs mistakes.parquet holds of each kind; `other_barcodes` are the label suspects that are labelled a match
    though both products have barcodes, none in common, None where no barcodes are known."""

    false_matches: int
    missed_matches: int
    label_suspects: int
    other_barcodes: int | None = None


@dataclass(frozen=True)
class ReportSource:
    """It names the files that were judged, and has what the scores say of their making, None where they do not."""

    scores: str
    score_column: str
    truth: str
    index_fingerprint: str | None
    model_fingerprint: str | None
    model_target_precision: float | None
    thresholds: Mapping[str, float | None] | None


@dataclass(frozen=True)
class ReportDocument:
    """It is the report as numbers, categories by falling number of pairs, then by name; None is an undefined number."""

    kind: str
    schema_version: int
    target_precision: float
    pairs: int
    positives: int
    weighted: float
    macro: float
    strict: float
    legacy: float | None
    pooled: float
    trivial: float
    decisions: JudgedColumns
    intervals: ReportIntervals | None
    failed: tuple[str, ...]
    calibration_error: float | None
    mix: MixedValue | None
    categories: tuple[CategoryRow, ...]
    slices: tuple[Slice, ...]
    retrieval: Retrieval | None
    leakage: Leakage | None
    mistakes: MistakeCounts
    category_source: str
    swapped: int
    category_disagreements: int | None
    category_guessed: int
    redecided: int
    absent: tuple[str, ...]
    provenance: ReportSource
    promise: Promise | None = None


def read_document(folder: Path) -> ReportDocument:
    """Read the `report.json` of a report's folder. Raises InputError, in one line, where it cannot be read."""
    path = Path(folder) / REPORT_JSON
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}): {AGAIN}") from error
    version = stored.get("schema_version", SCHEMA_VERSION) if isinstance(stored, dict) else SCHEMA_VERSION
    if version != SCHEMA_VERSION:
        raise InputError(f"{path}: has schema version {version}, this heroic reads {SCHEMA_VERSION}: {AGAIN}")
    return read_record(stored, ReportDocument, where=str(path), remedy=AGAIN)


def report_manifest(folder: Path, manifest: Manifest) -> ReportManifest:
    """Read what a report's manifest says. Raises InputError, in one line, for keys that it cannot have."""
    return read_record(manifest.made, ReportManifest, where=f"{folder}/{MANIFEST}", remedy=AGAIN)
