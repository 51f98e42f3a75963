"""The manifest of a model's folder keeps its features, thresholds and needs, and what its training says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from indexing.storage.artefact import MANIFEST, Manifest
from indexing.storage.records import OMIT, read_record
from reranking.decisions.calibration import Calibration
from reranking.decisions.thresholds import Thresholds
from reranking.model.index_needs import IndexNeeds
from reranking.model.scores_manifest import read_threshold
from reranking.model.training_report import TrainingReport

KIND = "model"


@dataclass(frozen=True, kw_only=True)
class GateRecord:
    """It names the features of the first look that says which pairs a cross-encoder reads, and how far from even odds, in log-odds,
    these may be."""

    features: tuple[str, ...]
    reach: float


@dataclass(frozen=True, kw_only=True)
class ModelManifest:
    """It keeps what a model's folder says of it. A threshold of None is never reached: in JSON it is null.

    `scopes` and `specialist_share` are those of the Ensemble of `members` boosters; `cross` is the fingerprint of a
    cross-encoder's folder in the model's, `look` names the features of the first look at rivals, each None where there
    is none; `gate` says of which pairs the cross-encoder reads, None where it reads all. Models of before any of these lack its key.
    """

    features: tuple[str, ...]
    members: int
    scopes: tuple[str | None, ...] = ()
    specialist_share: float = 0.0
    target_precision: float
    thresholds: Mapping[str, float | None]
    default_threshold: float | None
    f1_threshold: float | None
    calibration: Calibration
    categories: tuple[str, ...]
    needs: IndexNeeds
    same_source: bool
    cross: str | None = None
    gate: GateRecord | None = field(default=None, metadata=OMIT)
    look: tuple[str, ...] | None = None
    words: bool = False
    report: TrainingReport

    @property
    def decisions(self) -> Thresholds:
        """Return the thresholds, infinity where none is reached."""
        by_category = {name: read_threshold(value) for name, value in self.thresholds.items()}
        return Thresholds(by_category, read_threshold(self.default_threshold), read_threshold(self.f1_threshold))


def model_manifest(folder: Path, manifest: Manifest) -> ModelManifest:
    """Read a model folder's manifest. Raises InputError, in one line, for keys or values that it cannot have."""
    return read_record(manifest.made, ModelManifest, where=f"{folder}/{MANIFEST}", remedy="train the model again")
