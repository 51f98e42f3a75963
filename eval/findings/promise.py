"""A promise of precision is kept or not: what was asked for stands beside what the scores expect and what they hold."""

from dataclasses import dataclass

from eval.inputs.joining import JudgedPairs
from eval.inputs.scores import Scores
from eval.metrics.decisions import JudgedDecisions


@dataclass(frozen=True)
class Promise:
    """It has the precision that the model of the scores was asked for, in all but `otherwise` categories; `expected` is
    the mean of the column `probability` over the pairs that the column `match` calls, `held` the share of these that
    are matches. None where the scores have no such column, or nothing is called."""

    asked: float
    otherwise: int
    expected: float | None
    held: float | None


def find_promise(scores: Scores, pairs: JudgedPairs, match: JudgedDecisions | None) -> Promise | None:
    """Return what was asked of the decisions `match`, and what came of it; None where the scores do not say what."""
    made = scores.provenance
    if match is None or made is None or made.target_precision is None:
        return None
    asked = made.target_precision
    known = scores.probabilities is not None and match.called.any()
    return Promise(
        asked=asked,
        otherwise=sum(precision != asked for precision in made.target_precisions.values()),
        expected=float(pairs.probabilities[match.called].mean()) if known else None,
        held=match.values.precision,
    )
