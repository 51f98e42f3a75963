"""The report for programs: `report.json`."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from eval.metrics.decisions import JudgedDecisions
from eval.metrics.intervals import DecisionIntervals, Interval
from eval.metrics.reliability import measure_reliability
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
        "failed": list(report.failed),
        "calibration_error": None if report.reliability is None else report.reliability.error,
        "mix": None if report.mix is None else dataclasses.asdict(report.mix),
        "categories": [_category(report, place) for place in category_order(report)],
        "slices": [dataclasses.asdict(part) for part in report.slices],
        "retrieval": _retrieval(report),
        "leakage": None if report.leakage is None else dataclasses.asdict(report.leakage),
        "mistakes": {
            "false_matches": len(report.mistakes.false_matches),
            "missed_matches": len(report.mistakes.missed_matches),
            "label_suspects": len(report.suspects.rows),
        },
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
    inside = np.flatnonzero(report.categories.codes == place)
    reliability = measure_reliability(report.pairs.probabilities[inside], report.pairs.targets[inside])
    uncertainty, held = report.uncertainty, report.held
    return {
        "category": name,
        "pairs": int(values.pairs[place]),
        "positives": int(values.positives[place]),
        "base_rate": float(values.positives[place] / values.pairs[place]),
        "weighted": float(values.weighted[place]),
        "interval": _interval(uncertainty.categories[place]),
        "strict": float(values.strict[place]),
        "recall_at_precision": float(values.recall_at_precision[place]),
        "threshold": _number(values.threshold[place]),
        "model_threshold": _number(report.model_thresholds.get(name)),
        "held_precision": None if held is None else _number(held.precision[place]),
        "held_precision_interval": _interval(uncertainty.held[place]),
        "held_recall": None if held is None else _number(held.recall[place]),
        "called": int(report.called[inside].sum()),
        "calibration_error": None if reliability is None else reliability.error,
        "trivial": float(values.trivial[place]),
        "small": is_small(report, place),
    }


def _decided(decisions: JudgedDecisions | None) -> dict[str, Any] | None:
    return None if decisions is None else dataclasses.asdict(decisions.values)


def _intervals(report: Report) -> dict[str, Any] | None:
    uncertainty = report.uncertainty
    if uncertainty.weighted is None:
        return None
    return {
        "confidence": report.options.draws.confidence,
        "rounds": report.options.draws.rounds,
        "seed": report.options.draws.seed,
        "method": "BCa over product groups",
        "weighted": _interval(uncertainty.weighted),
        "decisions": {
            "precision": _decision_intervals(uncertainty.precision),
            "f1": _decision_intervals(uncertainty.f1),
        },
    }


def _decision_intervals(found: DecisionIntervals | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {name: _interval(getattr(found, name)) for name in ("precision", "recall", "f1")}


def _interval(interval: Interval | None) -> dict[str, Any] | None:
    return None if interval is None else {"low": interval.low, "high": interval.high, "rounds": interval.rounds}


def _retrieval(report: Report) -> dict[str, Any] | None:
    ceiling = report.ceiling
    if ceiling is None:
        return None
    return {
        "k": [int(k) for k in ceiling.ks],
        "matches": len(ceiling.rows),
        "found": int(ceiling.found.sum()),
        "missing": int((~ceiling.found).sum()),
        "same_source": ceiling.same_source,
        "found_and_called": ceiling.kept,
        "found_and_lost": ceiling.lost,
        "called_though_not_found": ceiling.unproposed,
        "views": {
            found.view: {
                "recall": [_number(value) for value in found.recall],
                "categories": {
                    name: [_number(value) for value in row]
                    for name, row in zip(report.categories.names, found.by_category, strict=True)
                },
            }
            for found in ceiling.views
        },
    }


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
