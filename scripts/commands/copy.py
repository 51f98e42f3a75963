"""`heroic copy` brings an index or a model into a store, such as s3://bucket/index, or from there."""

from pathlib import Path

import click


@click.command(name="copy")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--keep",
    default=2,
    show_default=True,
    type=click.IntRange(min=1),
    help="Versions that stay in a store, the newest.",
)
def command(source: Path, target: Path, keep: int) -> None:
    """Copy an index, a model or another artefact from SOURCE to TARGET: a folder here, and a URL such as s3://bucket/index.

    Readers of the store see the old version or the new one. Files that are there already are not moved again.
    """
    from indexing.errors import kept_when_interrupted
    from indexing.storage.stored_versions import fetch_artefact, send_artefact
    from indexing.storage.stores import url_of, without_secrets
    from scripts.terminal.progress import shown

    from_url, to_url = url_of(source), url_of(target)
    if (from_url is None) == (to_url is None):
        raise click.UsageError("one of SOURCE and TARGET is a folder, the other a URL such as s3://bucket/index")
    with shown() as progress, kept_when_interrupted():
        if to_url is not None:
            done = send_artefact(source, to_url, keep=keep, progress=progress)
        else:
            done = fetch_artefact(str(from_url), target, progress=progress)
    click.echo(
        f"{done.manifest.kind}: {without_secrets(to_url or str(target))} ({done.manifest.fingerprint}), version {done.number} of the store"
    )
    for line in done.lines():
        click.echo(line)
