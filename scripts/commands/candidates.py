"""`heroic candidates` proposes pairs from the neighbours of every product."""

from pathlib import Path

import click

from scripts.terminal.option_types import PARQUET, STORED, cluster_option
from scripts.terminal.reading import warn


@click.command(name="candidates")
@click.argument("index", type=STORED)
@click.option("--out", required=True, type=PARQUET, help="The parquet file of pairs, also in a store (s3://…).")
@click.option("-k", default=20, show_default=True, help="Neighbours of each product, in each view, that are proposed.")
@cluster_option("Where pairs are proposed")
def command(index: Path, out: Path, k: int, cluster: str | None, task_timeout: float | None) -> None:
    """Propose pairs from the neighbours of every product of INDEX, each pair once, and those that share an identifier.

    The union of the fused and the lexical view, with the cosine and both ranks in each, and of products with the same barcode,
    or the same brand and part number.
    """
    from indexing.product_index import open_index
    from indexing.running.choice import chosen_runner, refuse_cluster
    from indexing.storage.stored.output import stored_url
    from reranking.identifiers.identifiers import Identifiers
    from reranking.pairs.candidates import write_candidates
    from scripts.terminal.progress import shown

    refuse_cluster(cluster, limit_s=task_timeout)
    opened = open_index(index)
    identifiers = Identifiers.of(opened.catalog)
    with shown() as progress, chosen_runner(cluster, limit_s=task_timeout) as runner:
        written = write_candidates(opened, out, k=k, identifiers=identifiers, progress=progress, runner=runner)
    click.echo(f"candidates: {written.pairs:,} pairs of {len(opened.catalog):,} products in {stored_url(out) or out}")
    if identifiers:
        click.echo(f"{written.identified:,} of them share a barcode, or brand and part number")
    if len(identifiers.worn):
        warn([identifiers.worn.told()])
