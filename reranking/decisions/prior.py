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
SHRINK_PAIRS = 200.0  # pairs with which a category's own share counts as much as what all pairs say of it
ROUNDS, SETTLED = 500, 1e-7
LEAST_SHARE = 1e-6
DRAWS = 60  # of a bootstrap, for the standard error
SURE_ERRORS = 3.0  # standard errors, and
LEAST_SHIFT = 0.15  # log-odds, from which a shift is acted on
APART = 0.5  # log-odds by which the two estimates may differ beyond their errors


@dataclass
class ShareCounts:
    """Counts of pairs by evaluation category and log-odds of the probability: all that a file of any length is held as.

    `called` counts the pairs that the threshold of the best F1 calls matches.
    """

    counts: dict[str, Ints1d] = field(default_factory=dict)
    called: int = 0

    def add(self, probabilities: Floats1d, categories: pa.Array, called: int) -> None:
        """Count pairs (p,) of these categories, of which so many are called."""
        bins = np.rint((np.clip(_log_odds(probabilities), -LARGEST, LARGEST) + LARGEST) * STEPS).astype(np.int64)
        encoded = pc.dictionary_encode(categories)
        codes = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
        for code, name in enumerate(encoded.dictionary.to_pylist()):
            found = np.bincount(bins[codes == code], minlength=BINS)
            self.counts[name] = self.counts.get(name, np.zeros(BINS, dtype=np.int64)) + found
        self.called += called

    @property
    def pairs(self) -> int:
        """Return how many pairs were counted."""
        return int(sum(counts.sum() for counts in self.counts.values()))


@dataclass(frozen=True)
class ShareReference:
    """What validation pairs were: their counts, the share of matches overall and by category, the shares of matches and of
    others that the threshold of the best F1 calls, and by how much pairs in groups are worth less than independent ones."""

    counts: ShareCounts
    share: float
    by_category: Mapping[str, float]
    matches_called: float
    others_called: float
    design_effect: float = 1.0


@dataclass(frozen=True)
class ShareEstimate:
    """The share of matches: `expected` by the model, had scored pairs the categories' shares of validation; `found`; its
    standard `error` in log-odds; `black_box` by how many pairs are called, None where that cannot tell; and `by_category`.

    `sure`: the shift is surely there; `agree`: both ways find the same share, within what they can tell.
    """

    expected: float
    found: float
    error: float
    black_box: float | None
    by_category: Mapping[str, float]
    sure: bool
    agree: bool

    @property
    def shift(self) -> float:
        """Return the shift of all pairs, in log-odds."""
        return _logit(self.found) - _logit(self.expected)


def estimate_share(scored: ShareCounts, reference: ShareReference, *, seed: int = 0) -> ShareEstimate:
    """Estimate the share of matches among the scored pairs, overall and by category with shrinkage."""
    names = sorted(scored.counts)
    counts = np.array([scored.counts[name] for name in names], dtype=np.float64)
    before = np.array([_validated(reference, name) for name in names])
    usual = np.array([reference.by_category.get(name, reference.share) for name in names])
    found = _shares(counts, before, usual, reference.share)
    pairs = counts.sum(axis=1)
    expected, overall = float(usual @ pairs / pairs.sum()), float(found @ pairs / pairs.sum())
    validated = np.sum(list(reference.counts.counts.values()), axis=0)
    error = _error(counts.sum(axis=0), validated, reference, seed)
    black_box = _black_box(scored, reference)
    shift = _logit(overall) - _logit(expected)
    sure = abs(shift) > max(SURE_ERRORS * error, LEAST_SHIFT)
    agree = black_box is None or abs(_logit(black_box) - _logit(overall)) <= APART + SURE_ERRORS * error
    by_category = dict(zip(names, found.tolist(), strict=True))
    return ShareEstimate(expected, overall, error, black_box, by_category, bool(sure), bool(agree))


def moved(probabilities: Floats1d, before: Floats1d, after: Floats1d) -> Floats1d:
    """Return probabilities (p,) that were calibrated where shares (p,) `before` are matches, where shares `after` are."""
    return np.asarray(expit(_log_odds(probabilities) + _logits(after) - _logits(before)), dtype=np.float64)


def _validated(reference: ShareReference, name: str) -> Floats1d:
    """Return the validation pairs of a category by bin; of all categories where it has none."""
    counts = reference.counts.counts
    return np.asarray(counts[name] if name in counts else np.sum(list(counts.values()), axis=0), dtype=np.float64)


def _shares(counts: Floats2d, before: Floats2d, usual: Floats1d, share: float) -> Floats1d:
    """Return the share of each category (c,): the usual one, shifted as the maximum likelihood of its scored pairs differs
    from that of its validation pairs, and the shift shrunk towards that of all pairs.

    That both are found in the same way takes away what a shared map of probabilities does to one category.
    """
    shift = _likeliest(counts.sum(axis=0), share) - _likeliest(before.sum(axis=0), share)
    mixed = np.array([_mixed_shift(now, then, share, shift) for now, then in zip(counts, before, strict=True)])
    return np.asarray(expit(_logits(usual) + mixed), dtype=np.float64)


def _mixed_shift(now: Floats1d, then: Floats1d, share: float, shift: float) -> float:
    """Return the shift of one category, shrunk towards that of all by the fewer of its pairs then and now."""
    own = _likeliest(now, share) - _likeliest(then, share)
    trust = min(now.sum(), then.sum()) / (min(now.sum(), then.sum()) + SHRINK_PAIRS)
    return float(trust * own + (1 - trust) * shift)


def _likeliest(counts: Floats1d, share: float) -> float:
    """Return the log-odds of the share under which counts (BINS,) are likeliest, of probabilities calibrated at `share`."""
    there = np.flatnonzero(counts)
    weights, odds = counts[there] / max(counts.sum(), 1.0), CENTRES[there]
    found = share
    for _ in range(ROUNDS):
        matches = weights @ expit(odds + _logit(found) - _logit(share))
        if abs(matches - found) < SETTLED:
            break
        found = float(np.clip(matches, LEAST_SHARE, 1 - LEAST_SHARE))
    return _logit(found)


def _error(scored: Floats1d, validated: Floats1d, reference: ShareReference, seed: int) -> float:
    """Return the standard error of the overall shift in log-odds, by a bootstrap of as many pairs as are independent, of
    the counts (BINS,) of all categories together."""
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(DRAWS):
        now, then = (_redrawn(counts, reference.design_effect, random) for counts in (scored, validated))
        drawn.append(_likeliest(now, reference.share) - _likeliest(then, reference.share))
    return float(np.std(drawn))


def _redrawn(counts: Floats1d, design_effect: float, random: np.random.Generator) -> Floats1d:
    """Return counts of a draw: of each bin as often as independent pairs, one for every `design_effect`, come there."""
    return np.asarray(random.poisson(counts / design_effect) * design_effect, dtype=np.float64)


def _black_box(scored: ShareCounts, reference: ShareReference) -> float | None:
    """Return the share that as many called pairs mean; None where the threshold hardly tells matches from others."""
    apart = reference.matches_called - reference.others_called
    if apart < 0.1 or not scored.pairs:
        return None
    return float(
        np.clip((scored.called / scored.pairs - reference.others_called) / apart, LEAST_SHARE, 1 - LEAST_SHARE)
    )


def _log_odds(probabilities: Floats1d) -> Floats1d:
    inside = np.clip(np.asarray(probabilities, dtype=np.float64), LEAST_SHARE**2, 1 - 1e-12)
    return np.asarray(logit(inside), dtype=np.float64)


def _logits(shares: Floats1d) -> Floats1d:
    return np.asarray(logit(np.clip(shares, LEAST_SHARE, 1 - LEAST_SHARE)), dtype=np.float64)


def _logit(share: float) -> float:
    return float(_logits(np.array([share]))[0])


def counts_of(probabilities: Floats1d, names: Sequence[str], codes: Ints1d, called: int) -> ShareCounts:
    """Return the counts of pairs (p,) whose category is names[code]."""
    found = ShareCounts()
    found.add(probabilities, pa.array(names, pa.large_string()).take(pa.array(codes)), called)
    return found
