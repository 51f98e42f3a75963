"""`heroic train-encoder` fits encoders and the cross-encoder to one's own pairs."""

import click

from scripts.terminal.lazy_group import LazyGroup

COMMANDS = {
    "text": ("scripts.commands.train_encoder.text", "A sentence-transformers model, on texts of matches."),
    "cross": ("scripts.commands.train_encoder.cross", "A cross-encoder, whose score becomes a signal of the reranker."),
    "image": ("scripts.commands.train_encoder.image", "An open_clip model, on pictures and texts."),
}


@click.group(
    name="train-encoder", cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
def command() -> None:
    """Train an encoder, or the cross-encoder, on labelled pairs of products of an index."""
