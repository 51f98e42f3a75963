"""`heroic train`: learn to score pairs from labelled ones."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from reranking.training import Trained

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
def command(
    index: Path,
    pairs: tuple[Path, ...],
    out: Path,
    valid: Path | None,
    ids: tuple[str, str] | None,
    target: str | None,
    **given: Any,
) -> None:
    """Train a reranker on the labelled PAIRS of products of INDEX.

    Without --valid, whole product groups are held out for early stopping and thresholds. Take training pairs from
    the retrieval whose pairs will be scored (heroic candidates): otherwise ranks mislead the model.
    """
    from functools import partial

    from eval.precision_auc import weighted
    from indexing.product_index import open_index
    from reranking.labelled import read_labelled
    from reranking.training import TrainOptions, train_reranker
    from scripts.progress import shown

    options = TrainOptions(least_pairs=given.pop("category_pairs"), **given)
    opened = open_index(index)
    labelled = read_labelled(pairs, opened.catalog, ids=ids, target=target)
    judged = None if valid is None else read_labelled([valid], opened.catalog, ids=ids, target=target)
    metric = partial(weighted, level=options.target_precision)
    with shown() as progress:
        trained = train_reranker(opened, labelled, judged, metric=metric, options=options, progress=progress)
        trained.reranker.save(out)
    _print(trained, out)


def _print(trained: "Trained", out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

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
    click.echo(f"validation weighted (precision >= {model.target_precision:g}): {report['metric']:.4f}")
    table = Table("category", "threshold", title=f"thresholds that held precision {model.target_precision:g}")
    for category, threshold in sorted(model.thresholds.items()):
        table.add_row(category, f"{threshold:.3f}" if threshold <= 1 else "never")
    features = Table("feature", "share of gain", title="strongest features")
    for name, share in list(report["importance"].items())[:SHOWN]:
        features.add_row(name, f"{share:.1%}")
    console = Console()
    console.print(features)
    console.print(table)
