"""The trained reranker holds boosters with everything needed to score another file with them."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from indexing.arrays import Floats1d, Floats2d
from indexing.storage.artefact import fingerprint_of
from indexing.storage.records import stored_record
from reranking.boosters.boosting import to_bytes
from reranking.boosters.ensemble import Ensemble
from reranking.decisions.asked_precision import AskedPrecision
from reranking.decisions.calibration import UNCALIBRATED, Calibration
from reranking.decisions.prior_shift import Validation
from reranking.decisions.thresholds import Thresholds
from reranking.kinds.judged_sample import JudgedSample
from reranking.model.index_needs import IndexNeeds
from reranking.model.manifest import GateRecord, ModelManifest
from reranking.model.scores_manifest import stored_threshold
from reranking.model.training_report import TrainingReport
from reranking.pairs.evaluation_category import CategoryMapping, SideCategories
from reranking.signals.stacked import Learned


@dataclass(frozen=True)
class XgboostReranker:
    """It holds boosters whose mean is the score, the features they need, decisions, and what they were trained on.

    `needs` is what an index must have; `report` what training learned (rows, groups, metric, importance). `learned` is
    what else of the features comes from labelled pairs. `scopes` and `specialist_share` are those of the Ensemble that the
    members are; without scopes all members are for all pairs. `validation` are the pairs that decisions were chosen on, `judged`
    some of them with their features, each None where the model keeps none.
    """

    members: tuple[Any, ...]
    feature_names: tuple[str, ...]
    decisions: Thresholds
    target_precision: float
    mapping: CategoryMapping
    needs: IndexNeeds
    report: TrainingReport
    same_source: bool = False
    calibration: Calibration = UNCALIBRATED
    learned: Learned = field(default_factory=Learned)
    scopes: tuple[str | None, ...] = ()
    specialist_share: float = 0.0
    validation: Validation | None = None
    judged: JudgedSample | None = None

    @property
    def asked(self) -> AskedPrecision:
        """Return the precision that was asked of what is called a match."""
        options = self.report.options
        return AskedPrecision(self.target_precision, options.target_precisions, options.assume)

    @cached_property
    def ensemble(self) -> Ensemble:
        """Return the members, and what each is for."""
        return Ensemble(self.members, self.scopes or (None,) * len(self.members), self.specialist_share)

    def score(self, features: Floats2d, sides: SideCategories | None = None) -> Floats1d:
        """Return scores (p,) float32 from 0 to 1 of features (p, f) in the order of `feature_names`.

        A model with boosters of single categories needs the evaluation categories of both products of each pair.
        """
        return self.ensemble.score(features, sides)

    def probabilities(self, scores: Floats1d, categories: pa.Array) -> Floats1d:
        """Return the calibrated probabilities (p,) float32 of scores in these evaluation categories; a higher score
        never has a lower one."""
        return self.calibration.of(scores, categories).astype(np.float32)

    @cached_property
    def fingerprint(self) -> str:
        """Return a text that changes with anything that scores, probabilities or the model's own thresholds depend on: all of the
        boosters are read for it, once."""
        looks, words = self.learned.looks, self.learned.words
        boosters = (*self.members, *(member for look in looks for member in look.members))
        read = [] if words is None else words.models[0].stored().tolist()
        return fingerprint_of(stored_record(self.manifest), [to_bytes(booster).hex() for booster in boosters], read)

    @property
    def thresholds(self) -> dict[str, float]:
        """Return the threshold of each evaluation category; infinity where nothing is called a match."""
        return dict(self.decisions.by_category)

    @property
    def categories(self) -> tuple[str, ...]:
        """Return the categories that are evaluated on their own."""
        return self.mapping.kept

    @property
    def manifest(self) -> ModelManifest:
        """Return what the model's folder says of it."""
        learned = self.learned
        return ModelManifest(
            features=self.feature_names,
            members=len(self.members),
            scopes=self.scopes,
            specialist_share=self.specialist_share,
            target_precision=self.target_precision,
            thresholds={name: stored_threshold(value) for name, value in self.decisions.by_category.items()},
            default_threshold=stored_threshold(self.decisions.default),
            f1_threshold=stored_threshold(self.decisions.f1),
            calibration=self.calibration,
            categories=self.mapping.kept,
            needs=self.needs,
            same_source=self.same_source,
            cross=None if learned.cross is None else learned.cross.fingerprint,
            gate=None
            if learned.gate is None
            else GateRecord(features=learned.gate.look.feature_names, reach=learned.gate.reach),
            look=None if learned.look is None else learned.look.feature_names,
            words=learned.words is not None,
            report=self.report,
        )
