"""An explanation tells of one pair its score, the decision, what each feature adds, and the reasons in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reranking.explain.contributions import FeatureContributions, explain_pair
from reranking.explain.reasons import Reasons, reasons_of
from reranking.explain.wording.learned import told_tokens
from reranking.explain.wording.seen_pair import SeenPair
from reranking.model.pair_scorer import PairScorer


@dataclass(frozen=True)
class Explanation:
    """It explains one pair. `probability` is the calibrated one; what decides is whether the `score` reaches the
    `threshold` of the pair's evaluation `category`, infinity where nothing is called a match."""

    pair: SeenPair
    probability: float
    score: float
    threshold: float
    category: str
    reasons: Reasons

    @property
    def match(self) -> bool:
        """Say whether the model calls the pair a match."""
        return self.score >= self.threshold


def explain(scorer: PairScorer, left: int, right: int) -> Explanation:
    """Explain the pair of products at positions `left` and `right`, for which the scorer was prepared."""
    lefts, rights = np.array([left]), np.array([right])
    pair = seen_pair(scorer, left, right, explain_pair(scorer, left, right))
    return Explanation(
        pair,
        float(scorer.probabilities(lefts, rights)[0]),
        float(scorer.score(lefts, rights)[0]),
        float(scorer.thresholds(lefts)[0]),
        scorer.categories(lefts)[0],
        reasons_of(pair),
    )


def seen_pair(scorer: PairScorer, left: int, right: int, found: FeatureContributions) -> SeenPair:
    """Return what is told of the pair of products at these positions, whose features add what was `found`."""
    rows = scorer.index.catalog.take(np.array([left, right])).table.to_pylist()
    return SeenPair(rows[0], rows[1], found, _rarities(scorer, left, right), _learned(scorer, rows))


def _rarities(scorer: PairScorer, left: int, right: int) -> dict[str, float]:
    text = scorer.signals.plain.text
    return {word: weight for side in (left, right) for word, weight in text.rarities(side).items()}


def _learned(scorer: PairScorer, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    learned = scorer.model.learned.words
    level = scorer.index.catalog.category_level
    return {} if learned is None else told_tokens(learned.models[0], rows[0], rows[1], level)
