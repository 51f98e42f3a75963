"""`heroic score` scores a pairs file with a model."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.commands.promise_text import show_promise
from scripts.terminal.option_types import PARQUET, SHARE, STORED, cluster_option, prior_option
from scripts.terminal.reading import warn

if TYPE_CHECKING:
    from reranking.model.scores_writer import Scored


@click.command(name="score")
@click.argument("index", type=STORED)
@click.argument("pairs", type=click.Path(path_type=Path))
@click.option("--model", required=True, type=STORED, help="A folder that heroic train wrote.")
@click.option(
    "--out",
    required=True,
    type=PARQUET,
    help="The parquet file of scores, also in a store (s3://…).",
)
@click.option(
    "--thresholds", type=click.Path(path_type=Path), help="YAML of category: threshold, over the model's own."
)
@prior_option("PAIRS")
@click.option(
    "--ask",
    type=click.Path(path_type=Path),
    help="Also write 50 pairs worth a label, .csv or .parquet, for heroic train.",
)
@click.option("--submission", type=click.Path(path_type=Path), help="Also write the contest's file, .csv or .parquet.")
@click.option(
    "--overwrite-columns", is_flag=True, help="Replace columns of PAIRS that have the names of the added ones."
)
@click.option(
    "--ignore-unknown", is_flag=True, help="Leave out pairs of products that INDEX does not have, such as deleted ones."
)
@click.option(
    "--max-rejects",
    default=0.01,
    show_default=True,
    type=SHARE,
    help="Largest share of PAIRS that may be left out as repeated, or of a product with itself.",
)
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"]))
@cluster_option("Where pairs are scored")
@click.option("--ids", nargs=2, metavar="LEFT RIGHT", help="Id columns, where they have names of their own.")
def command(
    index: Path,
    pairs: Path,
    model: Path,
    out: Path,
    thresholds: Path | None,
    prior: str,
    ask: Path | None,
    submission: Path | None,
    overwrite_columns: bool,
    ignore_unknown: bool,
    max_rejects: float,
    device: str,
    cluster: str | None,
    task_timeout: float | None,
    ids: tuple[str, str] | None,
) -> None:
    """Score PAIRS of products of INDEX: the same rows in the same order, with columns added.

    `score`, `probability` (calibrated on validation), `category` (the evaluation category), `match` (by the
    category's threshold, which held the target precision on validation) and `match_f1` (by the one threshold of the
    best F1 there).
    """
    from indexing.product_index import open_index
    from indexing.running.choice import chosen_runner, refuse_cluster
    from indexing.storage.stored.output import stored_url
    from indexing.storage.whole_file import claimed
    from reranking.boosters.boosting import choose_boosting_device, on_device
    from reranking.decisions.prior_shift import AskedPrior
    from reranking.decisions.thresholds import read_thresholds
    from reranking.explain.category_warnings import category_warnings
    from reranking.model.folder import load_reranker
    from reranking.model.score_pairs import ScoreOptions, score_pairs, scoring_needs
    from scripts.terminal.progress import shown

    refuse_cluster(cluster, limit_s=task_timeout)
    if cluster is not None and device == "cuda":
        raise click.UsageError("--device cuda: with --cluster pairs are scored on processors: leave out one of both.")
    chosen_device = "cpu" if cluster is not None else choose_boosting_device(device)
    reranker = load_reranker(model)
    on_device(reranker.members, chosen_device)
    chosen = None if thresholds is None else read_thresholds(thresholds)
    options = ScoreOptions(
        chosen, submission, overwrite_columns, ids, AskedPrior.parse(prior), ignore_unknown, ask, max_rejects
    )
    opened = open_index(index)
    click.echo(scoring_needs(opened, pairs, reranker), err=True)
    with claimed(out), shown() as progress, chosen_runner(cluster, limit_s=task_timeout) as runner:
        scored = score_pairs(opened, pairs, out, model=reranker, options=options, progress=progress, runner=runner)
    _tell_left_out(scored, pairs)
    click.echo(f"scores: {scored.pairs:,} pairs in {stored_url(out) or out}")
    click.echo(
        f"matches: {scored.matches:,} at precision {reranker.target_precision:g}, {scored.matches_f1:,} at the best F1, "
        f"in {len(scored.categories)} evaluation categories"
    )
    show_promise(scored, reranker, chosen, ask)
    warn(category_warnings(opened.catalog, reranker.mapping))
    if ask is not None:
        click.echo(
            f"to label: {ask}: fill in its column 'target' with 1 and 0, and give it to heroic train with your other pairs"
        )
    if submission is not None:
        click.echo(f"submission: {submission}")


def _tell_left_out(scored: "Scored", pairs: Path) -> None:
    """Say on stderr how many pairs of unknown products, and how many odd ones, were left out, where any were."""
    if scored.odd.count:
        click.echo(f"set aside: {scored.odd.summary(pairs)}", err=True)
    unknown = scored.unknown
    if unknown.count:
        deleted = f"; {unknown.deleted:,} of them name deleted ones" if unknown.deleted else ""
        click.echo(
            f"left out: {unknown.count:,} of {unknown.count + scored.pairs:,} pairs, which name products that the index "
            f"does not have, such as row {unknown.row} with id {unknown.id!r}{deleted}",
            err=True,
        )
