"""The command `heroic`: a group whose commands are imported only when they are called."""

from importlib import import_module
from typing import Any

import click

COMMANDS = {
    "build-index": ("scripts.build_index", "Read, encode, index and self-join a catalogue."),
    "query": ("scripts.query", "Find the products most like one, or open a prompt."),
    "candidates": ("scripts.candidates", "Propose pairs from everybody's neighbours."),
    "train": ("scripts.train", "Train a reranker on labelled pairs."),
    "score": ("scripts.score", "Score a pairs file."),
    "groups": ("scripts.groups", "Group products by their scored pairs."),
    "explain": ("scripts.explain", "Say why a model scores a pair as it does."),
    "evaluate": ("scripts.evaluate", "Judge scores by the truth, per category."),
    "compare": ("scripts.compare", "Say what moved between two reports, and whether it is real."),
    "inspect": ("scripts.inspect_command", "Say what an index, a model or a scores file is."),
    "demo": ("scripts.demo", "Run the whole way on a sample catalogue."),
}


class LazyGroup(click.Group):
    """Lists commands with their one-line help from the table above, so that `--help` imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """A user's mistake becomes one line and exit code 2, an interrupt 130; a bug keeps its traceback."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # before click makes exit code 1 of it
            click.echo("heroic: interrupted", err=True)
            ctx.exit(130)
        except ValueError as error:
            from indexing.errors import InputError

            if not isinstance(error, InputError):
                raise
            click.echo(f"heroic: {' '.join(str(error).splitlines())}", err=True)
            ctx.exit(2)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="heroic")
def main() -> None:
    """Find identical products: index a catalogue, query it, score pairs, read a report per category."""


def run() -> None:
    """The console script."""
    main(prog_name="heroic")


if __name__ == "__main__":
    run()
