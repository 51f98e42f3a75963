"""A judgement says how trained boosters rank the validation pairs, where thresholds lie and how sure a score is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reranking.boosters.boosting import Metric
from reranking.decisions.asked_precision import AskedPrecision
from reranking.decisions.calibration import Calibrated, calibrate
from reranking.decisions.thresholds import Decided, decide
from reranking.decisions.validation import IntervalOf, RankingReport, ValidationPairs, rank


@dataclass(frozen=True)
class Judgement:
    """It holds the scored validation pairs, whose category is names[code], and what was chosen on them."""

    pairs: ValidationPairs
    names: Sequence[str]
    decided: Decided
    calibrated: Calibrated

    def ranking(self, metric: Metric, interval: IntervalOf | None) -> RankingReport:
        """Return the metric with its interval, over all and by category."""
        return rank(self.pairs, self.names, metric, interval)

    def never_warning(self) -> list[str]:
        """Return one line for the user when there are categories in which nothing is called a match, else none."""
        thresholds = self.decided.thresholds.by_category
        names = [name for name, threshold in thresholds.items() if math.isinf(threshold)]
        if not names:
            return []
        return [
            f"in {', '.join(names)} nothing is called a match: the validation pairs are too few, or too mixed at every "
            "score, to be sure of the precision asked; give more of them, or ask for less (--target-precision)"
        ]


def judge(pairs: ValidationPairs, names: Sequence[str], *, asked: AskedPrecision, seed: int) -> Judgement:
    """Choose the thresholds and the maps to probabilities on scored validation pairs, whose category is names[code]."""
    return Judgement(pairs, names, decide(pairs, names, asked, seed=seed), calibrate(pairs, names, seed=seed))
