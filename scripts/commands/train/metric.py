"""What `heroic train` maximises, and how sure it is of it: the metric of `eval`, which training does not know."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reranking.decisions.validation import ValidationPairs
    from reranking.model.train_options import TrainOptions


def metric_of(options: "TrainOptions") -> Callable[..., float]:
    """Return the metric at the precision that is asked."""
    from eval.metrics.precision_auc import weighted

    return partial(weighted, level=options.target_precision)


def interval_of(pairs: "ValidationPairs", level: float) -> tuple[float, float] | None:
    """Return low and high of the metric, from draws of product groups; None where there is no interval."""
    from eval.metrics.intervals import Draws, PairGroups, weighted_interval

    groups = PairGroups(pairs.left_groups, pairs.right_groups)
    found = weighted_interval(pairs.scores, pairs.targets, pairs.categories, groups, Draws(), level=level)
    return None if found is None else (found.low, found.high)
