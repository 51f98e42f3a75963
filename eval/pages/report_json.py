"""Programs read the report as `report.json`."""

import json
import math
from pathlib import Path

import numpy as np

from eval.metrics.decisions import DecisionValues, JudgedDecisions
from eval.metrics.intervals import DecisionIntervals, Interval
from eval.metrics.reliability import measure_reliability
from eval.pages.report_document import (
    SCHEMA_VERSION,
    CategoryRow,
    DecisionSpans,
    JudgedColumns,
    JudgedSpans,
    MistakeCounts,
    ReportDocument,
    ReportedRecall,
    ReportIntervals,
    ReportSource,
    Retrieval,
    Span,
)
from eval.report import SMALL_POSITIVES, Report
from indexing.storage.records import stored_record


def write_json(report: Report, path: Path) -> None:
    """Write `as_document(report)`; numbers that are undefined are null."""
    text = json.dumps(stored_record(as_document(report)), ensure_ascii=False, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def as_document(report: Report) -> ReportDocument:
    """Return the report as numbers; categories by falling number of pairs, then by name."""
    return ReportDocument(
        kind="report",
        schema_version=SCHEMA_VERSION,
        target_precision=report.target_precision,
        **vars(report.summary),
        decisions=JudgedColumns(_decided(report.decisions.precision), _decided(report.decisions.f1)),
        intervals=_intervals(report),
        failed=report.failed,
        calibration_error=None if report.reliability is None else report.reliability.error,
        mix=report.mix,
        categories=tuple(_category(report, place) for place in category_order(report)),
        slices=report.slices,
        retrieval=_retrieval(report),
        leakage=report.leakage,
        mistakes=MistakeCounts(
            len(report.mistakes.false_matches),
            len(report.mistakes.missed_matches),
            len(report.suspects.rows),
            report.suspects.other_barcodes,
        ),
        category_source=report.categories.source,
        swapped=int(report.pairs.swapped.sum()),
        category_disagreements=report.category_disagreements,
        category_guessed=report.categories.guessed,
        redecided=report.decisions.redecided,
        absent=report.absent,
        provenance=_source(report),
        promise=report.promise,
    )


def category_order(report: Report) -> list[int]:
    """Return the categories by falling number of pairs, then by name, as places in `report.categories.names`."""
    names, pairs = report.categories.names, report.values.pairs
    return sorted(range(len(names)), key=lambda place: (-pairs[place], names[place]))


def is_small(report: Report, place: int) -> bool:
    """Say whether a category has too few matches for its value to be a measurement."""
    return bool(report.values.positives[place] < SMALL_POSITIVES)


def _category(report: Report, place: int) -> CategoryRow:
    name, values = report.categories.names[place], report.values
    inside = np.flatnonzero(report.categories.codes == place)
    reliability = measure_reliability(report.pairs.probabilities[inside], report.pairs.targets[inside])
    uncertainty, held = report.uncertainty, report.held
    return CategoryRow(
        category=name,
        pairs=int(values.pairs[place]),
        positives=int(values.positives[place]),
        base_rate=float(values.positives[place] / values.pairs[place]),
        weighted=float(values.weighted[place]),
        interval=_span(uncertainty.categories[place]),
        strict=float(values.strict[place]),
        recall_at_precision=float(values.recall_at_precision[place]),
        threshold=_number(values.threshold[place]),
        model_threshold=_number(report.model_thresholds.get(name)),
        held_precision=None if held is None else _number(held.precision[place]),
        held_precision_interval=_span(uncertainty.held[place]),
        held_recall=None if held is None else _number(held.recall[place]),
        called=int(report.called[inside].sum()),
        calibration_error=None if reliability is None else reliability.error,
        trivial=float(values.trivial[place]),
        small=is_small(report, place),
    )


def _decided(decisions: JudgedDecisions | None) -> DecisionValues | None:
    return None if decisions is None else decisions.values


def _intervals(report: Report) -> ReportIntervals | None:
    uncertainty, draws = report.uncertainty, report.options.draws
    if uncertainty.weighted is None:
        return None
    return ReportIntervals(
        confidence=draws.confidence,
        rounds=draws.rounds,
        seed=draws.seed,
        method="BCa over product groups; precision and recall: Clopper-Pearson of the effective number of pairs",
        weighted=_span(uncertainty.weighted),
        decisions=JudgedSpans(_spans(uncertainty.precision), _spans(uncertainty.f1)),
    )


def _spans(found: DecisionIntervals | None) -> DecisionSpans | None:
    return None if found is None else DecisionSpans(_span(found.precision), _span(found.recall), _span(found.f1))


def _span(interval: Interval | None) -> Span | None:
    return None if interval is None else Span(interval.low, interval.high, interval.rounds)


def _retrieval(report: Report) -> Retrieval | None:
    ceiling = report.ceiling
    if ceiling is None:
        return None
    return Retrieval(
        k=tuple(int(k) for k in ceiling.ks),
        matches=len(ceiling.rows),
        found=int(ceiling.found.sum()),
        missing=int((~ceiling.found).sum()),
        same_source=ceiling.same_source,
        found_and_called=ceiling.kept,
        found_and_lost=ceiling.lost,
        called_though_not_found=ceiling.unproposed,
        views={
            found.view: ReportedRecall(
                tuple(_number(value) for value in found.recall),
                {
                    name: tuple(_number(value) for value in row)
                    for name, row in zip(report.categories.names, found.by_category, strict=True)
                },
            )
            for found in ceiling.views
        },
    )


def _source(report: Report) -> ReportSource:
    made = report.inputs.provenance
    return ReportSource(
        scores=report.inputs.scores,
        score_column=report.inputs.column,
        truth=report.inputs.truth,
        index_fingerprint=None if made is None else made.index_fingerprint,
        model_fingerprint=None if made is None else made.model_fingerprint,
        model_target_precision=None if made is None else made.target_precision,
        thresholds=None if made is None else {name: _number(value) for name, value in sorted(made.thresholds.items())},
    )


def _number(value: float | None) -> float | None:
    """Return None for NaN and infinity, which JSON lacks: both mean here that there is no such number."""
    return float(value) if value is not None and math.isfinite(value) else None
