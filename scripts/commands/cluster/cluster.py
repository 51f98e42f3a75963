"""`heroic cluster` is about the machines that do parts of the work."""

import click

from scripts.terminal.lazy_group import LazyGroup

COMMANDS = {
    "check": ("scripts.commands.cluster.check", "Look at all machines before work begins."),
}


@click.group(name="cluster", cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """See to the machines that do parts of the work (--cluster)."""
