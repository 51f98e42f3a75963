"""Bias-corrected and accelerated bootstrap bounds (Efron, "Better bootstrap confidence intervals", JASA 82, 1987)."""

import numpy as np
from scipy.special import ndtr, ndtri

from indexing.arrays import Floats1d

LEAST_LEFT_OUT = 3


def bca_bounds(value: float, drawn: Floats1d, left_out: Floats1d, confidence: float) -> tuple[float, float]:
    """Low and high of a `value` from its values `drawn` (r,) in each round, none NaN, and `left_out` (b,) when each
    block of groups is left out, NaN where undefined.

    Plain percentiles can lie wholly beside the value: where a few false matches decide, they are missing from most
    draws, which are then all better. The correction turns the percentiles by the share of draws below the value; what
    still lies beside it is widened to hold it, so an interval always contains its value.
    """
    below = np.mean(drawn < value) + np.mean(drawn == value) / 2
    edge = 0.5 / len(drawn)  # a value that no draw reaches: as far as so many rounds can tell
    bias = float(ndtri(np.clip(below, edge, 1 - edge)))
    normal = ndtri(np.array([(1 - confidence) / 2, (1 + confidence) / 2]))
    turned = bias + (bias + normal) / (1 - _acceleration(left_out) * (bias + normal))
    low, high = np.quantile(drawn, ndtr(turned))
    return float(min(low, value)), float(max(high, value))


def _acceleration(left_out: Floats1d) -> float:
    """A sixth of the skewness of the values with a block left out; 0 where it cannot be told. Kept within ±0.25, so
    that the bounds stay in order."""
    known = left_out[~np.isnan(left_out)]
    if len(known) < LEAST_LEFT_OUT:
        return 0.0
    deviations = known.mean() - known
    spread = float(np.sum(deviations**2) ** 1.5)
    return float(np.clip(np.sum(deviations**3) / (6 * spread), -0.25, 0.25)) if spread > 0 else 0.0
