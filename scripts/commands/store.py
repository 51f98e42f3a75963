"""`heroic store` says what lies in a store, and removes files that no version names."""

from typing import TYPE_CHECKING

import click

from scripts.terminal.option_types import Number

if TYPE_CHECKING:
    from indexing.storage.stored.leftovers import StoredPlace

WEEK = 7.0  # days


@click.command(name="store")
@click.argument("url")
@click.option("--remove-unused", is_flag=True, help="Remove files that no version names, and that came long ago.")
@click.option(
    "--older-than",
    default=WEEK,
    show_default=True,
    type=Number(min=2),
    metavar="DAYS",
    help="How long ago: what another command is just sending is younger; at least 2.",
)
def command(url: str, remove_unused: bool, older_than: float) -> None:
    """Say which versions of an index or a model lie at URL (s3://…), and how much that none of them uses: killed commands leave that."""
    from indexing.storage.stored.leftovers import look_into, remove_leftovers
    from indexing.storage.stores import url_of, without_secrets
    from scripts.terminal.progress import shown

    if url_of(url) is None:
        raise click.UsageError(f"{url} is no URL such as s3://bucket/index: what a folder holds says heroic inspect")
    url = url.rstrip("/")
    if remove_unused:
        with shown() as progress:
            removed = remove_leftovers(url, older_than_days=older_than, progress=progress)
    place, shown_url = look_into(url, older_than_days=older_than), without_secrets(url)
    kinds = sorted({manifest.kind for manifest in place.versions.values()})
    count = f"{len(place.versions)} version{'' if len(place.versions) == 1 else 's'}"
    click.echo(f"{', '.join(kinds) or 'no artefact'}: {shown_url}, {count}")
    for number, manifest in place.versions.items():
        alone = f", of which in no other version {place.alone(number)}" if len(place.versions) > 1 else ""
        click.echo(f"version {number} ({manifest.fingerprint}): of {manifest.created}, {place.files(number)}{alone}")
    if remove_unused:
        click.echo(f"removed: {removed}, which no version uses and which came more than {older_than:g} days ago")
    click.echo(f"unused: {_unused(place, older_than, shown_url)}")


def _unused(place: "StoredPlace", days: float, url: str) -> str:
    """Say what no version uses, and how it is removed where any of it came long ago."""
    if not place.unused.files:
        return "nothing"
    if place.old is None:
        return f"{place.unused}; this store does not say when they came"
    told = f"{place.unused}, {place.old.files:,} of them came more than {days:g} days ago"
    if not place.old.files:
        return told
    asked = "" if days == WEEK else f" --older-than {days:g}"
    return f"{told} ({place.old}): heroic store {url} --remove-unused{asked}"
