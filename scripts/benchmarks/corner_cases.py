"""A labelled set of corner cases is made of another one: `python -m scripts.benchmarks.corner_cases DATA OUT`.

In the manner of WDC Products (Peeters, Der and Bizer, EDBT 2024): four in five products come in fives whose titles are most alike, and
most non-matches of an offer are the nearest offers of other products. Validation is of other offers of the products of training, and
half of the products of test are new. The catalogue has the offers of these pairs alone, so that a new product has two in it, where one
of training has up to seven (`large`: nineteen), as labels often are of products with more offers than others have.
"""

from pathlib import Path

import click

from scripts.benchmarks.labelled_set import SPLITS

SIZES = ("small", "medium", "large")


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--labels", default="small", show_default=True, type=click.Choice(SIZES))
@click.option("--seed", default=0, show_default=True, help="Of drawing products and offers.")
def command(data: Path, out: Path, labels: str, seed: int) -> None:
    """Write corner cases of the set in DATA, whose matches say which offers are one product, as a set into the folder OUT."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from reranking.pairs.product_groups import product_groups
    from scripts.benchmarks.alike_products import AMOUNTS, CornerCases, write_set

    products = pq.read_table(data / "products.parquet")
    given = pa.concat_tables([pq.read_table(data / f"pairs_{name}.parquet") for name in SPLITS])
    left, right = (pc.index_in(given[f"{side}_id"], products["id"]).to_numpy() for side in ("left", "right"))
    groups = product_groups(left, right, given["target"].to_numpy(), len(products))
    pairs = CornerCases.of(products["title"].to_pylist(), groups, seed).draw(AMOUNTS[labels])
    write_set(products, pairs, out)
    for name, drawn in pairs.items():
        click.echo(f"{name}: {len(drawn):,} pairs with {int(drawn.targets.sum()):,} matches")


if __name__ == "__main__":
    command()
