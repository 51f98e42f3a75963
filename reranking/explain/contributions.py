"""Contributions say why a pair got its score: what each feature, and each family of features, adds to the log-odds;
and their mean over pairs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from reranking.boosters.boosting import contributions
from reranking.model.pair_scorer import PairScorer
from reranking.model.reranker import XgboostReranker
from reranking.model.training_report import FamilyImportance
from reranking.pairs.evaluation_category import SideCategories
from reranking.signals.families.points import FAMILY as POINTS
from reranking.signals.feature import Feature

PICTURES, NEIGHBOURS = "pictures", "neighbours"
SAMPLED = 1000  # pairs at most, over which what families add is meaned
STRONGEST = 3
LAYOUTS = 8  # of as many models are kept


def explained_family(feature: Feature) -> str:
    """Return the family that a feature is explained in: the views have two, pictures and all other ranks."""
    if feature.name.startswith("image_") or feature.family == POINTS:
        return PICTURES
    if feature.family in ("cosines", "missing views") or feature.family.endswith(" ranks"):
        return NEIGHBOURS
    return feature.family


@dataclass(frozen=True)
class FamilyContributions:
    """It says of one pair what each family adds to the log-odds, `added` (g,) float32, strongest first, and `base`,
    where they start. `strongest` (g,) names the feature that adds most within the family, `values` (g,) its value, NaN
    if unknown.

    The members' log-odds are meaned, so base and all that is added together give the score nearly, not exactly: the
    score is the mean of the members' probabilities.
    """

    families: tuple[str, ...]
    added: Floats1d
    strongest: tuple[str, ...]
    values: Floats1d
    base: float


@dataclass(frozen=True)
class FeatureLayout:
    """It says where a model's features stand: `columns` by name, and by the family that they are explained in (`families`)."""

    columns: Mapping[str, int]
    families: Mapping[str, Ints1d]


@lru_cache(LAYOUTS)
def layout_of(features: tuple[Feature, ...]) -> FeatureLayout:
    """Return the layout of a model's features, which all pairs share."""
    families = np.array([explained_family(feature) for feature in features])
    return FeatureLayout(
        {feature.name: place for place, feature in reversed(tuple(enumerate(features)))},
        {str(family): np.flatnonzero(families == family) for family in dict.fromkeys(families.tolist())},
    )


@dataclass(frozen=True)
class FeatureContributions:
    """It keeps of one pair its `features`, their `values` (f,), NaN if unknown, what each adds to the log-odds,
    `added` (f,), both float32, and `base`, where they start."""

    features: tuple[Feature, ...]
    values: Floats1d
    added: Floats1d
    base: float

    @cached_property
    def layout(self) -> FeatureLayout:
        """Return where the features stand."""
        return layout_of(self.features)

    def value(self, name: str) -> float:
        """Return the value of a feature, NaN where it is unknown or the model has none of this name."""
        column = self.layout.columns.get(name)
        return math.nan if column is None else float(self.values[column])

    def adds(self, columns: Ints1d) -> float:
        """Return what the features of these columns add together."""
        return float(self.added[columns].sum())

    def by_family(self) -> FamilyContributions:
        """Sum what features add by `explained_family`, the strongest family first."""
        names, places = tuple(self.layout.families), tuple(self.layout.families.values())
        sums = np.array([self.added[place].sum() for place in places], dtype=np.float32)
        strongest = np.array([place[np.argmax(np.abs(self.added[place]))] for place in places])
        order = np.argsort(-np.abs(sums), kind="stable")
        return FamilyContributions(
            tuple(names[place] for place in order),
            sums[order],
            tuple(self.features[place].name for place in strongest[order]),
            self.values[strongest[order]],
            self.base,
        )


def explain_pair(scorer: PairScorer, left: int, right: int) -> FeatureContributions:
    """Return what each feature adds to the score of the pair of products at these positions."""
    features = scorer.signals.features
    declared = [features[column] for column in scorer.columns]
    one, other = np.array([left]), np.array([right])
    return explain_row(scorer.model, declared, scorer.features(one, other), scorer.side_categories(one, other))


def explain_row(
    model: XgboostReranker, features: Sequence[Feature], values: Floats2d, sides: SideCategories | None = None
) -> FeatureContributions:
    """Return what each of the model's `features`, in its order, adds to the log-odds by its `values` (1, f) for
    products of `sides` (1,)."""
    added = model.ensemble.contributions(values, sides)[0]
    return FeatureContributions(tuple(features), values[0], added[:-1], float(added[-1]))


def family_importance(
    members: Sequence[Any], features: Sequence[Feature], values: Floats2d, *, seed: int
) -> list[FamilyImportance]:
    """Measure the families of the model's `features` by their `values` (p, f) of pairs, SAMPLED of them where there
    are more; the strongest family comes first."""
    rows = np.random.default_rng(seed).permutation(len(values))[:SAMPLED]
    added = contributions(members, values[rows])[:, :-1]
    places = layout_of(tuple(features)).families
    found = [_of_family(family, features, columns, added) for family, columns in places.items()]
    return sorted(found, key=lambda importance: -importance.added)


def _of_family(family: str, features: Sequence[Feature], places: Ints1d, added: Floats2d) -> FamilyImportance:
    own = np.abs(added[:, places]).mean(axis=0)
    strongest = [place for place in np.argsort(-own, kind="stable")[:STRONGEST] if own[place] > 0]
    together = float(np.abs(added[:, places].sum(axis=1)).mean())
    return FamilyImportance(
        family, together, len(places), tuple(features[int(places[place])].name for place in strongest)
    )
