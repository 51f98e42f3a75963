"""`heroic train` prints this of the model that it trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.terminal.reading import warn

if TYPE_CHECKING:
    from rich.table import Table

    from reranking.model.reranker import XgboostReranker
    from reranking.model.training_report import JudgedBy, TrainingReport
    from reranking.training.train_reranker import Trained

COLUMNS = ("category", "threshold", "asked", "held", "called", "recall", "paid")
SHOWN = 10


def decision_table(model: "XgboostReranker") -> "Table":
    """Return one row a category: precision asked and held, pairs called, recall, and recall paid for being sure."""
    from rich.table import Table

    judged = "training and validation" if model.report.judged_by.training else "validation"
    table = Table(*COLUMNS, title=f"precision asked and held, recall paid: out of fold on {judged}")
    assumed = () if model.report.decisions is None else model.report.decisions.assumed
    for category, row in sorted(model.report.held.items()):
        threshold = model.thresholds[category]
        table.add_row(
            category,
            f"{threshold:.3f}{' (assumed)' if category in assumed else ''}" if threshold <= 1 else "never",
            f"{row.asked:g}",
            _figure(row.held),
            f"{row.called:,}",
            _figure(row.recall),
            _figure(row.paid),
        )
    return table


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def show_trained(trained: "Trained", out: Path) -> None:
    """Print warnings on stderr, then the pairs, how the model ranks them, its strongest features and its thresholds."""
    from rich.console import Console

    model = trained.reranker
    warn(trained.warnings)
    click.echo(f"model: {out} ({model.fingerprint})")
    _show_pairs(model.report)
    _show_quality(model)
    console = Console()
    console.print(feature_table(model.report))
    console.print(decision_table(model))


def _show_pairs(report: "TrainingReport") -> None:
    given = f"pairs: {report.rows:,} with {report.positives:,} matches in {report.groups:,} product groups"
    if report.few is None:
        sides = f"trained on {report.train_rows:,}, validated on {report.valid_rows:,}"
        click.echo(f"{given}; {sides} with {report.valid_positives:,} matches")
    else:
        click.echo(given)
        click.echo(report.few.told())
    for labels in report.one_sided:
        click.echo(labels.told())
    if report.left_out:
        click.echo(f"left out: {report.left_out:,} non-matches between training and validation groups")
    if report.mined or report.inferred:
        click.echo(f"added to train on: {report.mined:,} mined non-matches, {report.inferred:,} matches that follow")
    if report.shared_products:
        matched = "" if report.left_out is None else ", of validation in non-matches alone"
        click.echo(f"note: {report.shared_products:,} products are in both training and validation pairs{matched}")


def _show_quality(model: "XgboostReranker") -> None:
    report, calibration = model.report, model.report.calibration
    metric = "" if report.metric is None else f"{report.metric:.4f}"
    mined = " on the pairs as they were mined, richer in matches than candidates" if report.one_sided else ""
    if report.few is not None:
        click.echo(
            f"F1 expected on candidates: {report.few.expected_f1:.2f} from score {model.decisions.f1:.3f} on, which is called by "
            "match_f1; by the labels alone, no audit"
        )
        mined = " out of fold on the labels as they were chosen, harder than candidates"
    click.echo(
        f"validation weighted (precision >= {model.target_precision:g}): {metric}{_span(report.interval)}{mined}"
    )
    _show_seen(report.judged_by)
    if calibration is not None:
        click.echo(
            f"probabilities: {calibration.method}, expected calibration error {calibration.error:.4f} out of fold "
            f"({calibration.error_of_scores:.4f} of the scores as they are)"
        )


def _show_seen(by: "JudgedBy") -> None:
    """Say how much of validation training has seen, what the rest shows, and by which pairs decisions were judged."""
    if by.seen is not None:
        how = "" if by.model_told else ", by the labels alone: validation is too small for the model to tell"
        click.echo(
            f"products seen: training has matches of the products of {by.seen:.1%} of the validation matches{how}"
        )
    if by.unseen is not None:
        metric, held = (_figure(value) or "none" for value in (by.unseen.metric, by.unseen.held))
        click.echo(
            f"pairs of unseen products alone: {by.unseen.pairs:,} with {by.unseen.matches:,} matches, weighted {metric}, "
            f"precision {held} by thresholds that all of validation chose"
        )
    if by.left_out:
        click.echo(f"judged by: validation pairs of unseen products; {by.left_out:,} with a seen product were left out")
    if by.training:
        seen = f" and {by.fresh:,} validation pairs of seen products" if by.fresh else ""
        click.echo(
            f"judged by: the validation pairs and {by.training:,} training pairs; these{seen} were scored out of fold"
        )


def _span(interval: Sequence[float] | None) -> str:
    return "" if interval is None else f" ({interval[0]:.4f} to {interval[1]:.4f})"


def feature_table(report: "TrainingReport") -> "Table":
    """Return the strongest features of a model and their shares of gain."""
    from rich.table import Table

    features = Table("feature", "share of gain", title="strongest features")
    for name, share in list(report.importance.items())[:SHOWN]:
        features.add_row(name, f"{share:.1%}")
    return features
