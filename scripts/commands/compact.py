"""`heroic compact` folds an index's updates in."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.terminal.option_types import keep_option, kept_versions

if TYPE_CHECKING:
    from indexing.update.compact_index import Compacted


@click.command(name="compact")
@click.argument("index", type=click.Path(path_type=Path))
@click.option(
    "--refit",
    is_flag=True,
    help="Fit lsa, patches and the lexical view again, look again at missing pictures, join every view again.",
)
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"]))
@keep_option("INDEX")
def command(index: Path, refit: bool, device: str, keep: int | None) -> None:
    """Make one layer of INDEX and its updates. Products, vectors, kept neighbours and the fingerprint stay.

    With --refit it becomes another index, as if it had been built of its products today: train models again. INDEX may be in a store (s3://…), of
    which a new version is made.
    """
    from indexing.storage.stores import place_in_store, without_secrets
    from indexing.update.compact_index import compact_index
    from scripts.terminal.progress import shown

    url, number, moved = place_in_store(index), "", tuple[str, ...]()
    versions = kept_versions(keep, index)
    with shown() as progress:
        if url is None:
            done = compact_index(index, refit=refit, device=device, progress=progress)
        else:
            from indexing.stored_index import compact_stored_index

            done, copied = compact_stored_index(url, refit=refit, device=device, keep=versions, progress=progress)
            number, moved = f", version {copied.number} of the store", tuple(copied.lines())
    click.echo(f"index: {without_secrets(url or str(index))} ({done.index.fingerprint}){number}")
    _print(done)
    for line in moved:
        click.echo(line)


def _print(done: "Compacted") -> None:
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
