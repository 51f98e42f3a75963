"""Why a pair got its score: what each family of features adds to the log-odds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Floats2d
from reranking.boosting import contributions
from reranking.features import Feature
from reranking.xgboost_reranker import XgboostReranker


@dataclass(frozen=True)
class FamilyContributions:
    """Of one pair: what each family adds to the log-odds, `added` (g,) float32, strongest first, and `base`, where
    they start. `strongest` (g,) names the feature that adds most within the family, `values` (g,) its value, NaN if
    unknown.

    The members' log-odds are meaned, so base and all that is added together give the score nearly, not exactly: the
    score is the mean of the members' probabilities.
    """

    families: tuple[str, ...]
    added: Floats1d
    strongest: tuple[str, ...]
    values: Floats1d
    base: float


def explain_pair(model: XgboostReranker, features: Sequence[Feature], values: Floats2d) -> FamilyContributions:
    """Explain one pair: `values` (1, f) of the model's `features`, in its order."""
    added = contributions(model.members, values)[0]
    families = np.array([feature.family for feature in features])
    names = list(dict.fromkeys(families))
    sums = np.array([added[:-1][families == name].sum() for name in names], dtype=np.float32)
    strongest = np.array(
        [np.flatnonzero(families == name)[np.argmax(np.abs(added[:-1][families == name]))] for name in names]
    )
    order = np.argsort(-np.abs(sums), kind="stable")
    return FamilyContributions(
        tuple(str(names[place]) for place in order),
        sums[order],
        tuple(features[place].name for place in strongest[order]),
        values[0][strongest[order]],
        float(added[-1]),
    )
