"""Which pairs a report shows: the worst of each kind, overall and in every category."""

from dataclasses import dataclass

import numpy as np

from eval.findings.mistakes import Mistakes
from eval.report import Report
from indexing.arrays import Ints1d
from indexing.errors import InputError

WORST = 10
NEAR = 6
SUSPECTS = 12
UNFOUND = 6
WORST_IN_CATEGORY = 3


@dataclass(frozen=True)
class Showcase:
    """Rows of the truth: mistakes, pairs near their threshold, doubtful labels and why, matches that no view found;
    mistakes of each category (c)."""

    mistakes: Mistakes
    near: Ints1d
    suspects: Ints1d
    doubts: tuple[str, ...]
    unfound: Ints1d
    categories: tuple[Mistakes, ...]

    def __post_init__(self) -> None:
        if len(self.suspects) != len(self.doubts):
            raise InputError(f"{len(self.suspects)} doubtful labels, {len(self.doubts)} reasons: give one each")

    @property
    def rows(self) -> Ints1d:
        """Every row that is shown, once."""
        mistakes = [rows for of in (self.mistakes, *self.categories) for rows in (of.false_matches, of.missed_matches)]
        return np.unique(np.concatenate([*mistakes, self.near, self.suspects, self.unfound]))


def choose_shown(report: Report) -> Showcase:
    """The pairs of a report that its page shows."""
    codes = report.categories.codes
    return Showcase(
        mistakes=report.mistakes.first(WORST),
        near=report.near[:NEAR],
        suspects=report.suspects.rows[:SUSPECTS],
        doubts=report.suspects.reasons[:SUSPECTS],
        unfound=np.zeros(0, dtype=np.int64) if report.ceiling is None else report.ceiling.missing[:UNFOUND],
        categories=tuple(
            report.mistakes.within(codes == place).first(WORST_IN_CATEGORY)
            for place in range(len(report.categories.names))
        ),
    )
