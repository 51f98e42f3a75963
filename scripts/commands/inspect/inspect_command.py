"""`heroic inspect` says what a path holds, how it was made, whether it is whole and belongs with the others.

Not `inspect.py`: a script of this folder that is run by its path would import it in place of Python's own.
"""

import json
from pathlib import Path

import click


@click.command(name="inspect")
@click.argument("paths", metavar="PATH...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--devices", is_flag=True, help="Say what is found for dense search, and why a GPU cannot be used.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(paths: tuple[Path, ...], devices: bool, as_json: bool) -> None:
    """Say what an index, a model, a scores or groups file or a report is; of several, whether they belong together.

    All their bytes are read and checked. The exit code is 1 when one is damaged or two do not belong together.
    """
    from scripts.commands.inspect.belonging import check_belonging
    from scripts.commands.inspect.inspection import inspect_path
    from scripts.commands.inspect.text import as_document, render
    from scripts.terminal.console import open_console

    if devices:
        _print_devices(as_json)
    if not paths:
        if devices:
            return
        raise click.UsageError("Missing argument 'PATH...', or --devices.")
    artefacts = [inspect_path(path) for path in paths]
    belonging = check_belonging(artefacts)
    sound = not any(found.damage for found in artefacts) and not any(two.belongs is False for two in belonging)
    if as_json:
        click.echo(json.dumps(as_document(artefacts, belonging, sound), ensure_ascii=False, indent=2))
    else:
        open_console().print(render(artefacts, belonging))
    if not sound:
        click.get_current_context().exit(1)


def _print_devices(as_json: bool) -> None:
    from indexing.search.device import describe_devices

    found = describe_devices()
    if as_json:
        click.echo(json.dumps({"devices": found}, ensure_ascii=False, indent=2))
        return
    for name, value in found.items():
        click.echo(f"{name:<18} {value}")
