"""Contributions say why a pair got its score: what each feature, and each family of features, adds to the log-odds;
and their mean over pairs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from indexing.arrays import Floats1d, Floats2d
from reranking.boosters.boosting import contributions
from reranking.model.pair_scorer import PairScorer
from reranking.model.reranker import XgboostReranker
from reranking.model.training_report import FamilyImportance
from reranking.pairs.evaluation_category import SideCategories
from reranking.signals.feature import Feature

PICTURES, NEIGHBOURS = "pictures", "neighbours"
SAMPLED = 1000  # pairs at most, over which what families add is meaned
STRONGEST = 3


def explained_family(feature: Feature) -> str:
    """Return the family that a feature is explained in: the views have two, pictures and all other ranks."""
    if feature.name.startswith("image_"):
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
class FeatureContributions:
    """It keeps of one pair its `features`, their `values` (f,), NaN if unknown, what each adds to the log-odds,
    `added` (f,), both float32, and `base`, where they start."""

    features: tuple[Feature, ...]
    values: Floats1d
    added: Floats1d
    base: float

    def value(self, name: str) -> float:
        """Return the value of a feature, NaN where it is unknown or the model has none of this name."""
        found = (value for feature, value in zip(self.features, self.values, strict=True) if feature.name == name)
        return float(next(found, np.nan))

    def adds(self, belongs: Callable[[Feature], bool]) -> float:
        """Return what the features that belong add together."""
        return float(sum(added for feature, added in zip(self.features, self.added, strict=True) if belongs(feature)))

    def by_family(self) -> FamilyContributions:
        """Sum what features add by `explained_family`, the strongest family first."""
        families = np.array([explained_family(feature) for feature in self.features])
        names = list(dict.fromkeys(families))
        sums = np.array([self.added[families == name].sum() for name in names], dtype=np.float32)
        places = [np.flatnonzero(families == name) for name in names]
        strongest = np.array([place[np.argmax(np.abs(self.added[place]))] for place in places])
        order = np.argsort(-np.abs(sums), kind="stable")
        return FamilyContributions(
            tuple(str(names[place]) for place in order),
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
    families = np.array([explained_family(feature) for feature in features])
    found = [_of_family(family, features, families, added) for family in dict.fromkeys(families.tolist())]
    return sorted(found, key=lambda importance: -importance.added)


def _of_family(
    family: str, features: Sequence[Feature], families: np.ndarray[Any, np.dtype[np.str_]], added: Floats2d
) -> FamilyImportance:
    places = np.flatnonzero(families == family)
    own = np.abs(added[:, places]).mean(axis=0)
    strongest = [place for place in np.argsort(-own, kind="stable")[:STRONGEST] if own[place] > 0]
    together = float(np.abs(added[:, places].sum(axis=1)).mean())
    return FamilyImportance(
        family, together, len(places), tuple(features[int(places[place])].name for place in strongest)
    )
