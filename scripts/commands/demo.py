"""`heroic demo` goes the whole way on a sample catalogue that the project draws itself."""

from pathlib import Path

import click

from scripts.terminal.option_types import SEED


@click.command(name="demo")
@click.option(
    "--out", default="demo", show_default=True, type=click.Path(path_type=Path), help="Folder for everything."
)
@click.option(
    "--products", default=1200, show_default=True, type=click.IntRange(min=16), help="Products in the sample."
)
@click.option("--offers", default=3000, show_default=True, type=click.IntRange(min=16), help="Offers of them.")
@click.option("--seed", default=0, show_default=True, type=SEED)
@click.pass_context
def command(ctx: click.Context, out: Path, products: int, offers: int, seed: int) -> None:
    """Make a sample catalogue, then build-index, candidates, train, score and evaluate it, and query it.

    Every step is printed as the command that would do it.
    """
    from scripts.make_sample import make_sample

    sample = out / "sample"
    if sample.exists():
        click.echo(f"sample: {sample} is there already")
    else:
        click.echo(f"$ python -m scripts.make_sample --out {sample}")
        made = make_sample(sample, products=products, offers=offers, seed=seed, schema="generic")
        click.echo(f"sample: {made.offers:,} offers of {made.products:,} products, {sum(made.pairs.values()):,} pairs")
    index, model, scores = out / "index", out / "model", out / "scores.parquet"
    report, test = out / "report", sample / "pairs_test.parquet"
    steps = [
        ["build-index", sample / "products.parquet", "--out", index, "--match-across-sources"],
        ["candidates", index, "--out", out / "candidates.parquet"],
        ["train", index, sample / "pairs_train.parquet", "--valid", sample / "pairs_valid.parquet", "--out", model],
        ["score", index, test, "--model", model, "--out", scores],
        ["evaluate", scores, "--truth", test, "--index", index, "--model", model, "--out", report],
        *(["query", index, "--id", ident, "-k", "5", "--model", model] for ident in _three_ids(sample)),
    ]
    for step in steps:
        _run(ctx, [str(word) for word in step])
    click.echo(f"\nopen {report / 'report.html'} in a browser; ask more with: heroic query {index} --model {model}")


def _run(ctx: click.Context, words: list[str]) -> None:
    """Run a command of this group in this process, shown as it would be typed; what fails ends the demo."""
    click.echo(f"\n$ heroic {' '.join(words)}")
    from scripts.main import main

    failed = main.main(words, prog_name="heroic", parent=ctx.parent, standalone_mode=False)
    if failed:  # its exit code: a command that ends well returns None
        ctx.exit(failed)


def _three_ids(sample: Path) -> list[str]:
    """Return three products of the sample that have matches in its test pairs."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    pairs = pq.read_table(sample / "pairs_test.parquet")
    matches = pairs.filter(pc.equal(pairs["target"], 1.0))["left_id"]
    return [str(ident) for ident in sorted(pc.unique(matches).to_pylist())[:3]]
