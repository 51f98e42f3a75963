"""The evaluation report as numbers: scores against truth, overall and per category."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from eval.categories import PairCategories, categories_of, count_disagreements
from eval.context import Context
from eval.curves import Ranking, rank_pairs
from eval.intervals import Draws, Interval, PairGroups, bootstrap
from eval.joining import JudgedPairs, join_scores
from eval.judging import Decisions, judge_decisions, reaches
from eval.mistakes import Mistakes, find_mistakes
from eval.precision_auc import LEVEL, CategoryValues, measure, weighted_of
from eval.scores import Provenance, Scores
from indexing.arrays import Bools1d
from reranking.groups import product_groups
from reranking.pairs import IdPairs

SMALL_POSITIVES = 30


@dataclass(frozen=True)
class EvaluationOptions:
    """How to evaluate. `target_precision` None: that of the scores' provenance, else 0.75."""

    target_precision: float | None = None
    draws: Draws = field(default_factory=Draws)


@dataclass(frozen=True)
class Summary:
    """The values over all categories; `legacy` is None when every category fails it."""

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
    """Where a report comes from: the files' names, the column of the scores, and what the scores say of themselves."""

    scores: str
    truth: str
    column: str
    provenance: Provenance | None


@dataclass(frozen=True)
class Report:
    """An evaluation. `values` has one row a category, in the order of `categories.names`.

    `called` (p,) is the decision by which mistakes are shown: the column `match`, or else the threshold found here.
    `absent` are words for what was not given, of: index, model, provenance, categories, match, match_f1.
    """

    target_precision: float
    options: EvaluationOptions
    summary: Summary
    weighted_interval: Interval | None
    pairs: JudgedPairs
    categories: PairCategories
    ranking: Ranking
    values: CategoryValues
    decisions: Decisions
    called: Bools1d
    mistakes: Mistakes
    category_disagreements: int | None
    model_thresholds: Mapping[str, float]
    absent: tuple[str, ...]
    inputs: Inputs


def evaluate(
    scores: Scores,
    truth: IdPairs,
    *,
    options: EvaluationOptions | None = None,
    context: Context | None = None,
) -> Report:
    """Judge scores by the truth. Raises InputError when they do not fit together: see `join_scores`."""
    options, context = options or EvaluationOptions(), context or Context()
    level = _level(scores, options)
    pairs = join_scores(scores, truth)
    categories = categories_of(pairs, scores, truth, context)
    ranking = rank_pairs(pairs.scores, pairs.targets, categories.codes)
    values = measure(ranking, level)
    groups = _groups(pairs)
    thresholds = _thresholds(scores, context)
    decisions = judge_decisions(scores, pairs, categories, groups, thresholds, options.draws)
    called = _called(decisions, pairs, categories, values)
    return Report(
        target_precision=level,
        options=options,
        summary=_summarise(pairs, values, level),
        weighted_interval=bootstrap(lambda w: weighted_of(ranking.points(w), level), groups, options.draws),
        pairs=pairs,
        categories=categories,
        ranking=ranking,
        values=values,
        decisions=decisions,
        called=called,
        mistakes=find_mistakes(pairs.scores, pairs.targets, categories.codes, called),
        category_disagreements=count_disagreements(pairs, context),
        model_thresholds=thresholds,
        absent=_absent(scores, context, categories, thresholds),
        inputs=Inputs(scores.path.name, truth.path.name, scores.column, scores.provenance),
    )


def _level(scores: Scores, options: EvaluationOptions) -> float:
    if options.target_precision is not None:
        return options.target_precision
    made = scores.provenance
    return LEVEL if made is None or made.target_precision is None else made.target_precision


def _groups(pairs: JudgedPairs) -> PairGroups:
    groups = product_groups(pairs.left_product, pairs.right_product, pairs.targets, pairs.n_products)
    return PairGroups(groups[pairs.left_product], groups[pairs.right_product])


def _thresholds(scores: Scores, context: Context) -> Mapping[str, float]:
    if context.thresholds is not None:
        return context.thresholds
    return {} if scores.provenance is None else scores.provenance.thresholds


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


def _called(decisions: Decisions, pairs: JudgedPairs, categories: PairCategories, values: CategoryValues) -> Bools1d:
    """The decisions by which mistakes are shown: the column `match`, or else the thresholds found here."""
    if decisions.precision is not None:
        return decisions.precision.called
    return reaches(pairs.scores, values.threshold[categories.codes])


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
