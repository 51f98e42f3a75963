"""A logistic regression with a penalty on squared weights is fitted to sparse counts by Newton's method.

Each step is found by conjugate gradients, roughly at first and ever more exactly (Dembo and Steihaug, "Truncated-Newton algorithms for
large-scale unconstrained optimization", Mathematical Programming 26, 1983), and shortened where it does not lower the loss.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from indexing.arrays import Floats1d

STEPS, INNER, HALVINGS = 50, 200, 30  # at most
LOWERED = 1e-4  # of what the slope promises, that a step has to lower the loss by
LARGEST_ERROR = 0.1  # of the slope, that is left by the conjugate gradients of a step, at most


@dataclass(frozen=True)
class Logistic:
    """It is the regression of targets (p,) on counts (p, t) and a constant, whose weight is the last and as much penalised; `freedom`
    is the inverse of the penalty."""

    counts: csr_matrix
    targets: Floats1d
    freedom: float

    def fit(self, precision: float, start: Floats1d | None = None) -> Floats1d:
        """Return the weights (t + 1,), the constant's last: the last step moved none by more than `precision`, log-odds."""
        weights = np.zeros(self.counts.shape[1] + 1) if start is None else start.copy()
        for _ in range(STEPS):
            odds = self._odds(weights)
            likely = 1 / (1 + np.exp(-odds))
            slope = weights + self.freedom * self._gathered(likely - self.targets)
            step = self._step(slope, self.freedom * likely * (1 - likely))
            step *= self._shortened(weights, odds, step, float(slope @ step))
            weights += step
            if np.abs(step).max() <= precision:
                break
        return weights

    def _odds(self, weights: Floats1d) -> Floats1d:
        return np.asarray(self.counts @ weights[:-1] + weights[-1], dtype=np.float64)

    def _gathered(self, values: Floats1d) -> Floats1d:
        return np.append(values @ self.counts, values.sum())

    @cached_property
    def _halved(self) -> csr_matrix:
        """Return the same counts as float32, which are read in half the time."""
        counts = self.counts
        return csr_matrix((counts.data.astype(np.float32), counts.indices, counts.indptr), counts.shape)

    def _bent(self, way: Floats1d, curvature: Floats1d) -> Floats1d:
        """Return how the slope changes on a way: in float32, as conjugate gradients seek no more digits than it has."""
        odds = self._halved @ way[:-1].astype(np.float32) + np.float32(way[-1])
        values = curvature * odds
        return np.asarray(way + np.append(values.astype(np.float32) @ self._halved, values.sum()), dtype=np.float64)

    def _step(self, slope: Floats1d, curvature: Floats1d) -> Floats1d:
        """Return the step of conjugate gradients; each weight is scaled by its own curvature, as rare words have less than common ones."""
        scale = 1 / (1 + self._gathered(curvature))
        step, left = np.zeros_like(slope), -slope
        scaled = scale * left
        way, size = scaled.copy(), float(left @ scaled)
        length = float(np.sqrt(slope @ slope))
        enough = min(LARGEST_ERROR, np.sqrt(length)) * length
        for _ in range(INNER):
            if np.sqrt(left @ left) <= enough:
                break
            bent = self._bent(way, curvature)
            along = size / float(way @ bent)
            step += along * way
            left -= along * bent
            scaled = scale * left
            size, before = float(left @ scaled), size
            way = scaled + size / before * way
        return step

    def _shortened(self, weights: Floats1d, odds: Floats1d, step: Floats1d, slope: float) -> float:
        """Return the share of a step that lowers the loss."""
        moved, share, loss = self._odds(step), 1.0, self._loss(weights, odds)
        for _ in range(HALVINGS):
            if self._loss(weights + share * step, odds + share * moved) <= loss + LOWERED * share * slope:
                return share
            share /= 2
        return 0.0

    def _loss(self, weights: Floats1d, odds: Floats1d) -> float:
        return float(weights @ weights / 2 + self.freedom * (np.logaddexp(0, odds) - self.targets * odds).sum())
