"""`heroic train`: learn to score pairs from labelled ones."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts.audit_list import PRINTED, refuse_file, run_audit

if TYPE_CHECKING:
    from reranking.training import Trained
    from reranking.validation import ValidationPairs

SHOWN = 10


@click.command(name="train")
@click.argument("index", type=click.Path(path_type=Path))
@click.argument("pairs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The model folder.")
@click.option("--valid", type=click.Path(path_type=Path), help="Validation pairs [default: groups held out of PAIRS].")
@click.option(
    "--target-precision", default=0.75, show_default=True, help="What the thresholds hold, and the metric's level."
)
@click.option(
    "--target-precisions",
    type=click.Path(path_type=Path),
    help="YAML of category: precision, over --target-precision; its `default` takes the place of that.",
)
@click.option(
    "--group-by",
    default="matches",
    show_default=True,
    type=click.Choice(["matches", "pairs"]),
    help="What ties products into a group that is held out whole.",
)
@click.option(
    "--category-pairs", default=1000, show_default=True, help="A category with more training pairs stands alone."
)
@click.option("--same-source", is_flag=True, help="Add the feature 'same source'.")
@click.option("--ids", nargs=2, metavar="LEFT RIGHT", help="Id columns, where they have names of their own.")
@click.option("--target", help="Target column, where it has a name of its own.")
@click.option("--seed", default=0, show_default=True)
@click.option("--trials", type=click.IntRange(min=1), help="Search for better settings first: how many to try.")
@click.option("--storage", type=click.Path(path_type=Path), help="A file to go on from with the search of --trials.")
@click.option("--settings", type=click.Path(path_type=Path), help="Train with the settings of this model.")
@click.option(
    "--audit",
    is_flag=False,
    flag_value=PRINTED,
    metavar="[FILE]",
    help="Also list the labels of PAIRS that look wrong; a FILE (.csv, .parquet) gets all of them.",
)
def command(
    index: Path,
    pairs: tuple[Path, ...],
    out: Path,
    valid: Path | None,
    target_precisions: Path | None,
    ids: tuple[str, str] | None,
    target: str | None,
    audit: str | None,
    **given: Any,
) -> None:
    """Train a reranker on the labelled PAIRS of products of INDEX.

    Without --valid, whole product groups are held out for early stopping and thresholds. Take training pairs from
    the retrieval whose pairs will be scored (heroic candidates): otherwise ranks mislead the model.
    """
    from dataclasses import replace
    from functools import partial

    from eval.precision_auc import weighted
    from indexing.product_index import open_index
    from reranking.asked_precision import read_target_precisions
    from reranking.labelled import read_labelled
    from reranking.training import TrainOptions, train_reranker
    from scripts.progress import shown
    from scripts.settings_choice import SettingsChoice, show_search, with_search

    choice = SettingsChoice(given.pop("trials"), given.pop("storage"), given.pop("settings"))
    refuse_file(audit)
    if target_precisions is not None:
        given["target_precisions"] = read_target_precisions(target_precisions)
        given["target_precision"] = given["target_precisions"].pop("default", given["target_precision"])
    options = choice.begin(TrainOptions(least_pairs=given.pop("category_pairs"), **given))
    opened = open_index(index)
    labelled = read_labelled(pairs, opened.catalog, ids=ids, target=target)
    judged = None if valid is None else read_labelled([valid], opened.catalog, ids=ids, target=target)
    metric = partial(weighted, level=options.target_precision)
    interval = partial(_interval, level=options.target_precision)
    with shown() as progress:
        found = choice.search(opened, labelled, options, metric=metric, progress=progress)
        options = options if found is None else replace(options, boosting=found.boosting)
        trained = train_reranker(
            opened, labelled, judged, metric=metric, interval=interval, options=options, progress=progress
        )
        trained = with_search(trained, found)
        trained.reranker.save(out)
    _print(trained, out)
    show_search(found)
    if audit is not None:
        run_audit(audit, opened, labelled, metric=metric, options=options)


def _interval(pairs: "ValidationPairs", level: float) -> tuple[float, float] | None:
    """Of the metric, from draws of product groups."""
    from eval.intervals import Draws, PairGroups, weighted_interval

    groups = PairGroups(pairs.left_groups, pairs.right_groups)
    found = weighted_interval(pairs.scores, pairs.targets, pairs.categories, groups, Draws(), level=level)
    return None if found is None else (found.low, found.high)


def _span(interval: Sequence[float] | None) -> str:
    return "" if interval is None else f" ({interval[0]:.4f} to {interval[1]:.4f})"


def _print(trained: "Trained", out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from scripts.decision_table import decision_table

    model, report = trained.reranker, trained.reranker.report
    for warning in trained.warnings:
        click.echo(f"heroic: warning: {warning}", err=True)
    click.echo(f"model: {out} ({model.fingerprint})")
    click.echo(
        f"pairs: {report['rows']:,} with {report['positives']:,} matches in {report['groups']:,} product groups; "
        f"trained on {report['train_rows']:,}, validated on {report['valid_rows']:,} "
        f"with {report['valid_positives']:,} matches"
    )
    if report.get("left_out"):
        click.echo(f"left out: {report['left_out']:,} non-matches between training and validation groups")
    if report["shared_products"]:
        click.echo(f"note: {report['shared_products']:,} products are in both training and validation pairs")
    click.echo(
        f"validation weighted (precision >= {model.target_precision:g}): {report['metric']:.4f}"
        + _span(report["interval"])
    )
    calibration = report["calibration"]
    click.echo(
        f"probabilities: {calibration['method']}, expected calibration error {calibration['error']:.4f} out of fold "
        f"({calibration['error_of_scores']:.4f} of the scores as they are)"
    )
    features = Table("feature", "share of gain", title="strongest features")
    for name, share in list(report["importance"].items())[:SHOWN]:
        features.add_row(name, f"{share:.1%}")
    console = Console()
    console.print(features)
    console.print(decision_table(model))
