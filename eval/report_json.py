"""The report for programs: `report.json`."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

from eval.intervals import Interval
from eval.judging import JudgedDecisions
from eval.report import SMALL_POSITIVES, Report

SCHEMA_VERSION = 1


def write_json(report: Report, path: Path) -> None:
    """Write `as_document(report)`; numbers that are undefined are null."""
    text = json.dumps(as_document(report), ensure_ascii=False, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def as_document(report: Report) -> dict[str, Any]:
    """The report as JSON values; categories by falling number of pairs, then by name."""
    return {
        "kind": "report",
        "schema_version": SCHEMA_VERSION,
        "target_precision": report.target_precision,
        **dataclasses.asdict(report.summary),
        "decisions": {"precision": _decided(report.decisions.precision), "f1": _decided(report.decisions.f1)},
        "intervals": _intervals(report),
        "categories": [_category(report, place) for place in category_order(report)],
        "category_source": report.categories.source,
        "swapped": int(report.pairs.swapped.sum()),
        "category_disagreements": report.category_disagreements,
        "category_guessed": report.categories.guessed,
        "redecided": report.decisions.redecided,
        "absent": list(report.absent),
        "provenance": _provenance(report),
    }


def category_order(report: Report) -> list[int]:
    """The categories by falling number of pairs, then by name, as places in `report.categories.names`."""
    names, pairs = report.categories.names, report.values.pairs
    return sorted(range(len(names)), key=lambda place: (-pairs[place], names[place]))


def is_small(report: Report, place: int) -> bool:
    """Whether a category has too few matches for its value to be a measurement."""
    return bool(report.values.positives[place] < SMALL_POSITIVES)


def _category(report: Report, place: int) -> dict[str, Any]:
    name, values = report.categories.names[place], report.values
    return {
        "category": name,
        "pairs": int(values.pairs[place]),
        "positives": int(values.positives[place]),
        "weighted": float(values.weighted[place]),
        "strict": float(values.strict[place]),
        "recall_at_precision": float(values.recall_at_precision[place]),
        "threshold": _number(values.threshold[place]),
        "model_threshold": _number(report.model_thresholds.get(name)),
        "trivial": float(values.trivial[place]),
        "small": is_small(report, place),
    }


def _decided(decisions: JudgedDecisions | None) -> dict[str, Any] | None:
    return None if decisions is None else dataclasses.asdict(decisions.values)


def _intervals(report: Report) -> dict[str, Any] | None:
    if report.weighted_interval is None:
        return None
    return {
        "confidence": report.options.draws.confidence,
        "rounds": report.options.draws.rounds,
        "seed": report.options.draws.seed,
        "weighted": _interval(report.weighted_interval),
        "decisions": {
            "precision": _decision_intervals(report.decisions.precision),
            "f1": _decision_intervals(report.decisions.f1),
        },
    }


def _decision_intervals(decisions: JudgedDecisions | None) -> dict[str, Any] | None:
    if decisions is None or decisions.intervals is None:
        return None
    found = decisions.intervals
    return {name: _interval(getattr(found, name)) for name in ("precision", "recall", "f1")}


def _interval(interval: Interval | None) -> dict[str, Any] | None:
    return None if interval is None else {"low": interval.low, "high": interval.high, "rounds": interval.rounds}


def _provenance(report: Report) -> dict[str, Any]:
    made = report.inputs.provenance
    return {
        "scores": report.inputs.scores,
        "score_column": report.inputs.column,
        "truth": report.inputs.truth,
        "index_fingerprint": None if made is None else made.index_fingerprint,
        "model_fingerprint": None if made is None else made.model_fingerprint,
        "model_target_precision": None if made is None else made.target_precision,
        "thresholds": None if made is None else {k: _number(v) for k, v in sorted(made.thresholds.items())},
    }


def _number(value: float | None) -> float | None:
    """JSON has no NaN and no infinity: both mean here that there is no such number."""
    return float(value) if value is not None and math.isfinite(value) else None
