"""Tables hold the report: one for a terminal; and categories.csv, mistakes.parquet and pairs.parquet for programs."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Group
from rich.table import Table
from rich.text import Text

from eval.findings.reasons import ReportReasons
from eval.pages.report_document import CategoryRow
from eval.pages.report_json import as_document, category_order, is_small
from eval.report import Report
from indexing.arrays import Ints1d

PAIRS = "pairs.parquet"
MOST_NEAR = 200  # near-threshold pairs written
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_categories(report: Report, path: Path) -> None:
    """Write one row a category with every value of report.json; no value is an empty cell.

    A name that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    rows = [_flat(row) for row in as_document(report).categories]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_mistakes(report: Report, reasons: ReportReasons, path: Path) -> None:
    """Write every mistake, label suspect and near-threshold pair, worst first within its `kind`; a pair may stand under
    several. `threshold` is what it was decided by; reasons are there for the pairs that the page shows."""
    mistakes, suspects = report.mistakes, report.suspects
    parts = [
        ("false_match", mistakes.false_matches, [""] * len(mistakes.false_matches)),
        ("missed_match", mistakes.missed_matches, [""] * len(mistakes.missed_matches)),
        ("near_threshold", report.near[:MOST_NEAR], [""] * len(report.near[:MOST_NEAR])),
        ("label_suspect", suspects.rows, list(suspects.reasons)),
    ]
    tables = [_rows(report, reasons, kind, rows, why) for kind, rows, why in parts]
    pq.write_table(pa.concat_tables(tables), path)


def write_pairs(report: Report, path: Path) -> None:
    """Write every pair of the truth with what was judged: what `heroic compare` reads."""
    pairs, decisions = report.pairs, report.decisions
    columns: dict[str, Any] = {
        "left_id": pairs.left,
        "right_id": pairs.right,
        "target": pairs.targets,
        "score": pairs.scores,
        "category": _categories(report, np.arange(len(pairs))),
        "called": report.called,
    }
    for name, judged in (("match", decisions.precision), ("match_f1", decisions.f1)):
        if judged is not None:
            columns[name] = judged.called
    pq.write_table(pa.table(columns), path, compression="zstd")


def _flat(row: CategoryRow) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in vars(row).items():
        if name.endswith("interval"):
            stem = name.removesuffix("interval")
            flat |= {f"{stem}low": value and value.low, f"{stem}high": value and value.high}
        else:
            flat[name] = f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
    return flat


def _categories(report: Report, rows: Ints1d) -> pa.Array:
    codes = pa.array(report.categories.codes[rows].astype(np.int32))
    return pa.DictionaryArray.from_arrays(codes, pa.array(report.categories.names, pa.large_string()))


def _rows(report: Report, reasons: ReportReasons, kind: str, rows: Ints1d, why: list[str]) -> pa.Table:
    pairs, taken = report.pairs, pa.array(rows)
    said = [
        "; ".join(
            f"{reason.family} {reason.added:+.2f} ({reason.words})" for reason in reasons.of_pair.get(int(row), ())
        )
        for row in rows
    ]
    return pa.table(
        {
            "kind": pa.array([kind] * len(rows), pa.string()),
            "left_id": pairs.left.take(taken),
            "right_id": pairs.right.take(taken),
            "category": _categories(report, rows),
            "target": pairs.targets[rows],
            "score": pairs.scores[rows],
            "threshold": report.thresholds[report.categories.codes[rows]],
            "called": report.called[rows],
            "why": pa.array([text or None for text in why], pa.string()),
            "reasons": pa.array([text or None for text in said], pa.string()),
        }
    )


def render_table(report: Report) -> Group:
    """Show the categories with their values, then the values over all of them."""
    return Group(_categories_table(report), *_summary(report))


def _categories_table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("category", overflow="fold")
    recall = f"recall@P≥{report.target_precision:g}"
    for name in ("pairs", "matches", "weighted", "strict", recall, "at score"):
        table.add_column(name, justify="right", no_wrap=True)
    values = report.values
    for place in category_order(report):
        table.add_row(
            Text(report.categories.names[place]),
            f"{values.pairs[place]:,.0f}",
            f"{values.positives[place]:,.0f}" + (" few" if is_small(report, place) else ""),
            f"{values.weighted[place]:.4f}",
            f"{values.strict[place]:.4f}",
            f"{values.recall_at_precision[place]:.4f}",
            "none" if not report.values.recall_at_precision[place] else f"{values.threshold[place]:.4g}",
        )
    return table


def _summary(report: Report) -> list[Text]:
    summary, interval = report.summary, report.uncertainty.weighted
    between = "" if interval is None else f" ({interval.low:.4f} to {interval.high:.4f})"
    legacy = "none" if summary.legacy is None else f"{summary.legacy:.4f}"
    lines = [
        "",
        *_promise(report),
        f"weighted {summary.weighted:.4f}{between} over {summary.pairs:,} pairs, {summary.positives:,} matches; "
        f"a constant score would get {summary.trivial:.4f}",
        f"macro {summary.macro:.4f}, strict {summary.strict:.4f}, legacy {legacy}, pooled {summary.pooled:.4f}",
        *_notes(report),
    ]
    return [Text(line) for line in lines]


def _promise(report: Report) -> list[str]:
    promise = report.promise
    if promise is None:
        return []
    expected = "" if promise.expected is None else f", {promise.expected:.4f} expected"
    held = "nothing is called" if promise.held is None else f"{promise.held:.4f} held{_between(report)}"
    others = f" ({promise.otherwise} categories otherwise)" if promise.otherwise else ""
    return [f"precision: {promise.asked:g} asked{others}{expected}, {held}"]


def _between(report: Report) -> str:
    found = report.uncertainty.precision
    return (
        ""
        if found is None or found.precision is None
        else f" ({found.precision.low:.4f} to {found.precision.high:.4f})"
    )


def _notes(report: Report) -> list[str]:
    notes = []
    for name, decided in (("match", report.decisions.precision), ("match_f1", report.decisions.f1)):
        if decided is not None:
            values = decided.values
            shown = ", ".join(
                f"{what} {'none' if value is None else f'{value:.4f}'}"
                for what, value in (("precision", values.precision), ("recall", values.recall), ("F1", values.f1))
            )
            notes.append(f"{name}: {shown}")
    if report.pairs.swapped.any():
        notes.append(f"{int(report.pairs.swapped.sum()):,} pairs stand the other way round in the scores")
    if report.category_disagreements:
        notes.append(f"{report.category_disagreements:,} pairs have products of two categories, or one of none")
    if report.suspects.other_barcodes:
        notes.append(
            f"{report.suspects.other_barcodes:,} pairs are labelled a match though their products have different barcodes: "
            "see 'Likely label errors'"
        )
    if report.absent:
        notes.append(f"not given: {', '.join(report.absent)}")
    return notes
