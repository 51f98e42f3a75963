"""The command `heroic` is a group whose commands are imported only when they are called."""

from contextlib import suppress
from typing import Any

import click

from scripts.lean_imports import load_lean
from scripts.terminal import interrupts
from scripts.terminal.lazy_group import LazyGroup

COMMANDS = {
    "build-index": ("scripts.commands.build_index", "Read, encode, index and self-join a catalogue."),
    "sniff": ("scripts.commands.sniff", "Look at files and write the schema that they are read by."),
    "update": ("scripts.commands.update", "Put products into an index and take others out."),
    "compact": ("scripts.commands.compact", "Fold an index's updates in."),
    "copy": ("scripts.commands.copy", "Copy an index or a model into a store such as S3, or from there."),
    "store": ("scripts.commands.store", "Say what lies in a store, and remove what no version uses."),
    "publish": ("scripts.commands.publish", "Put an index onto a Milvus server."),
    "query": ("scripts.commands.query.query", "Find the products most like one, or open a prompt."),
    "serve": ("scripts.commands.serve", "Serve an index to browsers and programs."),
    "serve-token": ("scripts.commands.serve_token", "Let somebody in to a server, or no longer."),
    "candidates": ("scripts.commands.candidates", "Propose pairs from everybody's neighbours."),
    "label": ("scripts.commands.label", "Ask the pairs whose labels teach a model most."),
    "labels": ("scripts.commands.labels", "Import, export and check the labels of a store."),
    "train-encoder": (
        "scripts.commands.train_encoder.train_encoder",
        "Train an encoder, or the cross-encoder, on labelled pairs.",
    ),
    "train": ("scripts.commands.train.train", "Train a reranker on labelled pairs."),
    "score": ("scripts.commands.score", "Score a pairs file."),
    "match": ("scripts.commands.match", "Match offers that are in no index against one."),
    "groups": ("scripts.commands.groups", "Group products by their scored pairs."),
    "explain": ("scripts.commands.explain.explain", "Say why a model scores a pair as it does."),
    "evaluate": ("scripts.commands.evaluate", "Judge scores by the truth, per category."),
    "audit": ("scripts.commands.audit", "Ask a sample of scored pairs, and estimate what the scores are worth."),
    "compare": ("scripts.commands.compare", "Say what moved between two reports, and whether it is real."),
    "drift": ("scripts.commands.drift", "Say how far scores moved as the catalogue grew."),
    "inspect": ("scripts.commands.inspect.inspect_command", "Say what an index, a model or a scores file is."),
    "cluster": ("scripts.commands.cluster.cluster", "See to the machines that do parts of the work."),
    "demo": ("scripts.commands.demo", "Run the whole way on a sample catalogue."),
}


class HeroicGroup(LazyGroup):
    """It runs the commands of the table above, and ends as a user expects where one fails."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse words that cannot be printed or stored, such as the name of a file in another encoding."""
        for word in args:
            if any("\ud800" <= sign <= "\udfff" for sign in word):
                raise click.UsageError(f"{word!a} is no text in UTF-8: rename the file, or write it otherwise.", ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Make a user's mistake one line and exit code 2, an interrupt 128 and its signal's number; a bug keeps its traceback."""
        with interrupts.watched():
            try:
                return super().invoke(ctx)
            except click.exceptions.Exit:
                raise
            except (KeyboardInterrupt, Exception) as error:  # before click makes exit code 1 of an interrupt
                interrupt = interrupts.came_in(error)
                if interrupt is None and isinstance(error, Exception):
                    self._end_mistaken(ctx, error)
                self._end_interrupted(ctx, *getattr(interrupt, "__notes__", ()))

    def _end_interrupted(self, ctx: click.Context, *again: str) -> None:
        interrupts.leave_to_system()
        code, what = interrupts.which_came()
        with suppress(OSError):  # the terminal may be what was closed
            click.echo("; ".join((f"heroic: {what}", *again)), err=True)
        ctx.exit(code)

    def _end_mistaken(self, ctx: click.Context, error: Exception) -> None:
        from indexing.storage.stores import without_secrets
        from scripts.terminal.mistakes import told

        line = told(error)
        if line is None:
            if isinstance(error, click.ClickException):
                error.message = without_secrets(error.message)  # type: ignore[misc]  # what click shows of it
            raise error
        click.echo(f"heroic: {without_secrets(line)}", err=True)
        ctx.exit(2)


@click.group(cls=HeroicGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="heroic")
def main() -> None:
    """Find identical products: index a catalogue, query it, score pairs, read a report per category."""


def run() -> None:
    """Run the command as the console script does."""
    from indexing.machine.threads import wait_passively

    load_lean()
    wait_passively()
    main(prog_name="heroic")


if __name__ == "__main__":
    run()
