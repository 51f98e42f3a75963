"""An audit report is what the answers of a sample say of scores: those that it was drawn by, or others of the same pairs."""

from dataclasses import dataclass

import numpy as np

from eval.audit.answered import Answered, audited_pairs, find_answered
from eval.audit.estimates import AuditEstimates, estimate
from eval.audit.population import Population, population_of
from eval.audit.retrieval import RetrievalEstimate, estimate_retrieval
from eval.audit.sampling import SampleDesign, designs
from eval.inputs.scores import Scores
from eval.metrics.intervals import Draws
from eval.metrics.precision_auc import LEVEL
from indexing.errors import InputError
from reranking.labels.store import LabelStore


@dataclass(frozen=True)
class AuditReport:
    """It holds the `estimates` at a `target_precision` of the weighted area; how many `pairs` were scored and `called`, were `asked`
    of the sample, and are `unsettled`: nobody was sure, or reviewers disagree. `other_scores` says that the sample was drawn by other
    scores of these pairs; `retrieval` is what a sample of products says of the matches that were not scored."""

    scores: str
    store: str
    target_precision: float
    pairs: int
    called: int
    asked: int
    unsettled: int
    other_scores: bool
    estimates: AuditEstimates
    retrieval: RetrievalEstimate | None = None


def audit_report(
    scores: Scores, store: LabelStore, *, target_precision: float | None = None, draws: Draws | None = None
) -> AuditReport:
    """Estimate what scores are worth from the newest sample of these pairs.

    Raises InputError when the store has no sample of them, or strata are left that nobody judged a pair of.
    """
    number, design, population = _find_sample(scores, store)
    labels = [kept.label for kept in store.standing()]
    answered = find_answered(labels, number, population)
    _refuse_gaps(answered, design, store)
    level = target_precision if target_precision is not None else _level(scores)
    return AuditReport(
        scores=scores.path.name,
        store=store.path.name,
        target_precision=level,
        pairs=len(population),
        called=int(population.called.sum()),
        asked=len(answered),
        unsettled=answered.unsettled,
        other_scores=design.scored != population.scored,
        estimates=estimate(audited_pairs(answered, design, population), level=level, draws=draws),
        retrieval=estimate_retrieval(store, labels, population, draws),
    )


def _find_sample(scores: Scores, store: LabelStore) -> tuple[int, SampleDesign, Population]:
    """Return the sample that was drawn by these scores, else the newest one of the same pairs."""
    kept = designs(store)
    if not kept:
        raise InputError(
            f"{store.path}: holds no audit: heroic audit INDEX {scores.path} --store {store.path} begins one"
        )
    found = []
    for number, design in kept:
        population = population_of(scores, threshold=None if "match" in scores.decisions else design.threshold)
        if design.pairs == population.pairs:
            found.append((design.scored != population.scored, -number, design, population))
    if not found:
        sizes = ", ".join(f"{sum(design.sizes):,}" for _, design in kept)
        raise InputError(
            f"{store.path}: its audits are of other pairs ({sizes}) than the {len(scores.values):,} of {scores.path}: give the "
            "scores that were audited, or audit these"
        )
    _, number, design, population = min(found, key=lambda one: one[:2])
    return -number, design, population


def _refuse_gaps(answered: Answered, design: SampleDesign, store: LabelStore) -> None:
    judged = np.bincount(answered.strata[~np.isnan(answered.targets)], minlength=len(design.sizes))
    gaps = int((judged == 0).sum())
    if gaps:
        raise InputError(
            f"{store.path}: of {gaps} of {len(judged)} strata no pair is judged yet ({len(answered)} asked): go on with heroic audit"
        )


def _level(scores: Scores) -> float:
    made = scores.provenance
    return LEVEL if made is None or made.target_precision is None else made.target_precision
