"""`heroic update` puts products into an index and takes others out, without building it again."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.commands.publishing_options import URI, address_at, server_options
from scripts.terminal.option_types import cluster_option, keep_option, kept_versions
from scripts.terminal.reading import passed_over, schema_option, warn

if TYPE_CHECKING:
    from indexing.storage.stored_versions import Copied
    from indexing.update.update_index import Updated

MUCH = 0.2  # of an index in delta and dead rows: compacting pays


@click.command(name="update")
@click.argument("index", type=click.Path(path_type=Path))
@click.argument("products", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--delete", type=click.Path(path_type=Path), metavar="IDS", help="One id a line, or a table with a column id."
)
@click.option("--ignore-unknown", is_flag=True, help="Pass over ids to delete that the index does not hold.")
@schema_option("Which column means what; auto is as INDEX was built.")
@click.option(
    "--images", type=click.Path(path_type=Path), help="Folder of relative pictures [default: the files' own]."
)
@cluster_option("Where new products are encoded and neighbours brought up to date")
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"]))
@click.option(
    "--max-rejects",
    default=0.01,
    show_default=True,
    help="Largest share of rows with a malformed cell, or set aside; unless another is given, also three rows, fewer than half; 1 goes on without pictures too.",
)
@keep_option("INDEX")
@click.option("--publish", "uri", metavar=URI, help="Then publish the index there, as it was published before.")
@server_options
def command(
    index: Path,
    products: tuple[Path, ...],
    delete: Path | None,
    ignore_unknown: bool,
    schema: str,
    images: Path | None,
    cluster: str | None,
    task_timeout: float | None,
    device: str,
    max_rejects: float,
    keep: int | None,
    uri: str | None,
    name: str,
    token_file: Path | None,
) -> None:
    """Put PRODUCTS (parquet, CSV or JSONL files, or folders of them) into INDEX, and take out those of --delete.

    A product whose id the index holds is replaced, in its place; only what is new or changed is encoded, by the encoders
    that the index was built with. Readers see the old version or the new one. INDEX may be in a store (s3://…), of which a
    new version is made.
    """
    from indexing.running.choice import chosen_runner, refuse_cluster
    from indexing.storage.stores import place_in_store
    from indexing.update.update_index import UpdateOptions, update_index
    from scripts.terminal.missing_pictures import going_on_without_pictures
    from scripts.terminal.progress import shown

    refuse_cluster(cluster, limit_s=task_timeout)
    url = place_in_store(index)
    versions = kept_versions(keep, index)
    address = address_at(uri, name, token_file, "--publish")
    if address is not None:
        from indexing.publishing.server import connected

        with connected(address):  # or it would be said after the work
            pass
    options = UpdateOptions(
        schema=schema, images=images, max_rejects=max_rejects, ignore_unknown=ignore_unknown, device=device
    )

    def update(most: float) -> "tuple[Updated, Copied | None]":
        given = replace(options, max_rejects=most)
        with shown() as progress, chosen_runner(cluster, limit_s=task_timeout) as runner:
            if url is None:
                done = update_index(index, products, delete=delete, options=given, progress=progress, runner=runner)
                return done, None
            from indexing.stored_index import update_stored_index

            return update_stored_index(
                url, products, delete=delete, options=given, keep=versions, progress=progress, runner=runner
            )

    updated, copied = going_on_without_pictures(update, max_rejects)
    _print(updated, url or str(index), copied)
    if address is not None:
        from scripts.commands.publish import publish

        publish(updated.index.folder, address)


def _print(done: "Updated", index: str, copied: "Copied | None") -> None:
    from indexing.storage.stores import without_secrets
    from scripts.terminal.set_aside import set_aside_lines

    warn(done.notes)
    number = "" if copied is None else f", version {copied.number} of the store"
    click.echo(f"index: {without_secrets(index)} ({done.index.fingerprint}){number}")
    unknown = f", {done.unknown:,} to delete were not there" if done.unknown else ""
    click.echo(
        f"products: {len(done.index.catalog):,}; {done.added:,} new, {done.changed:,} changed, {done.same:,} the same, "
        f"{done.deleted:,} deleted{unknown}"
    )
    passed_over(done.passed_over)
    if done.searched:
        searched = ", ".join(f"{view} {count:,}" for view, count in done.searched.items())
        click.echo(f"neighbours searched for: {searched}")
    for missing in done.missing:
        click.echo(f"pictures: {missing.line()}")
    for line in set_aside_lines(done.rejects, done.index.folder):
        click.echo(line)
    for line in () if copied is None else copied.lines():
        click.echo(line)
    if done.share > MUCH:
        click.echo(
            f"{done.share:.0%} of the index is new or dead since it was built: heroic compact {without_secrets(index)}"
        )
