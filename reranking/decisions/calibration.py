"""Calibration turns scores into probabilities, by category: its maps are fitted to validation pairs and never turn the
order of two scores round.

Which map is taken, and whether a category gets its own, is judged out of fold.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Floats1d
from indexing.errors import InputError
from indexing.storage.records import read_as
from reranking.decisions.validation import ValidationPairs

LEAST_SCORE = 1e-7  # scores are held this far from 0 and 1, where their logarithms end
LEAST_OF_EACH = 30  # matches, and non-matches, of a category that may have a map of its own
BINS = 10
SHARED = "shared"  # a category that uses the map of all pairs


class ProbabilityMap(Protocol):
    """A map gives the probabilities of scores; a higher score never gets a lower one."""

    def of(self, scores: Floats1d) -> Floats1d:
        """Return the probabilities (p,) float64 of scores (p,) from 0 to 1."""

    @classmethod
    def chosen(cls, stored: Mapping[str, Any]) -> "ProbabilityMap":
        """Return the map that a JSON object holds: its key `kind` says which. Raises InputError for another kind."""
        kind = stored.get("kind") if isinstance(stored, dict) else None
        known = next((known for name, known in KINDS.items() if name == kind), None)
        if known is None:
            raise InputError(f"is of kind {kind!r}: this heroic knows {' and '.join(KINDS)}")
        return read_as(known, stored)


@dataclass(frozen=True)
class BetaMap(ProbabilityMap):
    """It maps by log-odds = `rising` · ln(score) - `falling` · ln(1 - score) + `offset`; 1, 1, 0 changes nothing.

    Kull, Silva Filho and Flach, "Beta calibration", AISTATS 2017.
    """

    kind: Literal["beta"] = field(default="beta", kw_only=True)
    rising: float
    falling: float
    offset: float

    def __post_init__(self) -> None:
        if not (self.rising >= 0 and self.falling >= 0 and np.isfinite([self.rising, self.falling, self.offset]).all()):
            raise InputError(f"beta calibration {self.rising}, {self.falling}: both are finite and at least 0")

    def of(self, scores: Floats1d) -> Floats1d:
        up, down = logarithms(scores)
        return np.asarray(1 / (1 + np.exp(-(self.rising * up + self.falling * down + self.offset))), dtype=np.float64)


@dataclass(frozen=True)
class IsotonicMap(ProbabilityMap):
    """An isotonic map draws straight lines between knots, level before the first and after the last."""

    kind: Literal["isotonic"] = field(default="isotonic", kw_only=True)
    scores: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        rises = (np.diff(self.scores) > 0).all() and (np.diff(self.probabilities) >= 0).all()
        if not self.scores or len(self.scores) != len(self.probabilities) or not rises:
            raise InputError(f"isotonic calibration with {len(self.scores)} knots: scores and probabilities must rise")

    def of(self, scores: Floats1d) -> Floats1d:
        return np.asarray(np.interp(scores, self.scores, self.probabilities), dtype=np.float64)


KINDS: Mapping[str, type[BetaMap | IsotonicMap]] = {"beta": BetaMap, "isotonic": IsotonicMap}


@dataclass(frozen=True)
class Calibration:
    """A calibration holds each category's map, and `default` for those without one of their own."""

    default: ProbabilityMap
    by_category: Mapping[str, ProbabilityMap]

    def of(self, scores: Floats1d, categories: pa.Array) -> Floats1d:
        """Return the probabilities (p,) float64 of scores in these evaluation categories."""
        names = list(self.by_category)
        places = pc.fill_null(pc.index_in(categories, pa.array(names, pa.large_string())), len(names))
        codes = np.asarray(places.to_numpy(zero_copy_only=False), dtype=np.int64)
        found = np.empty(len(scores), dtype=np.float64)
        for code, one in enumerate([*self.by_category.values(), self.default]):
            here = codes == code
            found[here] = one.of(scores[here])
        return found


UNCALIBRATED = Calibration(BetaMap(1.0, 1.0, 0.0), {})  # probabilities that are the scores


def logarithms(scores: Floats1d) -> tuple[Floats1d, Floats1d]:
    """Return ln(score) and -ln(1 - score), both finite and rising."""
    inside = np.clip(np.asarray(scores, dtype=np.float64), LEAST_SCORE, 1 - LEAST_SCORE)
    return np.log(inside), -np.log1p(-inside)


@dataclass(frozen=True)
class CategoryProbabilities:
    """One row says how the probabilities of a category are made (`method`: beta, isotonic or shared), and gives
    their expected calibration error out of fold, beside that of the scores as they are."""

    category: str
    pairs: int
    method: str
    error: float
    error_of_scores: float


@dataclass(frozen=True)
class CalibrationReport:
    """A report says what the maps were judged to be worth out of fold, over all pairs and in each category."""

    method: str
    error: float
    error_of_scores: float
    categories: tuple[CategoryProbabilities, ...]


@dataclass(frozen=True)
class Calibrated:
    """It holds the maps, and what they were judged to be worth."""

    calibration: Calibration
    report: CalibrationReport


def calibrate(pairs: ValidationPairs, names: Sequence[str], *, seed: int = 0) -> Calibrated:
    """Choose the maps of the least log-loss out of fold on validation pairs, whose category is names[code]."""
    pairs = replace(pairs, weights=pairs.relative_weights)
    tried = _out_of_fold(pairs, FITS, seed)
    method = min(FITS, key=lambda name: _losses(pairs, tried[name]).sum())
    judged = tried[method].copy()
    own: dict[str, ProbabilityMap] = {}
    rows = []
    for code, name in enumerate(names):
        here = np.flatnonzero(pairs.categories == code)
        chosen, judged[here] = _of_category(pairs.take(here), judged[here], seed)
        if chosen != SHARED:
            own[name] = _fitted(pairs.take(here), FITS[chosen])
        after, before = (_error(pairs.take(here), values[here]) for values in (judged, pairs.scores))
        rows.append(CategoryProbabilities(name, len(here), chosen, after, before))
    calibration = Calibration(_fitted(pairs, FITS[method]), own)
    after, before = (_error(pairs, values) for values in (judged, pairs.scores))
    return Calibrated(calibration, CalibrationReport(method, after, before, tuple(rows)))


def _fitted(pairs: ValidationPairs, fit: "Fit") -> ProbabilityMap:
    return fit(pairs.scores, pairs.targets, pairs.weights)


def _losses(pairs: ValidationPairs, probabilities: Floats1d) -> Floats1d:
    """Return the log-loss (p,) of each pair, as often as its weight says."""
    losses = log_losses(probabilities, pairs.targets)
    return losses if pairs.weights is None else losses * pairs.weights


def _error(pairs: ValidationPairs, probabilities: Floats1d) -> float:
    return calibration_error(probabilities, pairs.targets, pairs.weights)


def fit_beta(scores: Floats1d, targets: Floats1d, weights: Floats1d | None = None) -> BetaMap:
    """Return the beta map of the least log-loss of pairs (p,), each counting as often as its weight says; where they are
    few it stays near leaving the scores as they are."""
    from scipy.optimize import minimize  # late: scoring loads this module and fits nothing

    up, down = logarithms(scores)
    start = np.array([1.0, 1.0, 0.0])
    often = np.ones(len(up)) if weights is None else weights

    def loss(beta: Floats1d) -> tuple[float, Floats1d]:
        # sums, as BLAS's products of long vectors take longer on a busy machine, and hang in their last bits on its threads
        odds = beta[0] * up + beta[1] * down + beta[2]
        away, missed = beta - start, often * (1 / (1 + np.exp(-odds)) - targets)
        value = np.sum(often * (np.logaddexp(0, odds) - odds * targets)) + np.sum(away**2) / 2
        return float(value), np.array([np.sum(up * missed), np.sum(down * missed), np.sum(missed)]) + away

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None), (0, None), (None, None)])
    return BetaMap(*(float(weight) for weight in found.x))


def fit_isotonic(scores: Floats1d, targets: Floats1d, weights: Floats1d | None = None) -> IsotonicMap:
    """Fit a centred isotonic regression to pairs (p,), each counting as often as its weight says, with a knot in the
    middle of each level stretch: higher scores stay higher.

    Oron and Flournoy, "Centered isotonic regression", Statistics in Biopharmaceutical Research 9, 2017. No
    probability is 0 or 1: they end where one pair more of either kind would put them.
    """
    from scipy.optimize import isotonic_regression

    distinct, places = np.unique(np.asarray(scores, dtype=np.float64), return_inverse=True)
    often = np.ones(len(scores)) if weights is None else weights
    counts = np.bincount(places, weights=often)
    means = np.bincount(places, weights=often * targets) / counts
    levels = isotonic_regression(means, weights=counts).x
    stretch = np.cumsum(np.append(False, np.diff(levels) > 0))
    size = np.bincount(stretch, weights=counts)
    centres = np.bincount(stretch, weights=counts * distinct) / size
    heights = levels[np.append(True, np.diff(stretch) > 0)]
    least = 1 / (len(scores) + 2)
    return IsotonicMap(tuple(centres.tolist()), tuple(np.clip(heights, least, 1 - least).tolist()))


Fit = Callable[[Floats1d, Floats1d, Floats1d | None], ProbabilityMap]  # scores, targets, weights
FITS: Mapping[str, Fit] = {"beta": fit_beta, "isotonic": fit_isotonic}


def log_losses(probabilities: Floats1d, targets: Floats1d) -> Floats1d:
    """Return -ln(probability of what is true), of each pair (p,)."""
    of_truth = np.where(targets == 1, probabilities, 1 - probabilities)
    return np.asarray(-np.log(np.maximum(of_truth, 1e-15)), dtype=np.float64)


def calibration_error(probabilities: Floats1d, targets: Floats1d, weights: Floats1d | None = None) -> float:
    """Return the expected calibration error: |mean probability - share of matches|, meaned over pairs, as often as their
    weights say, in BINS equal parts of [0, 1]."""
    if not len(probabilities):
        return 0.0
    often = np.ones(len(probabilities)) if weights is None else weights
    part = np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)
    gaps = np.bincount(part, weights=often * (probabilities - targets))
    return float(np.abs(gaps).sum() / often.sum())


def _of_category(pairs: ValidationPairs, shared: Floats1d, seed: int) -> tuple[str, Floats1d]:
    """Return the method of a category and its probabilities out of fold; `shared` are those of the map of all pairs.

    A map of its own has to be better by more than one standard error, product groups being independent.
    """
    matches = pairs.targets.sum()
    if min(matches, len(pairs) - matches) < LEAST_OF_EACH:
        return SHARED, shared
    tried = _out_of_fold(pairs, FITS, seed)
    losses = {name: _losses(pairs, values) for name, values in tried.items()}
    method = min(losses, key=lambda name: losses[name].sum())
    gains = np.bincount(np.unique(pairs.left_groups, return_inverse=True)[1], _losses(pairs, shared) - losses[method])
    better = gains.sum() > np.sqrt((gains**2).sum())
    return (method, tried[method]) if better else (SHARED, shared)


def _out_of_fold(pairs: ValidationPairs, fits: Mapping[str, Fit], seed: int) -> dict[str, Floats1d]:
    """Return the probabilities (p,) that each way of fitting gives to pairs of folds that it did not see."""
    found: dict[str, Floats1d] = {name: pairs.scores.astype(np.float64) for name in fits}
    for rest, fold in pairs.folds(seed):
        if len(rest) and len(fold):
            for name, fit in fits.items():
                found[name][fold] = _fitted(pairs.take(rest), fit).of(pairs.scores[fold])
    return found
