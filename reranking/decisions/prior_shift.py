"""Probabilities and thresholds move to another share of matches: that of the scored pairs, found or told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit, logit

from indexing.arrays import Bools1d, Floats1d
from indexing.errors import InputError
from reranking.decisions.asked_precision import AskedPrecision, read_category_numbers
from reranking.decisions.calibration import Calibration
from reranking.decisions.evidence import surprise
from reranking.decisions.prior import LEAST_SHARE, CallRates, ShareCounts, ShareReference, counts_of, moved
from reranking.decisions.thresholds import Decided, Thresholds, decide
from reranking.decisions.validation import ValidationPairs

SMOOTHING = 10.0  # pairs by which a category without many is as all others
OURS = ("model", "estimate")  # what --prior may say besides a number and a file


@dataclass(frozen=True)
class Validation:
    """Validation pairs, whose category is names[code], are kept with a model to choose thresholds again."""

    pairs: ValidationPairs
    names: tuple[str, ...]

    @property
    def share(self) -> float:
        """Return the share of matches, by the weights of the pairs."""
        return self.pairs.share

    @property
    def shares(self) -> dict[str, float]:
        """Return the share of matches in each category that has pairs, as if SMOOTHING pairs more were as all pairs are."""
        counts, matches = (self._sizes(often) for often in (self._often, self._often * self.pairs.targets))
        smooth = (matches + SMOOTHING * self.share) / (counts + SMOOTHING)
        return {name: float(smooth[code]) for code, name in enumerate(self.names) if counts[code]}

    def reference(self, calibration: Calibration, threshold: float) -> ShareReference | None:
        """Return what the share of matches among scored pairs is estimated against, of whom those with at least this `threshold` are
        called; None without pairs of both kinds."""
        pairs, share = self.pairs, self.share
        if not 0 < share < 1:
            return None
        categories = pa.array(self.names, pa.large_string()).take(pa.array(pairs.categories))
        decided = np.asarray(pairs.scores >= threshold, dtype=bool)
        design_effect, weights = self._design_effect(None), pairs.relative_weights
        weighed = design_effect if weights is None else self._design_effect(weights)
        often = self._often * design_effect / weighed
        found = calibration.of(pairs.scores, categories)
        counts = counts_of(found, self.names, pairs.categories, int(decided.sum()), often)
        return ShareReference(counts, share, self.shares, self._rates(decided), design_effect)

    @property
    def _often(self) -> Floats1d:
        """Return how often each pair (p,) counts, 1 on average."""
        weights = self.pairs.relative_weights
        return np.ones(len(self.pairs)) if weights is None else weights

    def _design_effect(self, weights: Floats1d | None) -> float:
        """Return by how much the pairs, of these weights (p,), are worth less than as many independent ones that count alike."""
        pairs, share = self.pairs, float(np.average(self.pairs.targets, weights=weights))
        variance = surprise(pairs.scores, pairs.targets, pairs.left_groups, pairs.right_groups, share, weights)[-1]
        return float(max(variance / (len(pairs) * share * (1 - share)), 1.0))

    def _rates(self, decided: Bools1d) -> CallRates:
        """Return the shares of matches and of others that are called, smoothed by category as shares are."""
        overall, columns, measured = [], [], []
        for target in (1, 0):
            kind = self.pairs.targets == target
            overall.append(float(np.average(decided[kind], weights=self._often[kind])))
            measured.append(int(kind.sum()))
            called, every = (self._sizes(self._often * rows) for rows in (kind & decided, kind))
            columns.append((called + SMOOTHING * overall[-1]) / (every + SMOOTHING))
        by_category = {name: (float(columns[0][code]), float(columns[1][code])) for code, name in enumerate(self.names)}
        return CallRates(overall[0], overall[1], by_category, (measured[0], measured[1]))

    def _sizes(self, weights: Floats1d) -> Floats1d:
        found = np.bincount(self.pairs.categories, weights, minlength=len(self.names))
        return np.asarray(found, dtype=np.float64)

    def decide_at(self, shares: Mapping[str, float], asked: AskedPrecision, *, seed: int) -> Decided:
        """Choose thresholds as if the pairs of each category had this share of matches; those of categories that are not
        named keep their own."""
        own = np.array([self.shares.get(name, self.share) for name in self.names])
        asked_for = np.array([shares.get(name, usual) for name, usual in zip(self.names, own, strict=True)])
        before, after = own[self.pairs.categories], asked_for[self.pairs.categories]
        before, after = (np.clip(part, LEAST_SHARE, 1 - LEAST_SHARE) for part in (before, after))
        weights = self._often * np.where(self.pairs.targets == 1, after / before, (1 - after) / (1 - before))
        return decide(replace(self.pairs, weights=weights), self.names, asked, seed=seed)


@dataclass(frozen=True)
class PriorShift:
    """A shift holds, by category, the shares of matches that probabilities were calibrated at and those that they move to;
    `thresholds` are chosen at the latter, those of `assumed` categories by the best guess."""

    before: Mapping[str, float]
    after: Mapping[str, float]
    thresholds: Thresholds
    assumed: tuple[str, ...] = ()

    def probabilities(self, probabilities: Floats1d, categories: pa.Array) -> Floats1d:
        """Return the probabilities (p,) of pairs in these categories, moved."""
        names = list(self.after)
        places = pc.index_in(categories, pa.array(names, pa.large_string()))
        places = np.asarray(pc.fill_null(places, 0).to_numpy(zero_copy_only=False), dtype=np.int64)
        before, after = (np.array([shares[name] for name in names])[places] for shares in (self.before, self.after))
        return moved(probabilities, before, after)


def shift_to(shares: Mapping[str, float], validation: Validation, asked: AskedPrecision, *, seed: int) -> PriorShift:
    """Return the shift to these shares of the categories that were scored."""
    before = {name: validation.shares.get(name, validation.share) for name in shares}
    decided = validation.decide_at(shares, asked, seed=seed)
    return PriorShift(before, dict(shares), decided.thresholds, decided.report.assumed)


@dataclass(frozen=True)
class AskedPrior:
    """A user asks for a share of matches: the `model`'s, to `estimate` it, or `told` as a `share` of all pairs or of each
    category (`by_category`)."""

    kind: str = "estimate"
    share: float | None = None
    by_category: Mapping[str, float] | None = None

    @classmethod
    def parse(cls, text: str) -> "AskedPrior":
        """Read `model`, `estimate`, a share between 0 and 1, or the path of a YAML file of category: share.

        Raises InputError for anything else.
        """
        if text in OURS:
            return cls(text)
        if text.endswith((".yaml", ".yml")):
            named = read_category_numbers(Path(text), "share of matches")
            if not named:
                raise InputError(f"{text}: names no category: write lines such as 'rest: 0.05'")
            for name, share in named.items():
                _refuse_share(share, f"{text}: category '{name}'")
            return cls("told", named.pop("default", None), named)
        try:
            share = float(text)
        except ValueError:
            raise InputError(f"--prior {text}: write model, estimate, a share such as 0.1, or a FILE.yaml") from None
        _refuse_share(share, f"--prior {text}")
        return cls("told", share)

    def told(self, scored: ShareCounts, validation: Validation) -> dict[str, float]:
        """Return the share of each category that was scored. Where only that of all pairs is told, the odds of all categories
        are moved alike. Raises InputError for a category that is named, and met neither here nor in validation."""
        sizes = {name: float(counts.sum()) for name, counts in scored.counts.items()}
        usual = {name: validation.shares.get(name, validation.share) for name in sizes}
        named = self.by_category or {}
        self.refuse_unknown({*sizes, *validation.names})
        rest = [name for name in sizes if name not in named]
        if self.share is not None and rest:
            usual |= moved_alike({name: usual[name] for name in rest}, sizes, self.share)
        return {name: named.get(name, usual[name]) for name in sizes}

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Raise InputError for a category that is named and is none of the known ones."""
        unknown = [name for name in self.by_category or {} if name not in known]
        if unknown:
            raise InputError(
                f"--prior names '{unknown[0]}', no evaluation category: there are {', '.join(sorted(known))}"
            )


def moved_alike(usual: Mapping[str, float], sizes: Mapping[str, float], share: float) -> dict[str, float]:
    """Return shares whose odds are the usual ones times one number, and whose mean over pairs is `share`; over categories where
    none has pairs."""
    from scipy.optimize import brentq  # late: slower to load than a few pairs to score

    odds = logit(np.clip(list(usual.values()), LEAST_SHARE, 1 - LEAST_SHARE))
    weights = np.array([sizes[name] for name in usual])
    weights = weights / weights.sum() if weights.any() else np.full(len(weights), 1 / len(weights))
    moving = brentq(lambda shift: float(weights @ expit(odds + shift)) - share, -40.0, 40.0)
    return dict(zip(usual, expit(odds + moving).tolist(), strict=True))


def _refuse_share(share: float, where: str) -> None:
    if not LEAST_SHARE <= share <= 1 - LEAST_SHARE:
        raise InputError(
            f"{where}: the share of matches is {share}: give a number between 0 and 1, not nearer to either than {LEAST_SHARE:g}"
        )
