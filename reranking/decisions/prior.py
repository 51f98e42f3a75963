"""The share of matches among scored pairs, estimated without labels, against the share that validation pairs had.

Probabilities and thresholds chosen on validation pairs are right where as many of the scored pairs are matches. Where scores
are spread among matches, and among others, as in validation, but the share of matches differs, the share can be found from the
calibrated probabilities alone by maximum likelihood: Saerens, Latinne and Decaestecker, "Adjusting the outputs of a classifier
to new a priori probabilities", Neural Computation 14 (2002). How many pairs a threshold calls tells it a second way, whatever
the probabilities are worth: Lipton, Wang and Smola, "Detecting and correcting for label shift with black box predictors", ICML
2018. Where the two disagree, scores are not spread as in validation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit, logit

from indexing.arrays import Floats1d, Floats2d, Ints1d

STEPS, LARGEST = 64, 16.0  # bins a unit of log-odds, and the largest log-odds that are told apart
BINS = int(2 * LARGEST * STEPS) + 1
CENTRES = np.linspace(-LARGEST, LARGEST, BINS)
SHRINK_PAIRS = 200.0  # pairs with which a category's own shift counts as much as that of all pairs
LEAST_SHARE = 1e-6
USUAL_SHIFT = 2.0  # log-odds: the standard deviation of shifts before anything is seen, so that few pairs claim little
GRID = np.linspace(-12, 12, 1201)  # shifts in log-odds
SURE_ERRORS = 3.0  # standard errors, and
LIKELY_ERRORS = 2.0  # those from which a shift that is not acted on is spoken of
LEAST_SHIFT = 0.15  # log-odds, from which a shift is acted on
APART = 0.5  # log-odds by which the two estimates may differ beyond their errors


@dataclass
class ShareCounts:
    """Counts of pairs by evaluation category and log-odds of the probability: all that a file of any length is held as.

    `called` counts the pairs that the threshold of the best F1 calls matches.
    """

    counts: dict[str, Floats1d] = field(default_factory=dict)
    called: int = 0

    def add(self, probabilities: Floats1d, categories: pa.Array, called: int, weights: Floats1d | None = None) -> None:
        """Count pairs (p,) of these categories, of which so many are called, each as often as its weight says."""
        bins = np.rint((np.clip(_log_odds(probabilities), -LARGEST, LARGEST) + LARGEST) * STEPS).astype(np.int64)
        encoded = pc.dictionary_encode(categories)
        codes = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
        for code, name in enumerate(encoded.dictionary.to_pylist()):
            here = codes == code
            found = np.bincount(bins[here], None if weights is None else weights[here], minlength=BINS)
            self.counts[name] = self.counts.get(name, np.zeros(BINS)) + found
        self.called += called

    @property
    def pairs(self) -> int:
        """Return how many pairs were counted."""
        return int(sum(counts.sum() for counts in self.counts.values()))


@dataclass(frozen=True)
class ShareReference:
    """What validation pairs were: their counts, the share of matches overall and by category, the rates at which the threshold
    of the best F1 calls pairs, and by how much pairs in groups are worth less than independent ones. Categories that are not
    named are as all pairs."""

    counts: ShareCounts
    share: float
    by_category: Mapping[str, float]
    called: "CallRates"
    design_effect: float = 1.0

    def usual(self, names: Sequence[str]) -> Floats1d:
        """Return the share of matches (c,) of these categories."""
        return np.array([self.by_category.get(name, self.share) for name in names])


@dataclass(frozen=True)
class CallRates:
    """The shares of `matches` and of `others` that a threshold calls, overall and by category (matches, others); they were
    measured on so many pairs of each kind."""

    matches: float
    others: float
    by_category: Mapping[str, tuple[float, float]]
    measured: tuple[int, int]

    def of(self, names: Sequence[str]) -> Floats2d:
        """Return both shares (2, c) of these categories."""
        return np.array([self.by_category.get(name, (self.matches, self.others)) for name in names]).T

    def variance(self, share: float) -> float:
        """Return the variance of the share called where so many pairs are matches, by how many were measured."""
        parts = zip((share, 1 - share), (self.matches, self.others), self.measured, strict=True)
        return float(sum(part**2 * rate * (1 - rate) / count for part, rate, count in parts))


@dataclass(frozen=True)
class ShareEstimate:
    """The share of matches: `expected` by the model, had scored pairs the categories' shares of validation; `found`; the
    standard `error` of the difference in log-odds; `black_box` by how many pairs are called at the best F1, None where that cannot tell; and
    `by_category`.

    `sure`: the difference is surely there, `likely`: it is probably; `agree`: both ways find the same share, within what they
    can tell.
    """

    expected: float
    found: float
    error: float
    black_box: float | None
    by_category: Mapping[str, float]
    sure: bool
    agree: bool
    likely: bool = False


def estimate_share(scored: ShareCounts, reference: ShareReference) -> ShareEstimate:
    """Estimate the share of matches among the scored pairs, overall and by category with shrinkage."""
    now, then = (_Evidence.of(counts, reference) for counts in (scored, _in_mix(reference.counts, scored)))
    shift, error = now.shift - then.shift, float(np.hypot(now.error, then.error))
    usual, pairs, apart = reference.usual(list(scored.counts)), _sizes(scored), _apart(now, then)
    by_category = {name: _share_of(name, scored, reference, shift) for name in scored.counts}
    expected, found = float(usual @ pairs / pairs.sum()), float(np.array([*by_category.values()]) @ pairs / pairs.sum())
    return ShareEstimate(
        expected,
        found,
        error,
        _black_box(scored, reference),
        by_category,
        sure=bool(apart > SURE_ERRORS and abs(_logit(found) - _logit(expected)) > LEAST_SHIFT),
        agree=_agree(scored, reference, by_category, error),
        likely=bool(apart > LIKELY_ERRORS and abs(_logit(found) - _logit(expected)) > LEAST_SHIFT),
    )


def moved(probabilities: Floats1d, before: Floats1d, after: Floats1d) -> Floats1d:
    """Return probabilities (p,) that were calibrated where shares (p,) `before` are matches, where shares `after` are."""
    return np.asarray(expit(_log_odds(probabilities) + _logits(after) - _logits(before)), dtype=np.float64)


def at_their_own_share(
    probabilities: Floats1d, categories: pa.Array, called: int, reference: ShareReference
) -> Floats1d:
    """Return probabilities (p,) of pairs moved to the share of matches that they show themselves, sure or not. Of pairs
    among which none matches, however near their products are, almost none is likely then."""
    counts = ShareCounts()
    counts.add(probabilities, categories, called)
    found, names = estimate_share(counts, reference).by_category, list(counts.counts)
    places = np.asarray(pc.index_in(categories, pa.array(names, pa.large_string())).to_numpy(), dtype=np.int64)
    after = np.array([found[name] for name in names])
    return moved(probabilities, reference.usual(names)[places], after[places])


@dataclass(frozen=True)
class _Evidence:
    """It has the log-likelihood of each shift of GRID, of as many pairs as are independent."""

    likelihood: Floats1d

    @classmethod
    def of(cls, counts: ShareCounts, reference: ShareReference) -> "_Evidence":
        """Return the likelihood that the odds of all categories moved by one number from the usual ones.

        A pair of probability p, calibrated where u are matches, is by (1 - p + p·e^s) / (1 - u + u·e^s) as likely under a shift s
        as without: so only the counts of all categories together and the size of each are needed.
        """
        together = np.sum(list(counts.counts.values()), axis=0)
        there = np.flatnonzero(together)
        usual, sizes = reference.usual(list(counts.counts)), _sizes(counts)
        met = together[there] @ _moved_odds(expit(CENTRES[there])) - sizes @ _moved_odds(usual)
        return cls(met / reference.design_effect - GRID**2 / (2 * USUAL_SHIFT**2))

    @property
    def shift(self) -> float:
        """Return the likeliest shift."""
        return float(GRID[np.argmax(self.likelihood)])

    @property
    def error(self) -> float:
        """Return the standard error of the shift: half the width of what is less likely by at most a half."""
        near = np.flatnonzero(self.likelihood >= self.likelihood.max() - 0.5)
        return float((GRID[near[-1]] - GRID[near[0]] + GRID[1] - GRID[0]) / 2)


def _moved_odds(shares: Floats1d) -> Floats2d:
    """Return log(1 - p + p·e^s) for shares p (n,) and shifts s of GRID, (n, GRID)."""
    return np.asarray(np.log1p(shares[:, None] * np.expm1(GRID)), dtype=np.float64)


def _apart(now: _Evidence, then: _Evidence) -> float:
    """Return how many standard errors two shifts are apart: by the ratio of likelihoods, which holds near shares of 0 and 1 too."""
    one = (now.likelihood + then.likelihood).max()
    return float(np.sqrt(max(2 * (now.likelihood.max() + then.likelihood.max() - one), 0.0)))


def _in_mix(validation: ShareCounts, scored: ShareCounts) -> ShareCounts:
    """Return the counts of validation pairs weighed to the mix of categories of the scored ones, together as many as pairs of such
    weights are worth: what a shared map of probabilities does to a category then counts on both sides alike."""
    both = {name: part for name, part in validation.counts.items() if name in scored.counts and part.any()}
    if not both:
        return validation
    sizes = np.array([part.sum() for part in both.values()])
    times = np.array([scored.counts[name].sum() for name in both]) / sizes
    times *= (times @ sizes) / (times**2 @ sizes)
    return ShareCounts({name: part * often for (name, part), often in zip(both.items(), times, strict=True)})


def _sizes(counts: ShareCounts) -> Floats1d:
    return np.array([part.sum() for part in counts.counts.values()], dtype=np.float64)


def _share_of(name: str, scored: ShareCounts, reference: ShareReference, shift: float) -> float:
    """Return the share of a category: the usual one, shifted by as much as its scored pairs differ from its validation pairs,
    shrunk towards the shift of all by the fewer of both.

    That both are found in the same way takes away what a shared map of probabilities does to one category.
    """
    then = reference.counts.counts.get(name)
    own, trust = 0.0, 0.0
    if then is not None:
        fewer = min(scored.counts[name].sum(), then.sum()) / reference.design_effect
        trust = fewer / (fewer + SHRINK_PAIRS)
        here, before = (_Evidence.of(ShareCounts({name: met}), reference) for met in (scored.counts[name], then))
        own = here.shift - before.shift
    usual = reference.by_category.get(name, reference.share)
    return float(expit(_logit(usual) + trust * own + (1 - trust) * shift))


def _black_box(scored: ShareCounts, reference: ShareReference) -> float | None:
    """Return the share that as many called pairs mean, the odds of all categories moving by one number; None where the
    threshold hardly tells matches from others."""
    if reference.called.matches - reference.called.others < 0.1 or not scored.pairs:
        return None
    names, sizes = list(scored.counts), _sizes(scored)
    shares = expit(_logits(reference.usual(names))[:, None] + GRID)
    matches, others = reference.called.of(names)
    called = sizes @ (others[:, None] + (matches - others)[:, None] * shares)
    nearest = int(np.argmin(np.abs(called - scored.called)))
    return float(sizes @ shares[:, nearest] / sizes.sum())


def _agree(scored: ShareCounts, reference: ShareReference, found: Mapping[str, float], error: float) -> bool:
    """Say whether as many pairs are called as the shares found mean, within APART and what chance does to the calls, to the
    rates by which they were measured, and to the shares."""
    if reference.called.matches - reference.called.others < 0.1 or not scored.pairs:
        return True
    sizes, shares = _sizes(scored), np.array([*found.values()])
    matches, others = reference.called.of(list(found))
    pairs, share = sizes.sum(), float(sizes @ shares / sizes.sum())
    called = float(sizes @ (others + (matches - others) * shares))
    steep = (
        pairs * (reference.called.matches - reference.called.others) * share * (1 - share)
    )  # calls a unit of log-odds
    rate = called / pairs
    chance = reference.design_effect * (pairs * rate * (1 - rate) + pairs**2 * reference.called.variance(share))
    return bool(abs(scored.called - called) <= APART * steep + SURE_ERRORS * np.sqrt(chance + (steep * error) ** 2))


def _log_odds(probabilities: Floats1d) -> Floats1d:
    inside = np.clip(np.asarray(probabilities, dtype=np.float64), LEAST_SHARE**2, 1 - 1e-12)
    return np.asarray(logit(inside), dtype=np.float64)


def _logits(shares: Floats1d) -> Floats1d:
    return np.asarray(logit(np.clip(shares, LEAST_SHARE, 1 - LEAST_SHARE)), dtype=np.float64)


def _logit(share: float) -> float:
    return float(_logits(np.array([share]))[0])


def counts_of(
    probabilities: Floats1d, names: Sequence[str], codes: Ints1d, called: int, weights: Floats1d | None = None
) -> ShareCounts:
    """Return the counts of pairs (p,) whose category is names[code], each as often as its weight says."""
    found = ShareCounts()
    found.add(probabilities, pa.array(names, pa.large_string()).take(pa.array(codes)), called, weights)
    return found
