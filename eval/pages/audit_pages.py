"""An audit is written out: a table for the terminal, audit.json and categories.csv for programs, a page for people."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from rich.console import Group
from rich.table import Table
from rich.text import Text

from eval.audit.audit_report import AuditReport
from eval.audit.estimates import CategoryEstimate, Estimate
from eval.pages.render import page_environment
from eval.pages.report_document import Span
from indexing.storage.records import stored_record

AUDIT_JSON = "audit.json"
SCHEMA_VERSION = 1
MEASURES = ("matches", "precision", "recall", "weighted")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class EstimatedValue:
    """It is an estimated value and its interval; None where nothing can be said."""

    value: float | None
    interval: Span | None


@dataclass(frozen=True)
class EstimatedCategory:
    """It is a category as audit.json has it."""

    category: str
    pairs: int
    judged: int
    matches: EstimatedValue
    precision: EstimatedValue
    recall: EstimatedValue
    weighted: EstimatedValue


@dataclass(frozen=True)
class EstimatedRetrieval:
    """It is the share of all matches, of a sample of products, that were scored."""

    products: int
    matches: int
    recall: EstimatedValue


@dataclass(frozen=True)
class AuditDocument:
    """It is audit.json: every number of it is `estimated` but the counts."""

    kind: str
    schema_version: int
    estimated: bool
    scores: str
    store: str
    target_precision: float
    confidence: float
    pairs: int
    called: int
    asked: int
    judged: int
    unsettled: int
    other_scores: bool
    matches: EstimatedValue
    precision: EstimatedValue
    recall: EstimatedValue
    weighted: EstimatedValue
    unseen: float
    retrieval: EstimatedRetrieval | None
    categories: tuple[EstimatedCategory, ...]


def audit_document(report: AuditReport, confidence: float) -> AuditDocument:
    """Return an audit as numbers, at the confidence of its intervals."""
    found = report.estimates
    return AuditDocument(
        kind="audit report",
        schema_version=SCHEMA_VERSION,
        estimated=True,
        scores=report.scores,
        store=report.store,
        target_precision=report.target_precision,
        confidence=confidence,
        pairs=report.pairs,
        called=report.called,
        asked=report.asked,
        judged=found.judged,
        unsettled=report.unsettled,
        other_scores=report.other_scores,
        **{name: _value(getattr(found, name)) for name in MEASURES},
        unseen=found.unseen,
        retrieval=_retrieval(report),
        categories=tuple(_category(category) for category in found.categories),
    )


def write_audit(report: AuditReport, confidence: float, created: str, folder: Path) -> None:
    """Write audit.json, categories.csv and report.html into a folder."""
    document = audit_document(report, confidence)
    text = json.dumps(stored_record(document), ensure_ascii=False, indent=2, allow_nan=False)
    (folder / AUDIT_JSON).write_text(text + "\n", encoding="utf-8")
    page = (
        page_environment()
        .get_template("audit.html.jinja")
        .render(audit=document, notes=audit_notes(report), created=created)
    )
    (folder / "report.html").write_text(page, encoding="utf-8")
    _write_categories(document, folder / "categories.csv")


def render_audit(report: AuditReport) -> Group:
    """Show the values of all pairs and of each category that has enough judged ones, then what to know of them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("estimated", overflow="fold")
    for name in ("pairs", "judged", "matches", "precision", "recall", "weighted"):
        table.add_column(name, justify="right", no_wrap=True)
    found = report.estimates
    every = [_told(getattr(found, name), whole=name == "matches") for name in MEASURES]
    table.add_row("all pairs", f"{report.pairs:,}", f"{found.judged:,}", *every)
    for category in found.categories:
        values = [_told(getattr(category, name), whole=name == "matches") for name in MEASURES]
        table.add_row(Text(category.category), f"{category.pairs:,}", f"{category.judged:,}", *values)
    return Group(table, *[Text(line) for line in audit_notes(report)])


def audit_notes(report: AuditReport) -> list[str]:
    """Return what a reader must know of the numbers, a line each."""
    notes = [
        f"estimated from {report.estimates.judged:,} judged of {report.pairs:,} scored pairs, {report.called:,} of them called; recall is "
        "of the matches among scored pairs, not of those that retrieval missed",
        _retrieval_note(report),
    ]
    if report.unsettled:
        notes.append(f"{report.unsettled:,} pairs are unsure or in dispute and count for nothing")
    if report.estimates.unseen:
        notes.append(
            f"where only non-matches were seen, up to {report.estimates.unseen:,.0f} matches could be unseen if the scores said nothing of "
            "them; the intervals trust the scores that they are few"
        )
    if report.other_scores:
        notes.append(
            "the sample was drawn by other scores of these pairs: it is right for these too, with wider intervals"
        )
    return notes


def _retrieval_note(report: AuditReport) -> str:
    found = report.retrieval
    if found is None:
        return "how many matches retrieval missed is not known: heroic audit --products 40 asks"
    if found.recall is None:
        return f"retrieval: no match is known of {found.products:,} products that were drawn"
    shown = _told(Estimate(found.recall, found.interval), whole=False)
    return (
        f"retrieval: {shown} of the {found.matches:,} matches of {found.products:,} products that were drawn are among the scored pairs; "
        "times recall it is the share of all matches that is called"
    )


def _write_categories(document: AuditDocument, path: Path) -> None:
    """Write one row for all pairs and one a category; a name that a spreadsheet would take for a formula gets an apostrophe."""
    names = ["category", "pairs", "judged"]
    names += [name + end for name in MEASURES for end in ("", "_low", "_high")]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerow(["", document.pairs, document.judged, *_cells(document)])
        for row in document.categories:
            name = f"'{row.category}" if row.category.startswith(FORMULA_STARTS) else row.category
            writer.writerow([name, row.pairs, row.judged, *_cells(row)])


def _cells(row: AuditDocument | EstimatedCategory) -> list[float | None]:
    values: list[EstimatedValue] = [getattr(row, name) for name in MEASURES]
    cells: list[float | None] = []
    for value in values:
        bounds = (None, None) if value.interval is None else (value.interval.low, value.interval.high)
        cells += [value.value, *bounds]
    return cells


def _retrieval(report: AuditReport) -> EstimatedRetrieval | None:
    found = report.retrieval
    if found is None:
        return None
    return EstimatedRetrieval(found.products, found.matches, _value(Estimate(found.recall, found.interval)))


def _category(found: CategoryEstimate) -> EstimatedCategory:
    values = {name: _value(getattr(found, name)) for name in MEASURES}
    return EstimatedCategory(found.category, found.pairs, found.judged, **values)


def _value(found: Estimate) -> EstimatedValue:
    between = found.interval
    return EstimatedValue(found.value, None if between is None else Span(between.low, between.high, between.rounds))


def _told(found: Estimate, *, whole: bool) -> str:
    if found.value is None:
        return "none"
    form = "{:,.0f}" if whole else "{:.3f}"
    between = found.interval
    if between is None:
        return form.format(found.value)
    return f"{form.format(found.value)} ({form.format(between.low)}-{form.format(between.high)})"
