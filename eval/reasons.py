"""Why pairs got their scores: what the families of features add to the log-odds, and the features that matter where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eval.context import Context
from eval.joining import JudgedPairs
from indexing.arrays import Floats2d, Ints1d

if TYPE_CHECKING:
    from reranking.features import Feature

STRONGEST = 3  # reasons of a pair
FEATURES = 8  # features of a category
SAMPLE = 60  # pairs of a category, half of them matches where there are enough


@dataclass(frozen=True)
class Reason:
    """What one family adds to the log-odds of a pair, and the feature that adds most within it, NaN = unknown."""

    family: str
    added: float
    feature: str
    value: float


@dataclass(frozen=True)
class Strength:
    """A feature's mean absolute contribution to the log-odds over a sample of pairs, and what it means."""

    feature: str
    meaning: str
    strength: float


@dataclass(frozen=True)
class Reasons:
    """The reasons of pairs, by row of the truth, and the strongest features by category code."""

    of_pair: dict[int, tuple[Reason, ...]]
    of_category: dict[int, tuple[Strength, ...]]


NO_REASONS = Reasons({}, {})


def find_reasons(pairs: JudgedPairs, codes: Ints1d, rows: Ints1d, context: Context, *, seed: int = 0) -> Reasons:
    """The reasons of the pairs at `rows`, and of a sample in each category; none without both index and model."""
    if context.index is None or context.model is None:
        return NO_REASONS
    sampled = _sample(pairs, codes, seed)
    wanted = np.unique(np.concatenate([rows, *sampled.values()]))
    declared, features, added = _explain(pairs, wanted, context)
    places = {int(row): place for place, row in enumerate(wanted)}
    return Reasons(
        {int(row): _strongest(declared, features[places[int(row)]], added[places[int(row)]]) for row in rows},
        {code: _strengths(declared, added[[places[int(row)] for row in chosen]]) for code, chosen in sampled.items()},
    )


def _explain(pairs: JudgedPairs, rows: Ints1d, context: Context) -> tuple[Sequence["Feature"], Floats2d, Floats2d]:
    """The model's features as declared, their values and their contributions (r, f) at these rows."""
    from reranking.boosting import contributions
    from reranking.pair_scorer import PairScorer

    assert context.index is not None
    assert context.model is not None
    catalog = context.index.catalog
    left, right = catalog.positions(pairs.left)[rows], catalog.positions(pairs.right)[rows]
    scorer = PairScorer.prepare(context.index, context.model, np.unique(np.concatenate([left, right])))
    values = scorer.features(left, right)
    declared = [scorer.signals.features[column] for column in scorer.columns]
    return declared, values, contributions(context.model.members, values)[:, :-1]


def _sample(pairs: JudgedPairs, codes: Ints1d, seed: int) -> dict[int, Ints1d]:
    generator = np.random.default_rng(seed)
    found = {}
    for code in np.unique(codes):
        inside = np.flatnonzero(codes == code)
        sides = [generator.permutation(inside[pairs.targets[inside] == target]) for target in (1, 0)]
        half = max(SAMPLE // 2, SAMPLE - min(len(side) for side in sides))
        found[int(code)] = np.concatenate([side[:half] for side in sides])[:SAMPLE]
    return found


def _strongest(declared: Sequence["Feature"], values: Floats2d, added: Floats2d) -> tuple[Reason, ...]:
    from reranking.contributions import explained_family

    families: dict[str, list[int]] = {}
    for place, feature in enumerate(declared):
        families.setdefault(explained_family(feature), []).append(place)
    reasons = []
    for family, places in families.items():
        most = max(places, key=lambda place: abs(added[place]))
        reasons.append(Reason(family, float(added[places].sum()), declared[most].name, float(values[most])))
    return tuple(sorted(reasons, key=lambda reason: -abs(reason.added))[:STRONGEST])


def _strengths(declared: Sequence["Feature"], added: Floats2d) -> tuple[Strength, ...]:
    mean = np.abs(added).mean(axis=0)
    order = np.argsort(-mean, kind="stable")[:FEATURES]
    return tuple(Strength(declared[place].name, declared[place].meaning, float(mean[place])) for place in order)
