"""Thresholds decide which pairs are matches: one of each category holds the asked precision on product groups not
seen before, and one has the best F1."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Floats1d
from indexing.storage.records import OMIT
from reranking.decisions.asked_precision import AskedPrecision, read_category_numbers
from reranking.decisions.calibration import fit_beta
from reranking.decisions.evidence import Cuts, PrecisionEvidence, shrunk_bound
from reranking.decisions.validation import ValidationPairs

CAUTIONS = (1.645, 2.0, 2.5, 3.0)  # standard errors: one-sided confidence of 95 %, and more where that is not enough
GROWTH = tuple(np.geomspace(1.1, 100, 40).tolist())  # how many times as many pairs are reckoned with
LEAST_POSITIVES = 30  # with fewer validation matches a category looks at the cuts of all pairs, not at its own


@dataclass(frozen=True)
class Thresholds:
    """A pair is a match when its score is at least its category's threshold.

    `by_category` may hold infinity: in that category nothing reached the precision, and nothing is called a match.
    Categories that are not named use `default`. `f1` is the one threshold of the best expected F1 over all pairs.
    """

    by_category: Mapping[str, float]
    default: float
    f1: float

    def of(self, categories: pa.Array) -> Floats1d:
        """Return the threshold (p,) of each pair's evaluation category, float64."""
        names = list(self.by_category)
        values = np.array([*(self.by_category[name] for name in names), self.default], dtype=np.float64)
        places = pc.fill_null(pc.index_in(categories, pa.array(names, pa.large_string())), len(names))
        return values[np.asarray(places.to_numpy(zero_copy_only=False), dtype=np.int64)]

    @property
    def lowest(self) -> float:
        """Return the lowest of all, but that of the best F1; infinity where nothing is called a match."""
        return min(self.default, *self.by_category.values(), math.inf)


def f1_threshold(scores: Floats1d, targets: Floats1d, weights: Floats1d | None = None) -> float:
    """Return the threshold of the best F1 that is expected of pairs (p,) like these; infinity when no pair is a match.

    How likely a pair matches is read from a smooth map of the scores, fitted to the targets: the cut that is best by the targets themselves
    hangs on a few pairs, and is best by chance (docs/benchmarks.md).
    """
    if not targets.any():
        return math.inf
    often = None if weights is None else weights / weights.mean()
    cut = Cuts.of(scores, fit_beta(scores, targets, often).of(scores), weights)
    return cut.between(int(np.argmax(cut.matches / (cut.called + cut.matches[-1]))))


@dataclass(frozen=True)
class AskedThresholds:
    """A user gives thresholds of some categories, and perhaps a `default` of those that have none."""

    by_category: Mapping[str, float]
    default: float | None = None

    def over(self, own: Thresholds) -> Thresholds:
        """Return the thresholds that decide: what the user gives lies over the `own` ones."""
        default = own.default if self.default is None else self.default
        return Thresholds({**own.by_category, **self.by_category}, default, own.f1)


def read_thresholds(path: Path) -> AskedThresholds:
    """Read a user's YAML of category: threshold; the key `default` is for those not named.

    Raises InputError for a missing file, text that is no such mapping, and values that are no number.
    """
    named = read_category_numbers(path, "threshold")
    default = named.pop("default", None)
    return AskedThresholds(named, default)


def called(scores: Floats1d, categories: pa.Array, thresholds: Thresholds) -> Bools1d:
    """Return which pairs (p,) are called matches."""
    return np.asarray(scores >= thresholds.of(categories), dtype=bool)


@dataclass(frozen=True)
class HeldPrecision:
    """One row says of a category, judged on product groups that did not choose, what was asked, held and paid.

    `called` are the pairs called matches, `held` their precision (None without any) and `recall` theirs; `paid` is
    the recall that thresholds without a safety margin would have had on top.
    """

    category: str
    matches: int
    asked: float
    called: int
    held: float | None
    recall: float | None
    paid: float | None


@dataclass(frozen=True)
class DecisionsReport:
    """A report says how many standard errors thresholds keep from the asked precision, what each category held, and which
    have the best guess for a threshold, their pairs being too few to be sure."""

    caution: float
    held: tuple[HeldPrecision, ...]
    assumed: tuple[str, ...] = field(default=(), metadata=OMIT)


@dataclass(frozen=True)
class Decided:
    """It holds the thresholds, and what they held. `lacking` says of categories in which nothing is sure enough how many
    product groups more, like those that chose, would make it so; None where more of them would not."""

    thresholds: Thresholds
    report: DecisionsReport
    lacking: Mapping[str, int | None]


def decide(pairs: ValidationPairs, names: Sequence[str], asked: AskedPrecision, *, seed: int = 0) -> Decided:
    """Choose thresholds on validation pairs, whose category is names[code].

    A threshold is the one of the most matches whose lower confidence bound of precision is what was asked. The
    confidence is 95 %, or the least above it with which all pairs called out of fold hold what was asked; those called by a
    best guess do not count there.
    """
    folds = [(_Evidence.of(pairs.take(rest), names, asked), fold) for rest, fold in pairs.folds(seed)]
    wanted = np.array([asked.of(name) for name in names])[pairs.categories]
    wanted = wanted if pairs.weights is None else wanted * pairs.weights
    sure = [(replace(evidence, asked=replace(asked, assume=False)), fold) for evidence, fold in folds]
    for caution in CAUTIONS:
        called = _called_out_of_fold(pairs, sure, caution)
        if pairs.weighed_targets[called].sum() >= wanted[called].sum():
            break
    called = _called_out_of_fold(pairs, folds, caution)
    bold = _called_out_of_fold(pairs, folds, 0.0)
    held = tuple(_held(pairs, code, name, asked.of(name), called, bold) for code, name in enumerate(names))
    evidence = _Evidence.of(pairs, names, asked)
    chosen = evidence.thresholds(caution, f1_threshold(pairs.scores, pairs.targets, pairs.weights))
    unsure = evidence.unsure(caution)
    lacking = {name: evidence.lacking(name, caution, pairs.groups_with_matches(names.index(name))) for name in unsure}
    assumed = tuple(name for name in unsure if math.isfinite(chosen.by_category[name]))
    return Decided(chosen, DecisionsReport(caution, held, assumed), lacking)


@dataclass(frozen=True)
class _Evidence:
    """It keeps evidence of all pairs for each precision that is asked for, and of each category for its own."""

    asked: AskedPrecision
    every: Mapping[float, PrecisionEvidence]
    own: Mapping[str, PrecisionEvidence]

    @classmethod
    def of(cls, pairs: ValidationPairs, names: Sequence[str], asked: AskedPrecision) -> "_Evidence":
        wanted = {asked.default, *(asked.of(name) for name in names)}
        every = {precision: PrecisionEvidence.of(pairs, precision) for precision in sorted(wanted)}
        rows = [pairs.take(pairs.categories == code) for code in range(len(names))]
        own = {name: PrecisionEvidence.of(here, asked.of(name), pairs) for name, here in zip(names, rows, strict=True)}
        return cls(asked, every, own)

    def thresholds(self, caution: float, f1: float) -> Thresholds:
        """Return the thresholds that keep so many standard errors; where none does and that is asked, the best guess."""
        every = self.every[self.asked.default]
        default = every.threshold(every.bound(caution))
        found = {name: self._of(name, caution) for name in self.own}
        if self.asked.assume:
            default = every.threshold(every.bound(0.0)) if math.isinf(default) else default
            found = {name: self._of(name, 0.0) if math.isinf(value) else value for name, value in found.items()}
        return Thresholds(found, default, f1)

    def unsure(self, caution: float) -> list[str]:
        """Return the categories in which no threshold keeps so many standard errors."""
        return [name for name in self.own if math.isinf(self._of(name, caution))]

    def lacking(self, name: str, caution: float, groups: int) -> int | None:
        """Return how many product groups more than so many would let a category have a threshold, None where the most that
        are reckoned with would not."""
        enough = next((times for times in GROWTH if math.isfinite(self._of(name, caution, times))), None)
        return None if enough is None else math.ceil((enough - 1) * max(groups, 1))

    def _of(self, name: str, caution: float, times: float = 1.0) -> float:
        """Return the threshold of a category, had it so many times as many pairs, and all pairs those on top; had all of them, where
        the category has no match."""
        own, every = self.own[name], self.every[self.asked.of(name)]
        if times > 1:
            part = own.positives / every.positives if own.positives else 1.0
            own, every = own.grown(times), every.grown(1 + (times - 1) * part)
        at = own if own.positives >= LEAST_POSITIVES else every
        return at.threshold(shrunk_bound(own, every, at, caution))


def _called_out_of_fold(
    pairs: ValidationPairs, folds: Sequence[tuple[_Evidence, np.ndarray]], caution: float
) -> Bools1d:
    """Return which pairs (p,) are called matches by thresholds that other folds chose."""
    called = np.zeros(len(pairs), dtype=bool)
    for evidence, fold in folds:
        by_code = np.array([*evidence.thresholds(caution, 0.0).by_category.values()])
        called[fold] = pairs.scores[fold] >= by_code[pairs.categories[fold]]
    return called


def _held(pairs: ValidationPairs, code: int, name: str, asked: float, called: Bools1d, bold: Bools1d) -> HeldPrecision:
    here = pairs.categories == code
    matches = float(pairs.weighed_targets[here].sum())
    found, boldly = (float(pairs.weighed_targets[here & decided].sum()) for decided in (called, bold))
    calls = int((here & called).sum())
    weighed = float(calls if pairs.weights is None else pairs.weights[here & called].sum())
    held = found / weighed if calls else None
    recall, bold_recall = (found / matches, boldly / matches) if matches else (None, None)
    paid = None if recall is None or bold_recall is None else max(0.0, bold_recall - recall)
    return HeldPrecision(name, int(pairs.targets[here].sum()), asked, calls, held, recall, paid)
