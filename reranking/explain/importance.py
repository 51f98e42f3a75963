"""What a model looks at: how much each family of features moves the log-odds of pairs, meaned over a sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from indexing.arrays import Floats2d
from reranking.boosters.boosting import contributions
from reranking.explain.contributions import explained_family
from reranking.signals.feature import Feature

SAMPLED = 1000  # pairs
STRONGEST = 3


@dataclass(frozen=True)
class FamilyImportance:
    """A family, the mean of what its `features` together add to the log-odds, without its sign, and the names of
    those that add most."""

    family: str
    added: float
    features: int
    strongest: tuple[str, ...]


def family_importance(
    members: Sequence[Any], features: Sequence[Feature], values: Floats2d, *, seed: int
) -> list[FamilyImportance]:
    """Of the model's `features` by their `values` (p, f) of pairs, SAMPLED of them where there are more; the strongest
    family first."""
    rows = np.random.default_rng(seed).permutation(len(values))[:SAMPLED]
    added = contributions(members, values[rows])[:, :-1]
    families = np.array([explained_family(feature) for feature in features])
    found = [_of_family(family, features, families, added) for family in dict.fromkeys(families.tolist())]
    return sorted(found, key=lambda of: -of.added)


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
