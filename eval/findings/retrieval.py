"""How many true matches the neighbours would propose: the ceiling of whatever scores the candidates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from indexing.errors import InputError


@dataclass(frozen=True)
class Recall:
    """Recall of `matches` true matches at each of `ks` (c,).

    `either` (c,): a match is found if one of its products ranks the other within k, as candidates are proposed.
    `directed` (c,): the mean over both directions. NaN where there are no matches.
    """

    ks: Ints1d
    either: Floats1d
    directed: Floats1d
    matches: int


def recall_at(rank_of_right_in_left: Floats1d, rank_of_left_in_right: Floats1d, *, ks: Sequence[int]) -> Recall:
    """Recall from the 1-based ranks (m,) of true matches in each other's neighbours, NaN = not among them.

    Raises InputError for ranks of different lengths and for a k below 1.
    """
    if len(rank_of_right_in_left) != len(rank_of_left_in_right):
        raise InputError(f"{len(rank_of_right_in_left)} ranks one way, {len(rank_of_left_in_right)} the other")
    limits = np.asarray(ks, dtype=np.int64)
    if (limits < 1).any():
        raise InputError(f"k {limits.min()}: it is 1 or more")
    # a comparison with NaN is False: not among the neighbours is not within k
    there = np.asarray(rank_of_right_in_left)[None, :] <= limits[:, None]
    back = np.asarray(rank_of_left_in_right)[None, :] <= limits[:, None]
    return Recall(limits, _share(there | back), (_share(there) + _share(back)) / 2, there.shape[1])


def _share(found: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Floats1d:
    counted = found.sum(axis=1).astype(np.float64)
    return counted / found.shape[1] if found.shape[1] else np.full(len(counted), np.nan)
