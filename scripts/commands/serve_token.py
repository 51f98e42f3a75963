"""`heroic serve-token` writes the tokens by which others come to a server, and takes them back."""

from pathlib import Path

import click


@click.command(name="serve-token")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("name")
@click.option(
    "--role",
    default="read",
    show_default=True,
    type=click.Choice(["read", "label", "admin"]),
    help="What it allows: to look, to label as well, or everything.",
)
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3650), help="How long it is good for.")
@click.option("--revoke", is_flag=True, help="Take the token of NAME back.")
def command(file: Path, name: str, role: str, days: int, revoke: bool) -> None:
    """Write a new token of NAME into FILE, and print it once: FILE keeps a digest alone.

    A running server sees it at once.
    """
    from indexing.errors import InputError
    from scripts.serve.safety.tokens import Role, add_token, revoke_token

    name = name.strip()
    if not name:
        raise InputError("NAME is empty: a token is somebody's")
    if revoke:
        revoke_token(file, name)
        click.echo(f"{name}: the token is taken back")
        return
    click.echo(add_token(file, name, Role[role.upper()], days))
