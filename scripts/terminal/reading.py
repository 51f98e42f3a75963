"""Commands that read catalogues share the option of the schema, and how they say what came of reading."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from indexing.reading.row_checks import PassedOver

Command = TypeVar("Command", bound=Callable[..., Any])


def schema_option(help: str) -> Callable[[Command], Command]:
    """Return the option `--schema`, which may be given once: a second one would silently replace the first."""
    return click.option(
        "--schema",
        multiple=True,
        default=("auto",),
        show_default=True,
        metavar="auto|generic|EXPORT|FILE.yaml",
        help=help,
        callback=_once,
    )


def _once(ctx: click.Context, parameter: click.Parameter, given: Sequence[str]) -> str:
    if len(given) > 1:
        raise click.UsageError(
            f"--schema is given {len(given)} times ({', '.join(given)}): write one file with 'inputs:', an entry for "
            "each kind of file",
            ctx,
        )
    return given[0]


def warn(notes: Sequence[str]) -> None:
    """Print what a user should hear on stderr."""
    from indexing.storage.stores import without_secrets

    for note in notes:
        click.echo(f"heroic: warning: {without_secrets(note)}", err=True)


def passed_over(passed: "PassedOver") -> None:
    """Print how many rows were passed over, where any were."""
    said = [
        f"{count:,} {words.format('' if count == 1 else 's')}"
        for count, words in (
            (passed.blank, "blank row{}"),
            (passed.headings, "heading{} (rows of one cell, without an id)"),
            (passed.repeats, "repeated row{}"),
            (passed.left_out, "row{} of what is not sold itself (of several variants, or skipped by the schema)"),
        )
        if count
    ]
    if said:
        click.echo(f"passed over: {', '.join(said)}")
