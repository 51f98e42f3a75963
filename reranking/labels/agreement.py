"""Reviewers agree more or less than chance would have them: Cohen's kappa for two, Krippendorff's alpha for any number.

Both count sure verdicts alone: somebody who is unsure of a pair has not judged it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from reranking.labels.label import Id, Label, PairVerdict
from reranking.labels.settled import verdicts_by_pair

Judged = dict[str, PairVerdict]  # what each reviewer says of one pair


@dataclass(frozen=True)
class Kappa:
    """It is how two reviewers agree on the `pairs` that both judged: the share that they `agreed` on, and kappa, None where it
    is undefined: no pair, or both always say the same one thing."""

    first: str
    second: str
    pairs: int
    agreed: float | None
    kappa: float | None


@dataclass(frozen=True)
class Dispute:
    """It is a pair of which sure reviewers say different things."""

    left: Id
    right: Id
    verdicts: Judged


@dataclass(frozen=True)
class ReviewerAgreement:
    """It says how far reviewers agree: two by two, all together (alpha, None where it is undefined), and where they do not."""

    kappas: tuple[Kappa, ...]
    alpha: float | None
    pairs: int
    disputes: tuple[Dispute, ...]


def measure_agreement(answers: Iterable[Label]) -> ReviewerAgreement:
    """Measure the agreement of answers, one a reviewer and pair; `pairs` are those that two or more judged."""
    judged = {pair: _sure(verdicts) for pair, verdicts in verdicts_by_pair(answers).items()}
    reviewers = sorted({name for verdicts in judged.values() for name in verdicts})
    shared = [verdicts for verdicts in judged.values() if len(verdicts) > 1]
    kappas = [_kappa(first, second, shared) for first, second in combinations(reviewers, 2)]
    disputes = [Dispute(*pair, verdicts) for pair, verdicts in judged.items() if len(set(verdicts.values())) > 1]
    alpha = krippendorff_alpha([list(verdicts.values()) for verdicts in shared])
    return ReviewerAgreement(tuple(kappas), alpha, len(shared), tuple(disputes))


def cohen_kappa(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Return Cohen's kappa of two raters of the same units, (observed - expected) / (1 - expected) agreement; None without
    units, or where chance agreement is 1.

    J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960), 37-46.
    """
    count = len(first)
    if not count:
        return None
    observed = sum(one == other for one, other in zip(first, second, strict=True)) / count
    shares, others = Counter(first), Counter(second)
    expected = sum(shares[value] * others[value] for value in shares) / count**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def krippendorff_alpha(units: Sequence[Sequence[str]]) -> float | None:
    """Return Krippendorff's alpha for nominal values: 1 - observed / expected disagreement over all couples of values of a
    unit; None where no unit has two values, or all values are one.

    Each unit is the values that its raters gave, any number of them. K. Krippendorff, "Content Analysis: An Introduction to
    Its Methodology", 3rd edition (2013), chapter 12; "Computing Krippendorff's Alpha-Reliability" (2011).
    """
    pairable = [Counter(values) for values in units if len(values) > 1]
    totals: Counter[str] = Counter()
    for counts in pairable:
        totals.update(counts)
    size = sum(totals.values())
    expected = size**2 - sum(count**2 for count in totals.values())
    if not expected:
        return None
    observed = 0.0
    for counts in pairable:
        raters = sum(counts.values())
        observed += (raters**2 - sum(count**2 for count in counts.values())) / (raters - 1)
    return 1 - (size - 1) * observed / expected


def _sure(verdicts: Judged) -> Judged:
    return {name: verdict for name, verdict in verdicts.items() if verdict != PairVerdict.UNSURE}


def _kappa(first: str, second: str, shared: Sequence[Judged]) -> Kappa:
    both = [(verdicts[first], verdicts[second]) for verdicts in shared if first in verdicts and second in verdicts]
    agreed = sum(one == other for one, other in both) / len(both) if both else None
    return Kappa(first, second, len(both), agreed, cohen_kappa([one for one, _ in both], [other for _, other in both]))
