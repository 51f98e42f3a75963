"""The evaluation report says in numbers how scores do against truth, overall and per category."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from eval.findings.ceiling import Ceiling, find_ceiling
from eval.findings.leakage import Leakage, find_leakage
from eval.findings.mistakes import Mistakes, find_mistakes, nearest_threshold
from eval.findings.mixes import MixedValue, value_under
from eval.findings.promise import Promise, find_promise
from eval.findings.slices import Slice, measure_slices
from eval.findings.suspects import SuspectTruth, find_suspects
from eval.inputs.categories import PairCategories, categories_of, count_disagreements
from eval.inputs.context import Context
from eval.inputs.joining import JudgedPairs, join_scores
from eval.inputs.scores import Provenance, Scores
from eval.metrics.curves import Ranking, rank_pairs
from eval.metrics.decisions import CategoryDecisions, Decisions, decide_by_category, judge_decisions, reaches
from eval.metrics.intervals import Draws, PairGroups
from eval.metrics.precision_auc import LEVEL, CategoryValues, measure
from eval.metrics.reliability import Reliability, measure_reliability
from eval.metrics.uncertainty import Drawing, Uncertainty, draw_here, measure_uncertainty
from indexing.arrays import Bools1d, Floats1d, Ints1d
from reranking.pairs.pair_files import IdPairs
from reranking.pairs.product_groups import product_groups

SMALL_POSITIVES = 30


@dataclass(frozen=True)
class EvaluationOptions:
    """They say how to evaluate. `target_precision` None means that of the scores' provenance, else 0.75."""

    target_precision: float | None = None
    draws: Draws = field(default_factory=Draws)


@dataclass(frozen=True)
class OtherPairs:
    """A report can compare with these files: `mix` has the categories as they are met elsewhere, `train` is what the
    scores' model was trained on."""

    mix: IdPairs | None = None
    train: IdPairs | None = None


@dataclass(frozen=True)
class Summary:
    """It has the values over all categories; `legacy` is None when every category fails it."""

    pairs: int
    positives: int
    weighted: float
    macro: float
    strict: float
    legacy: float | None
    pooled: float
    trivial: float


@dataclass(frozen=True)
class Inputs:
    """It says where a report comes from: the files' names, the scores' column, and what the scores tell of
    themselves."""

    scores: str
    truth: str
    column: str
    provenance: Provenance | None


@dataclass(frozen=True)
class Report:
    """A report is one evaluation. `values` has one row a category, in the order of `categories.names`.

    `called` (p,) is the decision by which mistakes are shown: the column `match`, else the model's thresholds, else
    those found here; `thresholds` (c,) is what it decides by, NaN where nothing is called, and `held` what that
    reaches in each category, None where it was found here. `reliability` is of all pairs, None where scores are no
    probabilities. `absent` are words for what was not given, of: index, model, provenance, categories, match,
    match_f1.
    """

    target_precision: float
    options: EvaluationOptions
    summary: Summary
    uncertainty: Uncertainty
    pairs: JudgedPairs
    groups: PairGroups
    categories: PairCategories
    ranking: Ranking
    values: CategoryValues
    decisions: Decisions
    promise: Promise | None
    called: Bools1d
    thresholds: Floats1d
    held: CategoryDecisions | None
    mistakes: Mistakes
    near: Ints1d
    suspects: SuspectTruth
    reliability: Reliability | None
    slices: tuple[Slice, ...]
    ceiling: Ceiling | None
    mix: MixedValue | None
    leakage: Leakage | None
    category_disagreements: int | None
    model_thresholds: Mapping[str, float]
    absent: tuple[str, ...]
    inputs: Inputs

    @property
    def failed(self) -> tuple[str, ...]:
        """Return the categories in which no threshold reaches the target precision."""
        names, recall = self.categories.names, self.values.recall_at_precision
        return tuple(name for name, reached in zip(names, recall, strict=True) if reached == 0)


def evaluate(
    scores: Scores,
    truth: IdPairs,
    *,
    options: EvaluationOptions | None = None,
    context: Context | None = None,
    others: OtherPairs | None = None,
    draw: Drawing = draw_here,
) -> Report:
    """Judge scores by the truth; `draw` measures the draws of the bootstrap, wherever that is. Raises InputError when they do not fit together: see `join_scores`."""
    options, context, others = options or EvaluationOptions(), context or Context(), others or OtherPairs()
    context, level = context.following(scores), _level(scores, options)
    found = _Judgement.of(scores, truth, context, level)
    pairs, codes, names = found.pairs, found.categories.codes, found.categories.names
    return Report(
        target_precision=level,
        options=options,
        summary=_summarise(pairs, found.values, level),
        uncertainty=found.uncertainty(level, options.draws, draw),
        pairs=pairs,
        groups=found.groups,
        categories=found.categories,
        ranking=found.ranking,
        values=found.values,
        decisions=found.decisions,
        promise=find_promise(scores, pairs, found.decisions.precision),
        called=found.called,
        thresholds=found.thresholds,
        held=None if found.held is None else decide_by_category(found.held, pairs.targets, codes, len(names)),
        mistakes=find_mistakes(pairs.scores, pairs.targets, codes, found.called),
        near=nearest_threshold(pairs.scores, found.thresholds[codes]),
        suspects=find_suspects(pairs, codes, (found.groups.left, found.groups.right), context.catalog),
        reliability=measure_reliability(pairs.probabilities, pairs.targets),
        slices=measure_slices(pairs, codes, found.called, context, level=level, train=others.train),
        ceiling=None if context.index is None else find_ceiling(context.index, pairs, codes, found.called, len(names)),
        mix=None if others.mix is None else value_under(others.mix, names, found.values, context),
        leakage=None if others.train is None else find_leakage(others.train, pairs, codes, level=level),
        category_disagreements=count_disagreements(pairs, context),
        model_thresholds=found.own,
        absent=_absent(scores, context, found.categories, found.own),
        inputs=Inputs(scores.path.name, truth.path.name, scores.column, scores.provenance),
    )


@dataclass(frozen=True)
class _Judgement:
    """It has the pairs joined with the truth, and says what is called a match: `own` are the thresholds that model or
    scores name, `held` the decision (p,) that can be held to account, None where it was found here."""

    pairs: JudgedPairs
    categories: PairCategories
    groups: PairGroups
    ranking: Ranking
    values: CategoryValues
    own: Mapping[str, float]
    decisions: Decisions
    thresholds: Floats1d
    called: Bools1d
    held: Bools1d | None

    @classmethod
    def of(cls, scores: Scores, truth: IdPairs, context: Context, level: float) -> "_Judgement":
        pairs = join_scores(scores, truth)
        categories = categories_of(pairs, scores, truth, context)
        ranking = rank_pairs(pairs.scores, pairs.targets, categories.codes)
        values = measure(ranking, level)
        own = _thresholds(scores, context, categories.names)
        decisions = judge_decisions(scores, pairs, categories, own)
        thresholds = np.array([own.get(name, np.nan) for name in categories.names]) if own else values.threshold
        match = None if decisions.precision is None else decisions.precision.called
        called = reaches(pairs.scores, thresholds[categories.codes]) if match is None else match
        held = called if own or match is not None else None
        return cls(pairs, categories, _groups(pairs), ranking, values, own, decisions, thresholds, called, held)

    def uncertainty(self, level: float, draws: Draws, draw: Drawing) -> Uncertainty:
        """Find the intervals of the values and of the decisions that the scores bring."""
        match, match_f1 = (
            None if judged is None else judged.called for judged in (self.decisions.precision, self.decisions.f1)
        )
        return measure_uncertainty(
            self.ranking,
            self.pairs,
            self.categories.codes,
            self.groups,
            level=level,
            draws=draws,
            held=self.held,
            match=match,
            match_f1=match_f1,
            draw=draw,
        )


def _level(scores: Scores, options: EvaluationOptions) -> float:
    if options.target_precision is not None:
        return options.target_precision
    made = scores.provenance
    return LEVEL if made is None or made.target_precision is None else made.target_precision


def _groups(pairs: JudgedPairs) -> PairGroups:
    groups = product_groups(pairs.left_product, pairs.right_product, pairs.targets, pairs.n_products)
    return PairGroups(groups[pairs.left_product], groups[pairs.right_product])


def _thresholds(scores: Scores, context: Context, names: tuple[str, ...]) -> Mapping[str, float]:
    """Return the threshold of each of these categories that has one: those that the scores say they were decided by, which
    may have moved with the share of matches, or the model's."""
    given: Mapping[str, float] = {}
    default = None
    if scores.provenance is not None and scores.provenance.thresholds:
        given, default = scores.provenance.thresholds, scores.provenance.default_threshold
    elif context.thresholds is not None:
        given, default = context.thresholds, context.default_threshold
    own = {name: given.get(name, default) for name in names}
    return {name: threshold for name, threshold in own.items() if threshold is not None}


def _summarise(pairs: JudgedPairs, values: CategoryValues, level: float) -> Summary:
    pooled = measure(rank_pairs(pairs.scores, pairs.targets), level)
    return Summary(
        pairs=len(pairs),
        positives=int(pairs.targets.sum()),
        weighted=values.mean(values.weighted) or 0.0,
        macro=float(values.weighted.mean()),
        strict=values.mean(values.strict) or 0.0,
        legacy=values.mean(values.legacy),
        pooled=float(pooled.weighted[0]),
        trivial=values.mean(values.trivial) or 0.0,
    )


def _absent(
    scores: Scores, context: Context, categories: PairCategories, thresholds: Mapping[str, float]
) -> tuple[str, ...]:
    missing = {
        "index": context.catalog is None,
        "model": not thresholds,
        "provenance": scores.provenance is None,
        "categories": categories.source == "none",
        "match": "match" not in scores.decisions,
        "match_f1": "match_f1" not in scores.decisions,
    }
    return tuple(word for word, lacks in missing.items() if lacks)
