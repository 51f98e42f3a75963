"""Probabilities and thresholds move to another share of matches: that of the scored pairs, found or told."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.optimize import brentq
from scipy.special import expit, logit

from indexing.arrays import Bools1d, Floats1d
from indexing.errors import InputError
from reranking.decisions.asked_precision import AskedPrecision, read_category_numbers
from reranking.decisions.calibration import Calibration
from reranking.decisions.evidence import surprise
from reranking.decisions.prior import LEAST_SHARE, ShareCounts, ShareReference, counts_of, moved
from reranking.decisions.thresholds import Decided, Thresholds, decide, f1_threshold
from reranking.decisions.validation import ValidationPairs

OURS = ("model", "estimate")  # what --prior may say besides a number and a file


@dataclass(frozen=True)
class Validation:
    """Validation pairs, whose category is names[code], are kept with a model to choose thresholds again."""

    pairs: ValidationPairs
    names: tuple[str, ...]

    @property
    def share(self) -> float:
        """Return the share of matches."""
        return float(self.pairs.targets.mean())

    @property
    def shares(self) -> dict[str, float]:
        """Return the share of matches in each category that has pairs."""
        counts = np.bincount(self.pairs.categories, minlength=len(self.names))
        matches = np.bincount(self.pairs.categories, self.pairs.targets, minlength=len(self.names))
        return {name: float(matches[code] / counts[code]) for code, name in enumerate(self.names) if counts[code]}

    def reference(self, calibration: Calibration) -> ShareReference:
        """Return what the share of matches among scored pairs is estimated against."""
        pairs, share = self.pairs, self.share
        categories = pa.array(self.names, pa.large_string()).take(pa.array(pairs.categories))
        decided = _called(pairs.scores, f1_threshold(pairs.scores, pairs.targets))
        counts = counts_of(calibration.of(pairs.scores, categories), self.names, pairs.categories, int(decided.sum()))
        variance = surprise(pairs.scores, pairs.targets, pairs.left_groups, pairs.right_groups, share)[-1]
        independent = len(pairs) * share * (1 - share)
        of_matches, of_others = (float(decided[pairs.targets == target].mean()) for target in (1, 0))
        return ShareReference(
            counts, share, self.shares, of_matches, of_others, float(max(variance / independent, 1.0))
        )

    def decide_at(self, shares: Mapping[str, float], asked: AskedPrecision, *, seed: int) -> Decided:
        """Choose thresholds as if the pairs of each category had this share of matches; those of categories that are not
        named keep their own."""
        own = np.array([self.shares.get(name, self.share) for name in self.names])
        asked_for = np.array([shares.get(name, usual) for name, usual in zip(self.names, own, strict=True)])
        before, after = own[self.pairs.categories], asked_for[self.pairs.categories]
        before, after = (np.clip(part, LEAST_SHARE, 1 - LEAST_SHARE) for part in (before, after))
        weights = np.where(self.pairs.targets == 1, after / before, (1 - after) / (1 - before))
        return decide(replace(self.pairs, weights=weights), self.names, asked, seed=seed)


@dataclass(frozen=True)
class PriorShift:
    """A shift holds, by category, the shares of matches that probabilities were calibrated at and those that they move to;
    `thresholds` are chosen at the latter."""

    before: Mapping[str, float]
    after: Mapping[str, float]
    thresholds: Thresholds

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
    return PriorShift(before, dict(shares), validation.decide_at(shares, asked, seed=seed).thresholds)


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
        are moved alike."""
        sizes = {name: float(counts.sum()) for name, counts in scored.counts.items()}
        usual = {name: validation.shares.get(name, validation.share) for name in sizes}
        named = self.by_category or {}
        rest = [name for name in sizes if name not in named]
        if self.share is not None and rest:
            usual |= _alike({name: usual[name] for name in rest}, sizes, self.share)
        return {name: named.get(name, usual[name]) for name in sizes}


def _alike(usual: Mapping[str, float], sizes: Mapping[str, float], share: float) -> dict[str, float]:
    """Return shares whose odds are the usual ones times one number, and whose mean over pairs is `share`."""
    odds = logit(np.clip(list(usual.values()), LEAST_SHARE, 1 - LEAST_SHARE))
    weights = np.array([sizes[name] for name in usual])
    weights = weights / weights.sum()
    moving = brentq(lambda shift: float(weights @ expit(odds + shift)) - share, -40.0, 40.0)
    return dict(zip(usual, expit(odds + moving).tolist(), strict=True))


def _refuse_share(share: float, where: str) -> None:
    if not (math.isfinite(share) and 0 < share < 1):
        raise InputError(f"{where}: the share of matches is {share}: give a number between 0 and 1")


def _called(scores: Floats1d, threshold: float) -> Bools1d:
    return np.asarray(scores >= threshold, dtype=bool)
