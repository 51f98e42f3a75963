"""A catalogue of invented offers is written, of the size that a build is to be measured at."""

from pathlib import Path

import click


@click.command()
@click.option("--offers", default=1_000_000, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A parquet file.")
def main(offers: int, seed: int, out: Path) -> None:
    """Write offers of 40 shops, with titles such as shops write."""
    import pyarrow.parquet as pq

    from scripts.benchmarks.cluster.invented import invented_offers

    pq.write_table(invented_offers(offers, seed), out, row_group_size=65_536)
