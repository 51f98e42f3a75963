"""Scores become scored pairs to group: with a probability, and called a match or not."""

from eval.inputs.scores import Scores
from indexing.errors import InputError
from reranking.grouping.scored_pairs import ScoredBlock


def scored_block(found: Scores, threshold: float | None) -> ScoredBlock:
    """Return scores as pairs that are matches by a threshold or, without one, by the column `match`.

    Where there is no column `probability` the score is taken for it. Raises InputError for scores without decisions
    where no threshold is given.
    """
    if threshold is None and "match" not in found.decisions:
        raise InputError(f"{found.path}: no column 'match': give --threshold, or score with heroic score")
    called = found.decisions["match"] if threshold is None else found.values >= threshold
    probabilities = found.values if found.probabilities is None else found.probabilities
    return ScoredBlock(found.left, found.right, found.values, probabilities, called, found.numbers)
