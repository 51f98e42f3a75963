"""Reasons say in words why pairs got their scores, and which features matter in each category."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eval.inputs.context import Context
from eval.inputs.joining import JudgedPairs
from indexing.arrays import Floats2d, Ints1d

if TYPE_CHECKING:
    from reranking.explain.reasons import Reason
    from reranking.model.pair_scorer import PairScorer
    from reranking.signals.feature import Feature

STRONGEST = 3  # reasons of a pair
FEATURES = 8  # features of a category
SAMPLE = 60  # pairs of a category, half of them matches where there are enough


@dataclass(frozen=True)
class Strength:
    """It is a feature's mean absolute contribution to the log-odds over a sample of pairs, and says what it means."""

    feature: str
    meaning: str
    strength: float


@dataclass(frozen=True)
class ReportReasons:
    """It holds the reasons of pairs by row of the truth, and the features of categories by code, the strongest
    first."""

    of_pair: "dict[int, tuple[Reason, ...]]"
    of_category: dict[int, tuple[Strength, ...]]


NO_REASONS = ReportReasons({}, {})


def find_reasons(pairs: JudgedPairs, codes: Ints1d, rows: Ints1d, context: Context, *, seed: int = 0) -> ReportReasons:
    """Find the reasons of the pairs at `rows`, and of a sample in each category; none without both index and model."""
    if context.index is None or context.model is None:
        return NO_REASONS
    sampled = _sample(pairs, codes, seed)
    wanted = np.unique(np.concatenate([rows, *sampled.values()]))
    found = _Explained.of(pairs, wanted, context)
    places = {int(row): place for place, row in enumerate(wanted)}
    return ReportReasons(
        {int(row): found.strongest(places[int(row)]) for row in rows},
        {
            code: _strengths(found.declared, found.added[[places[int(row)] for row in chosen], :-1])
            for code, chosen in sampled.items()
        },
    )


@dataclass(frozen=True)
class _Explained:
    """It holds pairs (r,) by position, the model's features as declared, their values (r, f) and what they add to the
    log-odds (r, f + 1)."""

    scorer: "PairScorer"
    left: Ints1d
    right: Ints1d
    declared: Sequence["Feature"]
    values: Floats2d
    added: Floats2d

    @classmethod
    def of(cls, pairs: JudgedPairs, rows: Ints1d, context: Context) -> "_Explained":
        from reranking.model.pair_scorer import PairScorer

        assert context.index is not None
        assert context.model is not None
        catalog = context.index.catalog
        left, right = catalog.positions(pairs.left)[rows], catalog.positions(pairs.right)[rows]
        scorer = PairScorer.prepare(context.index, context.model, np.unique(np.concatenate([left, right])))
        values = scorer.features(left, right)
        declared = [scorer.signals.features[column] for column in scorer.columns]
        added = context.model.ensemble.contributions(values, scorer.side_categories(left, right))
        return cls(scorer, left, right, declared, values, added)

    def strongest(self, place: int) -> "tuple[Reason, ...]":
        """Return the reasons of one pair, for and against."""
        from reranking.explain.contributions import FeatureContributions
        from reranking.explain.explanation import seen_pair
        from reranking.explain.reasons import reasons_of

        added = self.added[place]
        found = FeatureContributions(tuple(self.declared), self.values[place], added[:-1], float(added[-1]))
        reasons = reasons_of(seen_pair(self.scorer, int(self.left[place]), int(self.right[place]), found), STRONGEST)
        both = (*reasons.supporting, *reasons.opposing)
        return tuple(sorted(both, key=lambda reason: -abs(reason.added))[:STRONGEST])


def _sample(pairs: JudgedPairs, codes: Ints1d, seed: int) -> dict[int, Ints1d]:
    generator = np.random.default_rng(seed)
    found = {}
    for code in np.unique(codes):
        inside = np.flatnonzero(codes == code)
        sides = [generator.permutation(inside[pairs.targets[inside] == target]) for target in (1, 0)]
        half = max(SAMPLE // 2, SAMPLE - min(len(side) for side in sides))
        found[int(code)] = np.concatenate([side[:half] for side in sides])[:SAMPLE]
    return found


def _strengths(declared: Sequence["Feature"], added: Floats2d) -> tuple[Strength, ...]:
    mean = np.abs(added).mean(axis=0)
    order = np.argsort(-mean, kind="stable")[:FEATURES]
    return tuple(Strength(declared[place].name, declared[place].meaning, float(mean[place])) for place in order)
