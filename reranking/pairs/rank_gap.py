"""Whether training pairs look collected in two ways: matches by one retrieval, non-matches by another."""

import numpy as np

from indexing.arrays import Floats1d

RANK_GAP = 0.05  # more of the matches than of the non-matches without any rank, and the pairs look collected unalike


def rank_gap_warning(ranks: Floats1d, targets: Floats1d, view: str) -> list[str]:
    """A line for the user when, by their smaller ranks (p,) in a view, NaN = none, ranks would mislead the model."""
    unranked = np.isnan(ranks)
    matches = targets == 1
    of_matches, of_others = float(unranked[matches].mean()), float(unranked[~matches].mean())
    if of_matches <= of_others + RANK_GAP:
        return []
    return [
        f"{of_matches:.0%} of the matches, but {of_others:.0%} of the non-matches, are not among each other's {view} "
        "neighbours: were non-matches chosen by nearness and matches otherwise? Take training pairs from the "
        "retrieval whose pairs will be scored (heroic candidates), or ranks mislead the model"
    ]
