"""An allocation says how many labels each stratum gets: a pilot in every one, then most where most is uncertain."""

import numpy as np

from eval.audit.strata import Strata
from indexing.arrays import Floats1d, Ints1d

PILOT_SHARE = 0.4  # of the budget
LEAST_PILOT = 4  # pairs of a stratum
LEAST_RECALL = 0.1  # as which a smaller one counts: where nothing is found, how much is missed still matters
HALVINGS = 120  # of the scale of an allocation
PRIOR = 20.0  # pairs


def pilot(strata: Strata, budget: int) -> Ints1d:
    """Return how many pairs (h,) of each stratum the pilot has: as for the whole, by what the scores expect."""
    none = np.zeros(len(strata), dtype=np.int64)
    return allocate(strata, none.astype(np.float64), none.astype(np.float64), int(PILOT_SHARE * budget), least=none)


def allocate(strata: Strata, found: Floats1d, judged: Floats1d, budget: int, *, least: Ints1d) -> Ints1d:
    """Return how many pairs (h,) of each stratum are asked in all, when `found` matches are among `judged` (h,).

    Optimal allocation (J. Neyman, "On the two different aspects of the representative method", Journal of the Royal
    Statistical Society 97, 1934) for the sum of the variances of precision and recall: a stratum gets labels by its size,
    the standard deviation of its verdicts, and how far these move both. None gets fewer than its `least` (h,), LEAST_PILOT, or
    more than all its pairs. The scores' own expectation weighs PRIOR pairs: were a few verdicts to decide alone, strata without
    a match among them would be asked less, and matches be missed more often than not.
    """
    share = (found + PRIOR * strata.likely) / (judged + PRIOR)
    wanted = strata.sizes * np.sqrt(share * (1 - share)) * _influence(strata, share)
    lowest = np.minimum(np.maximum(least, LEAST_PILOT), strata.sizes).astype(np.float64)
    return _rounded(_fitted(wanted, lowest, strata.sizes.astype(np.float64), budget))


def _influence(strata: Strata, share: Floats1d) -> Floats1d:
    """Return how far one match more in each stratum (h,) moves precision and recall: the root of the sum of squares."""
    matches = strata.sizes * share
    calls = max(float(strata.sizes[strata.called].sum()), 1.0)
    total = max(float(matches.sum()), 1.0)
    recall = max(float(matches[strata.called].sum()) / total, LEAST_RECALL)
    called = np.hypot(1 / calls, (1 - recall) / total)
    return np.where(strata.called, called, recall / total)


def _fitted(wanted: Floats1d, least: Floats1d, most: Floats1d, budget: int) -> Floats1d:
    """Return numbers in proportion to `wanted` (h,) within bounds, whose sum is the budget where the bounds allow it."""
    wanted = np.maximum(wanted / wanted.max(), 1e-9)
    low, high = 0.0, float(most.max()) * 1e9  # from none to all of each

    def at(scale: float) -> Floats1d:
        return np.asarray(np.clip(scale * wanted, least, most))

    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle).sum() < budget else (low, middle)
    return at(high)


def _rounded(numbers: Floats1d) -> Ints1d:
    """Round numbers so that their sum is rounded too: the largest remainders go up."""
    down: Ints1d = np.floor(numbers + 1e-9).astype(np.int64)
    more = round(float(numbers.sum())) - int(down.sum())
    order = np.argsort(-(numbers - down), kind="stable")
    down[order[: max(more, 0)]] += 1
    return down
