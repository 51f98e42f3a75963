"""`heroic compact` folds an index's updates in."""

from pathlib import Path

import click


@click.command(name="compact")
@click.argument("index", type=click.Path(path_type=Path))
@click.option(
    "--refit",
    is_flag=True,
    help="Fit lsa, patches and the lexical view again, look again at missing pictures, join every view again.",
)
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"]))
def command(index: Path, refit: bool, device: str) -> None:
    """Make one layer of INDEX and its updates. Products, vectors, kept neighbours and the fingerprint stay.

    With --refit it becomes another index, as if it had been built of its products today: train models again.
    """
    from indexing.update.compact_index import compact_index
    from scripts.terminal.progress import shown

    with shown() as progress:
        done = compact_index(index, refit=refit, device=device, progress=progress)
    click.echo(f"index: {index} ({done.index.fingerprint})")
    if done.nothing:
        click.echo("nothing to fold in: the index was not updated since it was built or compacted")
        return
    if done.delta or done.dead:
        click.echo(
            f"folded in: {done.delta:,} rows of updates; left out: {done.dead:,} rows of deleted or changed products"
        )
    if done.found:
        click.echo(f"found: {done.found:,} vectors of products whose pictures could not be had before")
    if done.lost:
        click.echo(f"lost: {done.lost:,} vectors of products whose pictures cannot be had any more")
    fitted = f"fitted again: {', '.join(done.refitted)}" if done.refitted else "joined again"
    if done.refitted or done.looked:
        click.echo(f"{fitted}; models trained before do not know this index")
