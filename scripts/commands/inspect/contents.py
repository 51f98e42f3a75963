"""Contents are what was read of an artefact, by its kind: what it says of its making, and what was counted in it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.pages.report_document import ReportManifest
from indexing.index_manifest import IndexManifest
from indexing.storage.records import stored_record
from reranking.grouping.group_files import GroupsManifest
from reranking.model.scores_manifest import ScoresManifest
from scripts.commands.inspect.counts import GroupedProducts, ScoredCounts

if TYPE_CHECKING:
    from reranking.model.manifest import ModelManifest  # which loads XGBoost


@dataclass(frozen=True)
class Origin:
    """It has the fingerprints of the index and the model that something was made with, None where it tells none."""

    index: str | None = None
    model: str | None = None

    def named(self) -> dict[str, str | None]:
        """Return the fingerprints by the kind of what they are of."""
        return {"index": self.index, "model": self.model}


@dataclass(frozen=True)
class IndexContent:
    """It is what the manifest of an index says of its making."""

    made: IndexManifest

    @property
    def origin(self) -> Origin:
        return Origin()

    def as_json(self) -> dict[str, Any]:
        return stored_record(self.made)


@dataclass(frozen=True)
class ModelContent:
    """It is what the manifest of a model says."""

    made: "ModelManifest"

    @property
    def origin(self) -> Origin:
        return Origin(index=self.made.report.index)

    def as_json(self) -> dict[str, Any]:
        return stored_record(self.made)


@dataclass(frozen=True)
class ReportFigures:
    """It has the figures of a report over all categories, and says where its scores came from."""

    pairs: int
    positives: int
    weighted: float
    strict: float
    legacy: float | None
    pooled: float
    index_fingerprint: str | None
    model_fingerprint: str | None


@dataclass(frozen=True)
class ReportContent:
    """It is what the manifest of a report says, and its figures, None where it is damaged."""

    made: ReportManifest
    figures: ReportFigures | None

    @property
    def origin(self) -> Origin:
        found = self.figures
        return Origin() if found is None else Origin(found.index_fingerprint, found.model_fingerprint)

    def as_json(self) -> dict[str, Any]:
        return {**stored_record(self.made), **({} if self.figures is None else stored_record(self.figures))}


@dataclass(frozen=True)
class ScoresContent:
    """It has what a file of scores says of its making, and what was counted in it, None where rows cannot be read."""

    made: ScoresManifest
    counts: ScoredCounts | None

    @property
    def origin(self) -> Origin:
        return Origin(self.made.index_fingerprint, self.made.model_fingerprint)

    def as_json(self) -> dict[str, Any]:
        return {**_kindless(self.made), **({} if self.counts is None else stored_record(self.counts))}


@dataclass(frozen=True)
class GroupsContent:
    """It has what a file of groups says of its making, and what was counted in it, None where rows cannot be read."""

    made: GroupsManifest
    products: GroupedProducts | None

    @property
    def origin(self) -> Origin:
        return Origin(self.made.index_fingerprint, self.made.model_fingerprint)

    def as_json(self) -> dict[str, Any]:
        found, counted = self.products, None if self.products is None else self.products.counted
        return {
            **_kindless(self.made),
            **({} if found is None else {"products": found.products}),
            **({} if counted is None else stored_record(counted)),
        }


Content = IndexContent | ModelContent | ReportContent | ScoresContent | GroupsContent


def _kindless(manifest: ScoresManifest | GroupsManifest) -> dict[str, Any]:
    """Return the manifest without the kind, which stands beside it."""
    return {name: value for name, value in stored_record(manifest).items() if name != "kind"}
