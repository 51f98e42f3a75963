"""`heroic publish` puts an index onto a Milvus server, where many search it at once."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.commands.publishing_options import URI, address_at, server_options
from scripts.terminal.option_types import STORED

if TYPE_CHECKING:
    from indexing.publishing.address import Address
    from indexing.publishing.publish_index import Published, PublishOptions


@click.command(name="publish")
@click.argument("index", type=STORED)
@click.option("--to", "uri", required=True, metavar=URI, help="A Milvus server, or a local file of milvus-lite.")
@server_options
@click.option(
    "--view",
    "views",
    multiple=True,
    type=click.Choice(["text", "image", "fused", "lexical"]),
    help="Only this view; may be given again [default: all that the server can hold].",
)
@click.option(
    "--index",
    "index_type",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "FLAT", "HNSW", "IVF_FLAT", "IVF_SQ8", "IVF_PQ", "DISKANN"]),
    help="How the server indexes dense views.",
)
@click.option(
    "--recall", default=0.95, show_default=True, help="Least share of the true neighbours that searches find."
)
@click.option(
    "-k", default=10, show_default=True, type=click.IntRange(1, 1000), help="Neighbours that it is measured at."
)
@click.option("--whole", is_flag=True, help="Send every row again, not only what changed.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE.json", help="Write what is published there too.")
def command(
    index: Path,
    uri: str,
    name: str,
    token_file: Path | None,
    views: tuple[str, ...],
    index_type: str,
    recall: float,
    k: int,
    whole: bool,
    out: Path | None,
) -> None:
    """Publish INDEX onto a Milvus server, for `heroic query --at` and `heroic serve --at`.

    Readers see what was published before until all is there and its recall is measured. After an update only rows that
    changed are sent. A killed run is gone on with.
    """
    from indexing.publishing.publish_index import PublishOptions
    from indexing.storage.whole_file import refuse_folder

    if out is not None:
        refuse_folder(out)
    address = address_at(uri, name, token_file, "--to")
    assert address is not None  # --to is required
    publish(index, address, PublishOptions(views, index_type, recall, k, whole), out)


def publish(index: Path, address: "Address", options: "PublishOptions | None" = None, out: Path | None = None) -> None:
    """Publish with progress, without options as before, and print what is there now."""
    from indexing.errors import kept_when_interrupted
    from indexing.publishing.publish_index import publish_index
    from indexing.storage.artefact import write_json
    from indexing.storage.whole_file import writing_file
    from scripts.terminal.progress import shown

    with shown() as progress, kept_when_interrupted():
        done = publish_index(index, address, options=options, progress=progress)
    if out is not None:
        with writing_file(out) as unfinished:
            write_json(unfinished, done.publication.document())
    _print(done, index)


def _print(done: "Published", index: Path) -> None:
    publication = done.publication
    click.echo(f"published: {index} ({publication.fingerprint}) at {done.address}, {publication.server}")
    if done.same:
        click.echo("nothing to send: it was published already")
    for view, there in publication.views.items():
        sent = "" if done.same else f", {done.sent[view]:,} of {there.live:,} rows sent"
        searched = f"{there.index}{'' if there.effort is None else f', effort {there.effort}'}"
        parts = f", {len(there.parts)} parts" if len(there.parts) > 1 else ""
        measured = there.recall
        found = "nobody has neighbours" if measured.mean is None else f"recall@{measured.k} {measured.mean:.3f}"
        error = "" if not measured.error else f" ± {measured.error:.3f}"
        click.echo(f"{view}: {searched}{parts}{sent}; {found}{error} of {measured.sample:,} products")
        worst = sorted(measured.by_category.items(), key=lambda item: item[1].recall)[:3]
        if worst and worst[0][1].recall < (measured.mean or 0):
            lowest = ", ".join(f"{name} {one.recall:.3f} ({one.queries})" for name, one in worst)
            click.echo(f"  lowest by category: {lowest}")
    for view, reason in publication.left_out.items():
        click.echo(f"{view}: left out: {reason}")
    if done.dropped:
        click.echo(f"dropped: {len(done.dropped)} older collections")
