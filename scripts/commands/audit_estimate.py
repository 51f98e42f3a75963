"""`heroic evaluate --audit` writes the report of scores whose truth is known of a sample alone."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from eval.metrics.intervals import Draws

KIND = "audit report"


def choose_audit(truth: Path | None, audit: Path | None, others: Sequence[Path | None]) -> Path | None:
    """Return the audit to estimate by, None where a truth is given; `others` are options that need one.

    Raises UsageError for both, none, or an audit with such options.
    """
    if (truth is None) == (audit is None):
        raise click.UsageError("give --truth PAIRS, or --audit STORE where the truth is known of a sample alone")
    if audit is not None and any(path is not None for path in others):
        raise click.UsageError("--index, --model, --train and --weights-from need the whole --truth: leave them out")
    return audit


def estimate_scores(
    scores: Path,
    audit: Path,
    out: Path,
    *,
    ids: tuple[str, str] | None,
    score_column: str | None,
    target_precision: float | None,
    draws: "Draws",
    as_json: bool,
) -> None:
    """Write the report of an audit into a folder and print it."""
    from eval.audit.audit_report import audit_report
    from eval.inputs.scores import read_scores
    from eval.pages.audit_pages import audit_document, render_audit, write_audit
    from eval.pages.report_document import ReportManifest
    from indexing.storage.artefact import Manifest, refuse_artefact, write_manifest, writing
    from indexing.storage.records import stored_record
    from reranking.labels.store import open_store
    from scripts.terminal.console import open_console

    refuse_artefact(out, KIND)
    scored = read_scores(scores, ids=ids, score=score_column)
    with open_store(audit) as store:
        report = audit_report(scored, store, target_precision=target_precision, draws=draws)
    created = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    made = ReportManifest(report.scores, report.store, report.target_precision)
    with writing(out, KIND) as folder:
        write_audit(report, draws.confidence, created, folder)
        write_manifest(folder, Manifest(KIND, stored_record(made)))
    if as_json:
        click.echo(json.dumps(stored_record(audit_document(report, draws.confidence)), ensure_ascii=False, indent=2))
        return
    open_console().print(render_audit(report))
    click.echo(f"report: {out / 'report.html'}")
