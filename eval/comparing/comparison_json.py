"""A comparison for programs, `compare.json`, and its changed pairs as a table."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eval.comparing.comparison import Change, Comparison
from eval.comparing.judged import JudgedReport

SCHEMA_VERSION = 1


def as_document(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON values; categories by falling number of pairs, then by name."""
    shared, sides = comparison.shared, comparison.sides
    before, after = comparison.first.thresholds(), comparison.second.thresholds()
    return {
        "kind": "comparison",
        "schema_version": SCHEMA_VERSION,
        "first": _source(comparison.first),
        "second": _source(comparison.second),
        "target_precision": comparison.second.target_precision,
        "pairs": len(shared.targets),
        "only_first": shared.only_first,
        "only_second": shared.only_second,
        "relabelled": shared.relabelled,
        "recategorised": shared.recategorised,
        "confidence": comparison.draws.confidence,
        "rounds": comparison.draws.rounds,
        "seed": comparison.draws.seed,
        "weighted": _change(comparison.weighted),
        "decisions": {change.name: _change(change) for change in comparison.decisions},
        "categories": [
            {
                "category": change.name,
                "pairs": pairs,
                "positives": positives,
                **_change(change),
                "threshold_first": before.get(change.name),
                "threshold_second": after.get(change.name),
            }
            for change, pairs, positives in sorted(comparison.categories, key=lambda row: (-row[1], row[0].name))
        ],
        "changed_sides": {name: len(rows) for name, rows in vars(sides).items()},
    }


def write_changed(comparison: Comparison, path: Path) -> None:
    """Every pair whose decision is another now: ids, category, label, both scores and decisions, and what it did."""
    tables = []
    first, second, shared = comparison.first, comparison.second, comparison.shared
    for name, rows in vars(comparison.sides).items():
        before, after = shared.first[rows], shared.second[rows]
        tables.append(
            pa.table(
                {
                    "change": pa.array([name] * len(rows), pa.string()),
                    "left_id": second.left.take(pa.array(after)),
                    "right_id": second.right.take(pa.array(after)),
                    "category": second.categories.take(pa.array(after)),
                    "target": shared.targets[rows],
                    "score_first": first.scores[before],
                    "score_second": second.scores[after],
                    "called_first": first.called[before],
                    "called_second": second.called[after],
                }
            )
        )
    pq.write_table(pa.concat_tables(tables), path)


def _source(report: JudgedReport) -> dict[str, Any]:
    kept = ("scores", "truth", "index_fingerprint", "model_fingerprint")
    provenance = report.document.get("provenance") or {}
    return {
        "folder": report.folder.name,
        "target_precision": report.target_precision,
        "weighted": report.document["weighted"],
        **{name: provenance.get(name) for name in kept},
    }


def _change(change: Change) -> dict[str, Any]:
    values = (change.first, change.second, change.by)
    first, second, by = (None if np.isnan(value) else value for value in values)
    interval = None if change.interval is None else dataclasses.asdict(change.interval)
    if interval is not None:
        interval = {name: interval[name] for name in ("low", "high", "rounds")}
    return {"first": first, "second": second, "change": by, "interval": interval, "real": change.real}
