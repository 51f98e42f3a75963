"""The trained reranker: boosters with everything needed to score another file with them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from indexing.arrays import Floats1d, Floats2d
from indexing.errors import InputError
from indexing.product_index import ProductIndex
from indexing.storage.artefact import fingerprint_of
from indexing.storage.records import stored_record
from reranking.boosters.boosting import to_bytes
from reranking.boosters.ensemble import Ensemble
from reranking.decisions.calibration import Calibration
from reranking.decisions.thresholds import Thresholds
from reranking.pairs.evaluation_category import CategoryMapping
from reranking.signals.signals import Learned


@dataclass(frozen=True)
class IndexNeeds:
    """What an index must have for the model: views, neighbours kept, and the settings that cosines depend on."""

    views: tuple[str, ...]
    k: int
    encoders: Mapping[str, Any]
    text_weight: float
    match_across_sources: bool
    lexical: Mapping[str, Any] | None

    @classmethod
    def of(cls, index: ProductIndex) -> "IndexNeeds":
        made = index.made
        encoders = {view: record.settings() for view, record in made.encoders.items()}
        lexical = None if made.lexical is None else stored_record(made.lexical)
        return cls(index.views, index.k, encoders, made.text_weight, made.match_across_sources, lexical)

    def refuse(self, index: ProductIndex) -> None:
        """Raises InputError when an index does not have what the model needs."""
        has = IndexNeeds.of(index)
        where = f"{index.folder}: does not fit the model"
        lacking = [view for view in self.views if view not in has.views]
        if lacking:
            raise InputError(f"{where}: it has no {lacking[0]} view (has {', '.join(has.views)}): build it with one")
        for view, settings in self.encoders.items():
            if has.encoders.get(view) != settings:
                found = has.encoders.get(view, {}).get("spec", "none")
                raise InputError(
                    f"{where}: its {view} encoder is {found}, the model's {settings['spec']} or other options"
                )
        if has.k < self.k:
            raise InputError(f"{where}: it keeps {has.k} neighbours, the model was trained with {self.k}: -k {self.k}")
        if "lexical" in self.views and has.lexical != self.lexical:
            raise InputError(f"{where}: its lexical view was made with other options or text fields: build it alike")
        if "fused" in self.views and has.text_weight != self.text_weight:
            raise InputError(f"{where}: its text weight is {has.text_weight}, the model's {self.text_weight}")
        if has.match_across_sources != self.match_across_sources:
            raise InputError(
                f"{where}: match across sources is {has.match_across_sources}, the model's {self.match_across_sources}"
            )


@dataclass(frozen=True)
class XgboostReranker:
    """Boosters whose mean is the score, the features they need, decisions, and what they were trained on.

    `needs` is what an index must have; `report` what training learned (rows, groups, metric, importance). `learned` is
    what else of the features comes from labelled pairs. `scopes` and `specialist_share` are those of the Ensemble that the
    members are; without scopes all members are for all pairs.
    """

    members: tuple[Any, ...]
    feature_names: tuple[str, ...]
    decisions: Thresholds
    target_precision: float
    mapping: CategoryMapping
    needs: IndexNeeds
    report: Mapping[str, Any]
    same_source: bool = False
    calibration: Calibration = field(default_factory=Calibration)
    learned: Learned = field(default_factory=Learned)
    scopes: tuple[str | None, ...] = ()
    specialist_share: float = 0.0

    @cached_property
    def ensemble(self) -> Ensemble:
        """The members, and what each is for."""
        return Ensemble(self.members, self.scopes or (None,) * len(self.members), self.specialist_share)

    def score(self, features: Floats2d, categories: pa.Array | None = None) -> Floats1d:
        """Scores (p,) float32 from 0 to 1 of features (p, f) in the order of `feature_names`.

        A model with boosters of single categories needs the evaluation category (p,) of each pair.
        """
        return self.ensemble.score(features, categories)

    def probabilities(self, scores: Floats1d, categories: pa.Array) -> Floats1d:
        """The calibrated probabilities (p,) float32 of scores in these evaluation categories, ordered as they are."""
        return self.calibration.of(scores, categories).astype(np.float32)

    @property
    def fingerprint(self) -> str:
        """Changes with anything that scores or decisions depend on."""
        look, words = self.learned.look, self.learned.words
        boosters = (*self.members, *(look.members if look else ()))
        read = [] if words is None else words.models[0].stored().tolist()
        return fingerprint_of(self.made(), [to_bytes(booster).hex() for booster in boosters], read)

    @property
    def thresholds(self) -> dict[str, float]:
        """The threshold of each evaluation category; infinity where nothing is called a match."""
        return dict(self.decisions.by_category)

    @property
    def categories(self) -> tuple[str, ...]:
        """The level-3 categories that are evaluated on their own."""
        return self.mapping.kept

    def made(self) -> dict[str, Any]:
        """What the manifest says of it: JSON-able."""
        by_category = {name: _finite(value) for name, value in self.decisions.by_category.items()}
        return {
            "features": list(self.feature_names),
            "members": len(self.members),
            "scopes": list(self.scopes),
            "specialist_share": self.specialist_share,
            "target_precision": self.target_precision,
            "thresholds": by_category,
            "default_threshold": _finite(self.decisions.default),
            "f1_threshold": _finite(self.decisions.f1),
            "calibration": self.calibration.stored(),
            "categories": list(self.mapping.kept),
            "needs": {**vars(self.needs), "views": list(self.needs.views)},
            "same_source": self.same_source,
            "cross": None if self.learned.cross is None else self.learned.cross.fingerprint,
            "look": None if self.learned.look is None else list(self.learned.look.feature_names),
            "words": self.learned.words is not None,
            "report": dict(self.report),
        }


def _finite(threshold: float) -> float | None:
    """Infinity has no place in JSON: null is written for 'never'."""
    return threshold if math.isfinite(threshold) else None
